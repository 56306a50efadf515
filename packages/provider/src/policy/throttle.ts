import { after, type Instant } from '@ringdown/sans-io';
import { sourceOf } from './source.ts';
import { TwoGenerations } from './two-generations.ts';

export interface ThrottleOptions {
  /** Wrong passwords for one user from one address within {@link windowMs}, before both are refused. */
  readonly failuresPerUser: number;
  /** Wrong passwords for any user from one address, before it is refused. */
  readonly failuresPerAddress: number;
  readonly windowMs: number;
  /** How long the first refusal lasts; each further failure doubles it. */
  readonly firstRefusalMs: number;
  readonly longestRefusalMs: number;
  /** While a user is refused, how many attempts a second {@link FailureThrottle.mayTry} lets pass all the same. */
  readonly triesPerSecond: number;
  /** Entries remembered in each of two generations, for users and for addresses. */
  readonly entries: number;
}

export const throttleDefaults: ThrottleOptions = Object.freeze({
  failuresPerUser: 5,
  failuresPerAddress: 200,
  windowMs: 60_000,
  firstRefusalMs: 2_000,
  longestRefusalMs: 900_000,
  triesPerSecond: 5,
  entries: 32_768,
});

interface Failures {
  count: number;
  /** When the window of {@link count} began. */
  since: Instant;
  /** How often it was refused in a row. */
  refusals: number;
  refusedUntil: Instant;
  /** Attempts let pass in the second that began at {@link triesSince}. */
  tries: number;
  triesSince: Instant;
}

/** How long user names are that are told apart; longer ones are nobody's. */
const USER_LENGTH = 128;

/**
 * Slows those who try passwords: after some failures of one user at one address, the next attempts are refused unread for
 * a time that doubles. The caller counts only failures with a nonce of ours that was given to that address, so that
 * nobody is shut out by requests that were sent in his name. Users that exist and that do not are counted alike.
 */
export class FailureThrottle {
  private readonly options: ThrottleOptions;
  private readonly users: TwoGenerations<Failures>;
  private readonly addresses: TwoGenerations<Failures>;

  constructor(options: Partial<ThrottleOptions> = {}) {
    this.options = { ...throttleDefaults, ...options };
    this.users = new TwoGenerations(this.options.entries);
    this.addresses = new TwoGenerations(this.options.entries);
  }

  /** Milliseconds for which this user is refused at this address; 0 where he is not. */
  userRefusedMs(address: string, user: string, now: Instant): number {
    return this.users.size === 0 ? 0 : remaining(this.users.get(userKey(address, user)), now);
  }

  /** The same for the address, whatever the user. */
  addressRefusedMs(address: string, now: Instant): number {
    return this.addresses.size === 0 ? 0 : remaining(this.addresses.get(sourceOf(address)), now);
  }

  /**
   * Whether an attempt of a refused user is read all the same, because a phone of his is registered from that address: often
   * enough for a phone, too seldom for guessing by whoever shares the address.
   */
  mayTry(address: string, user: string, now: Instant): boolean {
    const failures = this.users.get(userKey(address, user));
    if (failures === undefined) return true;
    if (now - failures.triesSince >= 1_000) {
      failures.tries = 0;
      failures.triesSince = now;
    }
    return ++failures.tries <= this.options.triesPerSecond;
  }

  failed(address: string, user: string, now: Instant): void {
    const { failuresPerUser, failuresPerAddress } = this.options;
    this.count(this.users, userKey(address, user), failuresPerUser, now);
    this.count(this.addresses, sourceOf(address), failuresPerAddress, now);
  }

  /** A right password clears the failures before it. A refusal is not cleared: others may share the address, and guess. */
  succeeded(address: string, user: string): void {
    if (this.users.size === 0) return;
    const key = userKey(address, user);
    if (this.users.get(key)?.refusals === 0) this.users.delete(key);
  }

  private count(table: TwoGenerations<Failures>, key: string, limit: number, now: Instant): void {
    const { windowMs, firstRefusalMs, longestRefusalMs } = this.options;
    let failures = table.get(key);
    if (failures === undefined || now - failures.refusedUntil > longestRefusalMs) {
      failures = { count: 0, since: now, refusals: 0, refusedUntil: now, tries: 0, triesSince: now };
      table.set(key, failures);
    }
    if (failures.refusals === 0 && now - failures.since > windowMs) {
      failures.count = 0;
      failures.since = now;
      failures.refusedUntil = now;
    }
    failures.count++;
    if (failures.count < limit) return;
    const refusedMs = Math.min(longestRefusalMs, firstRefusalMs * 2 ** failures.refusals);
    failures.refusals++;
    failures.refusedUntil = after(now, refusedMs);
  }
}

const remaining = (failures: Failures | undefined, now: Instant): number =>
  failures === undefined || failures.refusals === 0 ? 0 : Math.max(0, failures.refusedUntil - now);

const userKey = (address: string, user: string): string =>
  `${sourceOf(address)} ${user.length > USER_LENGTH ? user.slice(0, USER_LENGTH) : user}`;
