import type { Random } from '@ringdown/sans-io';
import { isIpv4, isIpv6 } from '@ringdown/sip';

/** Names that anyone may use in a network of their own: not unique in the world (RFC 6762, RFC 8375, ICANN's .internal). */
const PRIVATE_SUFFIXES = [
  'local',
  'localhost',
  'localdomain',
  'internal',
  'intranet',
  'private',
  'home.arpa',
  'home',
  'lan',
  'corp',
] as const;

/** Whether nobody else can rightly have a domain of this name. */
const isOwnName = (name: string): boolean =>
  name.includes('.') &&
  !isIpv4(name) &&
  !name.startsWith('[') &&
  !PRIVATE_SUFFIXES.some((suffix) => name.endsWith(`.${suffix}`));

/**
 * The realm of a new domain, which RFC 3261 §22.1 wants globally unique: the domain's name where that is, else the name
 * with a random label before it. An IP address never becomes part of a realm, for a domain's passwords outlive it.
 */
export const realmFor = (domain: string, random: Random): string => {
  if (isOwnName(domain)) return domain;
  const isAddress = isIpv4(domain) || domain.startsWith('[');
  return `${random.token(10)}.${isAddress ? DEFAULT_DOMAIN : domain}`;
};

/** The first domain's name where nobody names one: a name for private use that is in no public DNS. */
export const DEFAULT_DOMAIN = 'ringdown.internal';

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A domain's name as it is stored: in lower case, without a closing dot, IPv6 addresses in brackets. */
export const canonicalDomain = (name: string): string => {
  const lower = name.toLowerCase().replace(/\.$/, '');
  return isIpv6(lower) ? `[${lower}]` : lower;
};

/** Why a canonical name can be no domain of SIP addresses, as the end of a sentence; undefined where it can. */
export const whyNoDomain = (name: string): string | undefined => {
  if (name === '') return 'it is empty';
  if (name.startsWith('[')) return isIpv6(name.slice(1, -1)) ? undefined : 'it is no IPv6 address';
  if (isIpv4(name)) return undefined;
  if (name.length > 253) return 'it is longer than 253 characters';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is ASCII
  if (/[^\x00-\x7f]/.test(name)) return 'it has letters outside ASCII: write it in its "xn--" form';
  const wrong = name.split('.').find((label) => !LABEL.test(label));
  if (wrong === '') return 'it has an empty part between its dots';
  if (wrong !== undefined)
    return `"${wrong}" is no part of a host name (letters, digits and hyphens, at most 63)`;
  return /^\d+$/.test(name.slice(name.lastIndexOf('.') + 1)) ? 'its last part is a number' : undefined;
};
