import { isIP } from 'node:net';
import { type Certificate, certificateIdentities } from '@ringdown/net';
import type { Configuration } from '../config/configuration.ts';

/**
 * A name of this machine by which other servers may come back over TLS: one that the operator says leads here, and that his
 * certificate proves. A self-signed one proves nothing, and a domain's name may lead to any of its servers.
 */
export const provenName = (
  { advertise, names, tls }: Pick<Configuration, 'advertise' | 'names' | 'tls'>,
  certificate: Certificate,
): string | undefined => {
  if (tls.certificate === undefined) return undefined;
  const proven = new Set(certificateIdentities(certificate));
  return [...(advertise === undefined ? [] : [advertise]), ...names].find(
    (name) => isIP(name) === 0 && proven.has(name),
  );
};
