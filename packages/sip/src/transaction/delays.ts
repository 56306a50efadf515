/** The three times that all others follow from, in milliseconds (RFC 3261 §17.1.1.1, table 4). */
export interface TransactionTimes {
  /** An estimate of the round trip. */
  readonly t1Ms: number;
  /** The longest time between two retransmissions of a non-INVITE request or of a response to INVITE. */
  readonly t2Ms: number;
  /** How long a message may stay in the network. */
  readonly t4Ms: number;
}

export const defaultTimes: TransactionTimes = Object.freeze({ t1Ms: 500, t2Ms: 4_000, t4Ms: 5_000 });

/** Within this time a server transaction of INVITE answers 100, unless the user answered (RFC 3261 §17.2.1). */
export const TRYING_AFTER_MS = 200;

/**
 * How long a timer runs, or undefined where it does not run on this kind of transport. `fired` counts how often this
 * timer has fired in this transaction.
 */
export const timerDelay = (
  name: string,
  { t1Ms, t2Ms, t4Ms }: TransactionTimes,
  reliable: boolean,
  fired: number,
): number | undefined => {
  switch (name) {
    case 'timer A':
      return reliable ? undefined : t1Ms * 2 ** fired;
    case 'timer E':
    case 'timer G':
      return reliable ? undefined : Math.min(t1Ms * 2 ** fired, t2Ms);
    case 'timer D':
      return reliable ? 0 : Math.max(32_000, 64 * t1Ms);
    case 'timer I':
    case 'timer K':
      return reliable ? 0 : t4Ms;
    case 'timer J':
      return reliable ? 0 : 64 * t1Ms;
    default:
      // B, F, H, L, M
      return 64 * t1Ms;
  }
};

/** When a client's Timer E reaches T2: the sum of its intervals before (RFC 4320 §4.1); 3.5 s with the default times. */
export const nonInviteTryingDelay = ({ t1Ms, t2Ms }: TransactionTimes): number => {
  let sum = 0;
  for (let interval = t1Ms; interval < t2Ms; interval *= 2) sum += interval;
  return sum;
};
