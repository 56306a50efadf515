import { isIP } from 'node:net';
import { bareHost, Malformed, parseSipUriOnly } from '@ringdown/sip';

/** What of a certificate says whose it is, as node:tls gives it. */
export interface CertificateNames {
  /** `DNS:example.org, URI:sip:example.org, IP Address:192.0.2.1`; absent where the certificate has no such extension. */
  readonly subjectaltname?: string | undefined;
  readonly subject?: { readonly CN?: string | readonly string[] | undefined } | undefined;
}

/**
 * The SIP domains that a certificate is for, in lower case (RFC 5922 §7.1): the hosts of its `sip:` URIs; only where it has
 * none, its DNS names; only where it has no subjectAltName at all, its common name. Names with wildcards are left out: they
 * match nothing (§7.2).
 */
export const sipIdentities = ({ subjectaltname, subject }: CertificateNames): string[] => {
  if (subjectaltname === undefined || subjectaltname === '') {
    const name = subject?.CN;
    return domains(name === undefined ? [] : [name].flat());
  }
  const names = splitAlternativeNames(subjectaltname);
  const uris = names.flatMap((name) => (name.startsWith('URI:') ? sipHost(name.slice(4)) : []));
  if (uris.length > 0) return domains(uris);
  return domains(names.flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4)] : [])));
};

/** The addresses that a certificate is for: for peers that are asked for by address (RFC 5280 §4.2.1.6). */
export const addressIdentities = ({ subjectaltname }: CertificateNames): string[] =>
  splitAlternativeNames(subjectaltname ?? '').flatMap((name) =>
    name.startsWith('IP Address:') ? [canonical(name.slice(11))] : [],
  );

/** Why a certificate does not prove a name or an address; undefined where it does. */
export const identityDefect = (wanted: string, certificate: CertificateNames): string | undefined => {
  const byAddress = isIP(wanted) !== 0;
  const proven = byAddress ? addressIdentities(certificate) : sipIdentities(certificate);
  if (proven.includes(byAddress ? canonical(wanted) : wanted.toLowerCase())) return undefined;
  const names = proven.length === 0 ? `no ${byAddress ? 'address' : 'SIP domain'}` : proven.join(', ');
  return `the certificate is for ${names}, not for ${wanted}`;
};

const domains = (names: readonly string[]): string[] =>
  [...new Set(names.map((name) => name.toLowerCase()))].filter((name) => !name.includes('*'));

/** A URI with a user is somebody's, not the domain's (RFC 5922 §7.1). */
const sipHost = (text: string): string[] => {
  const uri = parseSipUriOnly(text);
  return uri instanceof Malformed || uri.scheme !== 'sip' || uri.user !== undefined
    ? []
    : [bareHost(uri.host)];
};

/** IPv6 addresses have many spellings; OpenSSL writes all eight groups. */
const canonical = (address: string): string =>
  isIP(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;

/** Splits at commas; names that hold a comma or a quote come as JSON strings (`DNS:"a, DNS:b"`). */
const splitAlternativeNames = (text: string): string[] => {
  const names: string[] = [];
  const entry = /([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy;
  for (const [, kind, value = ''] of text.matchAll(entry)) {
    names.push(`${kind}:${value.startsWith('"') ? unquoted(value) : value}`);
  }
  return names;
};

const unquoted = (value: string): string => {
  try {
    return String(JSON.parse(value));
  } catch {
    return '';
  }
};
