import type { TransportAddress } from '../transport-address.ts';
import { type Behaviour, sameAddress } from './nat-report.ts';

/** Where a server saw one and the same socket. */
export interface Observation {
  readonly server: TransportAddress;
  readonly mapped: TransportAddress;
}

/**
 * How mappings depend on their destination, from what several addresses and ports have seen of one socket (RFC 5780 §4.3).
 * Says only what they prove: one address alone cannot show that others would see the same.
 */
export const mappingOf = (seen: readonly Observation[]): Behaviour => {
  const pairs = seen.flatMap((left, index) => seen.slice(index + 1).map((right) => [left, right] as const));
  const onOneAddress = pairs.filter(([left, right]) => left.server.address === right.server.address);
  const differs = ([left, right]: readonly [Observation, Observation]): boolean =>
    !sameAddress(left.mapped, right.mapped);
  if (onOneAddress.some(differs)) return 'address-and-port-dependent';
  if (pairs.some(differs)) return onOneAddress.length > 0 ? 'address-dependent' : 'dependent';
  return pairs.length > onOneAddress.length ? 'endpoint-independent' : 'unknown';
};
