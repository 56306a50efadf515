import { bareHost, lowerCase, type SipUri, type SocketAddress } from '@ringdown/sip';
import type { Domain } from './accounts/account.ts';

/** Where this process listens, and what it is called from outside. */
export interface Listeners {
  /** Every address and port that a socket of ours is bound to, and the advertised ones. */
  readonly addresses: readonly SocketAddress[];
  /** Other names of this host that a URI may carry for it. */
  readonly names: readonly string[];
}

/**
 * Which names and addresses are ours. Every address that we listen at, and the advertised one, stands for the first domain,
 * so that a phone may be told an address instead of a name.
 */
export class Domains {
  private byName = new Map<string, Domain>();
  private first: Domain | undefined = undefined;
  private addresses = new Set<string>();
  /** The ports that lead here, by address or name. */
  private endpoints = new Map<string, Set<number>>();

  /** Takes the domains in the order in which they were added. */
  setDomains(domains: readonly Domain[]): void {
    this.byName = new Map(domains.map((domain) => [domain.name, domain]));
    this.first = domains[0];
  }

  setListeners({ addresses, names }: Listeners): void {
    const hosts = [...addresses.map(({ address }) => address), ...names];
    this.addresses = new Set(hosts.map((host) => host.toLowerCase()));
    const ports = new Set(addresses.map(({ port }) => port));
    this.endpoints = new Map(names.map((name) => [name.toLowerCase(), ports]));
    for (const { address, port } of addresses) {
      const host = address.toLowerCase();
      this.endpoints.set(host, new Set(this.endpoints.get(host)).add(port));
    }
  }

  /** The domain that a URI's host names; undefined where it is not one of ours. */
  of(uri: Pick<SipUri, 'host'>): Domain | undefined {
    const domain = this.byName.get(withoutRoot(uri.host));
    if (domain !== undefined) return domain;
    return this.addresses.has(bareHost(uri.host)) ? this.first : undefined;
  }

  named(name: string): Domain | undefined {
    return this.byName.get(name);
  }

  /** Whether a domain of ours has this realm. */
  hasRealm(realm: string): boolean {
    for (const domain of this.byName.values()) if (domain.realm === realm) return true;
    return false;
  }

  /** Whether a Route or Via with this host and port leads here (RFC 3261 §16.4): a listener's, or a domain of ours. */
  isHere(host: string, port: number | undefined, defaultPort: number): boolean {
    const bare = bareHost(lowerCase(host));
    if (this.endpoints.get(bare)?.has(port ?? defaultPort) === true) return true;
    if (port === undefined && this.addresses.has(bare)) return true;
    return this.byName.has(withoutRoot(host)) && (port === undefined || this.hasPort(port));
  }

  private hasPort(port: number): boolean {
    for (const ports of this.endpoints.values()) if (ports.has(port)) return true;
    return false;
  }
}

/** `radio.example.` is the same host as `radio.example` (RFC 3261 §25.1 `hostname`): no second name for a domain of ours. */
const withoutRoot = (host: string): string => (host.endsWith('.') ? host.slice(0, -1) : host);
