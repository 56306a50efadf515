import type { IncomingPhoneCall } from '@ringdown/user-agent';
import { domainOf, readAddress } from '../account/phone-account.ts';
import { Refusal } from '../refusal.ts';

/** What the command line says of who may call. */
export interface CallersOptions {
  /** SIP addresses and domains whose calls are taken; everybody's without them. */
  readonly allow?: readonly string[] | undefined;
}

/** Whose calls are taken. */
export type Callers = (call: Pick<IncomingPhoneCall, 'peer' | 'isDirect'>) => boolean;

/**
 * Reads --allow: SIP addresses, and domains for all of theirs. Without any, everybody may call. Nobody is
 * taken at his word: who comes past the server is none of them.
 *
 * @throws Refusal where one is neither
 */
export const readCallers = (allowed: readonly string[] = []): Callers => {
  const addresses = new Set<string>();
  const domains = new Set<string>();
  for (const one of allowed) {
    const address = readAddress(one);
    if (address !== undefined) addresses.add(canonical(address));
    else if (/^[\w.-]+$/.test(one)) domains.add(one.toLowerCase());
    else throw new Refusal(`--allow must be a SIP address or a domain, not "${one}"`);
  }
  if (addresses.size === 0 && domains.size === 0) return () => true;
  return ({ peer, isDirect }) => {
    const address = readAddress(peer.uri.replace(/[;?].*$/, ''));
    return (
      !isDirect &&
      address !== undefined &&
      (addresses.has(canonical(address)) || domains.has(hostOf(address)))
    );
  };
};

/** The user part counts as it is written; the domain in whatever case, and without a port. */
const canonical = (address: string): string =>
  `${address.slice(0, address.lastIndexOf('@'))}@${hostOf(address)}`;

const hostOf = (address: string): string => domainOf(address).replace(/:\d+$/, '');
