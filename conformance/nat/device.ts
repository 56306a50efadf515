import type { Firewall, HostOptions, LinkOptions, Nat, World } from '@ringdown/simulator';
import type { Box, Side, Way } from './theory.ts';

/** Where a device stands: from this the theory computes, and a place in the simulated world is made. */
export interface Device {
  /** The boxes on its way out by IPv4, the nearest first; none in the open. */
  readonly boxes: readonly Box[];
  /** `beside`: dual stack. `nat64`: IPv6 alone, and its nearest box translates to IPv4. */
  readonly ipv6?: 'beside' | 'nat64';
  /** What its network lets out. */
  readonly firewall?: Firewall;
  readonly relayOnly?: boolean;
  readonly link?: LinkOptions;
}

/** What lets answers in and no more: every network of IPv6 is behind such. */
const firewallOf = (name: string): Box => ({
  name,
  translates: false,
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
});

export const sideOf = ({ boxes, ipv6, firewall, relayOnly = false }: Device): Side => {
  const ways: Way[] = [{ family: 'ipv4', boxes }];
  if (ipv6 !== undefined) ways.push({ family: 'ipv6', boxes: boxes.map(({ name }) => firewallOf(name)) });
  return { ways: firewall?.udp === false ? [] : ways, relay: true, relayOnly };
};

/** The boxes of one world: those of one name are one. */
export class Boxes {
  readonly #world: World;
  readonly #standing = new Map<string, Nat>();

  constructor(world: World) {
    this.#world = world;
  }

  placeOf({ boxes, ipv6, firewall, link }: Device): HostOptions {
    const nat = boxes.map((box, index) => this.#stand(box, ipv6 === 'nat64' && index === 0));
    return {
      ...(nat.length === 0 ? {} : { nat }),
      ...(ipv6 === 'beside' ? { families: ['ipv4', 'ipv6'] as const } : {}),
      ...(firewall === undefined ? {} : { firewall }),
      link: { latencyMs: 15, ...link },
    };
  }

  #stand({ name, ...behaviour }: Box, isNat64: boolean): Nat {
    const standing = this.#standing.get(name);
    if (standing !== undefined) return standing;
    const nat = this.#world.nat({ name, ...behaviour, ...(isNat64 ? { nat64: 'well-known' } : {}) });
    this.#standing.set(name, nat);
    return nat;
  }
}
