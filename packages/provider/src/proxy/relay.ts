import type { Instant, Random, Timers } from '@ringdown/sans-io';
import type {
  Locator,
  ServerTransaction,
  SipRequest,
  Transactions,
  Transport,
  TransportName,
} from '@ringdown/sip';
import type { FlowTokens } from './flow-token.ts';

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
  now(): Instant;
  /** A request that was relayed has ended, with the status that its sender got. */
  relayed(outcome: RelayOutcome): void;
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
