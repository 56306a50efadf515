import { AddressPrefix, prefixes } from './address-prefix.ts';
import { embeddedAddresses } from './embedded-address.ts';

/**
 * What no peer has whom a stranger may reach through this machine: all that is not for the Internet at large (IANA's
 * registries of special-purpose addresses, RFC 6890), and groups.
 */
export const DENIED_PEERS: readonly string[] = Object.freeze([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '2001:2::/48',
  '2001:10::/28',
  '2001:20::/28',
  '2001:db8::/32',
  '3fff::/20',
  // All but global unicast: ::, ::1, IPv4-mapped and -compatible, 64:ff9b:1::/48, fc00::/7, fe80::/10, fec0::/10, ff00::/8 …
  '::/3',
  '4000::/2',
  '8000::/1',
]);

/** Not global unicast, but a way to IPv4 addresses that are looked at one by one (RFC 6052 §2.1). */
const NAT64 = new AddressPrefix('64:ff9b::/96');

export interface PeerPolicyOptions {
  /** Prefixes of peers that may be reached though {@link DENIED_PEERS} has them; an address of the server's own only by itself, /32 or /128, or by a prefix of loopback addresses. */
  readonly allowedPeers?: readonly string[];
  /** Prefixes of more peers that may not be reached; these are not opened by `allowedPeers`. */
  readonly deniedPeers?: readonly string[];
}

/** What may be done with a peer: `own` is one of the server's own addresses, where only relays may meet. */
export type PeerVerdict =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'own' }
  | { readonly kind: 'denied'; readonly rule: string };

const ALLOWED: PeerVerdict = { kind: 'allowed' };
const OWN: PeerVerdict = { kind: 'own' };

/** Which peers may be reached, in whatever way their address is written. */
export class PeerPolicy {
  readonly #allowed: readonly AddressPrefix[];
  readonly #denied: readonly AddressPrefix[];
  readonly #special = prefixes(DENIED_PEERS);
  #own: readonly AddressPrefix[] = [];

  constructor({ allowedPeers = [], deniedPeers = [] }: PeerPolicyOptions) {
    this.#allowed = prefixes(allowedPeers);
    this.#denied = prefixes(deniedPeers);
  }

  /** The addresses that this machine has, in text. */
  set own(addresses: readonly string[]) {
    this.#own = prefixes(addresses);
  }

  /** @param address 4 or 16 bytes */
  judge(address: Uint8Array): PeerVerdict {
    if (address.length === 16) {
      for (const embedded of embeddedAddresses(address)) {
        const verdict = this.#judge(embedded);
        if (verdict.kind === 'own') return { kind: 'denied', rule: 'an own address, embedded' };
        if (verdict.kind === 'denied') return verdict;
      }
    }
    return this.#judge(address);
  }

  #judge(address: Uint8Array): PeerVerdict {
    const within = (one: AddressPrefix): boolean => one.contains(address);
    const denied = this.#denied.find(within);
    if (denied !== undefined) return { kind: 'denied', rule: denied.text };
    if (this.#own.some(within))
      return this.#allowed.some((one) => (one.isSingle || one.isLoopback) && one.contains(address))
        ? ALLOWED
        : OWN;
    const special = NAT64.contains(address) ? undefined : this.#special.find(within);
    if (special === undefined || this.#allowed.some(within)) return ALLOWED;
    return { kind: 'denied', rule: special.text };
  }
}
