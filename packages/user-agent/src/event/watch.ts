import type { SubscriptionPhase } from './subscription-table.ts';

/** A subscription to one user's presence, as who watches sees it. */
export interface Watch {
  /** Whom: a SIP URI. */
  readonly target: string;
  readonly phase: SubscriptionPhase;
  /** Ends it. */
  stop(): void;
}
