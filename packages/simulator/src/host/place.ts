import type { Family } from '../address/ip.ts';
import type { LinkOptions } from '../link/link.ts';
import type { NatType } from '../nat/behaviour.ts';
import type { Nat, NatOptions } from '../nat/nat.ts';
import type { Firewall } from '../network/firewall.ts';
import type { Attachment, Station } from '../network/network.ts';

/** A NAT of one's own, by its type or its options, or one that others stand behind too. */
export type NatChoice = NatType | NatOptions | Nat;

/** Where an interface of a host is attached. */
export interface Place {
  /** What it stands behind, the nearest first; the Internet itself without it. */
  readonly nat?: NatChoice | readonly NatChoice[];
  readonly link?: LinkOptions;
  /** Its addresses; the network gives one of each family without them. */
  readonly addresses?: readonly string[];
  /** IPv4 alone without it; IPv6 alone behind NAT64. */
  readonly families?: readonly Family[];
  /** What the network lets this interface do, besides its NATs' firewalls. */
  readonly firewall?: Firewall;
}

/** One place, or several interfaces. */
export interface Places extends Place {
  readonly interfaces?: readonly Place[];
}

/** One place at which a host is attached, and the NATs on its way out, the nearest first. */
export interface Interface {
  readonly attachment: Attachment;
  readonly nats: readonly Nat[];
  readonly firewall: Firewall;
}

/** Attaches a host; the world knows how. */
export type Settle = (station: Station, places: Places) => readonly Interface[];
