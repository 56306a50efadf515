import type { ClassicNatType, NatFindings } from './nat-report.ts';

/** The name of RFC 3489 §10.1 for what was found; undefined where that is not enough for one. */
export const classicName = ({
  udp,
  translated,
  mapping,
  filtering,
}: NatFindings): ClassicNatType | undefined => {
  if (udp === 'blocked') return 'UDP blocked';
  if (udp !== 'works' || translated === undefined || mapping === 'unknown') return undefined;
  if (translated && mapping !== 'endpoint-independent') return 'symmetric';
  if (filtering === 'unknown') return undefined;
  if (!translated) return filtering === 'endpoint-independent' ? 'open Internet' : 'symmetric UDP firewall';
  if (filtering === 'endpoint-independent') return 'full cone';
  if (filtering === 'address-dependent') return 'restricted cone';
  return filtering === 'address-and-port-dependent' ? 'port-restricted cone' : undefined;
};
