import type { Instant, Random, Timers } from '@ringdown/sans-io';
import type {
  Destination,
  Locator,
  ServerTransaction,
  SipRequest,
  SocketAddress,
  Transactions,
  Transport,
  TransportName,
} from '@ringdown/sip';
import type { Account } from '../accounts/account.ts';
import type { Device } from '../location/device.ts';
import type { PendingPlace } from '../policy/pending-relays.ts';
import type { FlowTokens } from './flow-token.ts';
import type { OwnRealms } from './own-realms.ts';
import type { Unheard } from './unheard.ts';

/**
 * Whether requests may be sent to a place that RFC 3263 found: its name, and so where that leads, is chosen by users and by
 * other domains. Never asked of flows, whose peers came to us.
 */
export type MayReach = (place: SocketAddress) => boolean;

/** What a request is refused with that leads where it may not. */
export const NOT_PUBLIC = 'Destination Not Public';

/** Those of the destinations that requests may be sent to. */
export const reachable = (
  destinations: readonly Destination[],
  mayReach: MayReach,
  heardFrom: string | undefined,
): readonly Destination[] =>
  destinations.filter((place) => mayReach(place) || `${place.address}:${place.port}` === heardFrom);

/** What relaying is done with. */
export interface RelayServices {
  readonly transactions: Transactions;
  readonly transport: Transport;
  readonly locator: Locator;
  readonly timers: Timers;
  readonly random: Random;
  readonly tokens: FlowTokens;
  /** The transports that new flows may use. */
  readonly transports: readonly TransportName[];
  readonly times: RelayTimes;
  readonly mayReach: MayReach;
  /** Whether whoever sends from an address is believed about who calls (RFC 3325 §3: the trust domain). */
  trusts(address: string): boolean;
  /** The realms that nobody asks for but us. */
  readonly realms: OwnRealms;
  /** Requests that phones have said nothing to. */
  readonly unheard: Unheard;
  /** The device of an account that registered over a flow. */
  deviceOn(account: Account, flow: string): Device | undefined;
  /** A name that leads here and that our certificate proves, where there is one. */
  tlsName(): string | undefined;
  now(): Instant;
  /** A request that was relayed has ended, with the status that its sender got. */
  relayed(outcome: RelayOutcome, place: PendingPlace): void;
}

export interface RelayTimes {
  /** How long a phone may ring without a further word (RFC 3261 §16.6 step 11): more than three minutes. */
  readonly timerCMs: number;
  /** How long to wait for the final response to what was cancelled (§9.1): 64 × T1. */
  readonly cancelledMs: number;
}

export const defaultRelayTimes: RelayTimes = Object.freeze({ timerCMs: 185_000, cancelledMs: 32_000 });

/** One line of the log for each call. */
export interface RelayOutcome {
  readonly request: SipRequest;
  readonly transaction: ServerTransaction;
  readonly status: number;
  /** How many branches there were. */
  readonly branches: number;
  /** Why no better answer came, where we know. */
  readonly why: string | undefined;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
}
