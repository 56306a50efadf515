import { canonicalAddress } from '../address/ip.ts';
import { AddressPool } from '../address/prefix.ts';
import type { Interface, NatChoice, Place, Places } from '../host/place.ts';
import type { Surroundings } from '../link/link.ts';
import type { NatType } from '../nat/behaviour.ts';
import { Nat, type NatOptions } from '../nat/nat.ts';
import { Attachment, Network, type Pools, type Station } from '../network/network.ts';

/** The documentation's (RFC 5737), then those of benchmarks (RFC 2544). */
const PUBLIC_IPV4 = ['203.0.113.0/24', '198.51.100.0/24', '192.0.2.0/24', '198.18.0.0/15'];
const PUBLIC_IPV6 = ['2001:db8::/64'];

/** The Internet and everything behind the NATs on it. */
export class Topology {
  readonly internet: Network;
  readonly #surroundings: Surroundings;
  readonly #names = new Map<string, number>();
  #homes = 0;
  #carriers = 0;
  #sites = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    const pools = { ipv4: new AddressPool(PUBLIC_IPV4), ipv6: new AddressPool(PUBLIC_IPV6) };
    this.internet = new Network('the Internet', pools, surroundings);
  }

  nat(choice: NatType | NatOptions, name = 'nat'): Nat {
    const options = typeof choice === 'string' ? { type: choice } : choice;
    return new Nat(this.#nameFor(options.name ?? name), options, this.#surroundings);
  }

  readonly settle = (station: Station, { interfaces, ...place }: Places): readonly Interface[] =>
    (interfaces ?? [place]).map((one) => this.#place(station, one));

  #place(station: Station, { nat, link = {}, addresses, families, firewall = {} }: Place): Interface {
    const choices: readonly NatChoice[] = nat === undefined ? [] : isList(nat) ? nat : [nat];
    const nats = choices.map((choice) =>
      choice instanceof Nat ? choice : this.nat(choice, `${station.name}'s nat`),
    );
    const network = this.#behind(nats);
    const attachment = new Attachment(
      network,
      station,
      this.#nameFor(station.name),
      link,
      this.#surroundings,
    );
    const usual = nats.some(({ nat64 }) => nat64 !== undefined) ? (['ipv6'] as const) : (['ipv4'] as const);
    const taken =
      addresses?.map(canonicalAddress) ?? (families ?? usual).map((family) => network.freshAddress(family));
    for (const address of taken) attachment.claim(address);
    return { attachment, nats, firewall };
  }

  /** The network behind a row of NATs; those that stand nowhere yet are put there. */
  #behind(nats: readonly Nat[]): Network {
    let network = this.internet;
    for (let index = nats.length - 1; index >= 0; index--) {
      const nat = nats[index]!;
      if (!nat.isAttached) nat.attach(network, this.#poolsFor(nat, index > 0));
      else if (nat.outside.network !== network) throw new Error(`${nat.name} stands elsewhere already`);
      network = nat.inside;
    }
    return network;
  }

  /** A carrier gives addresses of RFC 6598, a home those of RFC 1918; IPv6 is everybody's own. */
  #poolsFor({ behaviour, options, nat64 }: Nat, isCarrier: boolean): Pools {
    if (!behaviour.translates) return {};
    const ipv6 = new AddressPool([`2001:db8:${(++this.#sites).toString(16)}::/64`]);
    if (nat64 !== undefined) return { ipv6 };
    const prefix = options.inside ?? (isCarrier ? this.#carrierPrefix() : this.#homePrefix());
    return { ipv6, ipv4: new AddressPool([prefix]) };
  }

  #carrierPrefix(): string {
    return `100.${64 + (this.#carriers++ % 64)}.0.0/16`;
  }

  #homePrefix(): string {
    const home = ++this.#homes;
    return home < 255 ? `192.168.${home}.0/24` : `10.${(home >> 8) % 256}.${home % 256}.0/24`;
  }

  /** No name twice: names are what randomness hangs on, and what a trace is read by. */
  #nameFor(wanted: string): string {
    const count = (this.#names.get(wanted) ?? 0) + 1;
    this.#names.set(wanted, count);
    return count === 1 ? wanted : `${wanted} ${count}`;
  }
}

const isList = (nat: NatChoice | readonly NatChoice[]): nat is readonly NatChoice[] => Array.isArray(nat);
