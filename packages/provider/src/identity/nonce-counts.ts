import type { WallTime } from '@ringdown/sans-io';
import type { Account } from '../accounts/account.ts';
import { secondOf, serialOf } from './nonces.ts';

export interface NonceCountOptions {
  /** Nonces remembered, about 120 bytes each. With more, the oldest end early: phones get another, as for stale ones. */
  readonly nonces: number;
  /** How long each is remembered at least: the nonces' lifetime. */
  readonly lifetimeMs: number;
}

export const nonceCountDefaults: NonceCountOptions = Object.freeze({ nonces: 131_072, lifetimeMs: 300_000 });

/** The counts that an account used a nonce with. */
interface Uses {
  readonly accountId: number;
  readonly passwordVersion: number;
  highest: number;
  /** Whether highest−1 … highest−32 and highest−33 … highest−64 were used, one bit each, the nearest lowest. */
  near: number;
  far: number;
  /** Another account's uses of the same nonce. */
  readonly next: Uses | undefined;
}

/** How far behind the highest count a request may come: phones send several at once, and UDP reorders them. */
const WINDOW = 64;
/** Nonces are as old as their second, and clocks are stepped a little. */
const MARGIN_MS = 2_000;

/**
 * Remembers which counts each nonce was used with (RFC 7616 §3.4, `nc`), so that nothing heard on the way can be said
 * again. Only what has proved right gets in. A nonce counts for each account apart, and ends with the account's password.
 * Nonces are kept by the second they are from and forgotten by whole seconds: what is from a forgotten one is not taken.
 */
export class NonceCounts {
  private readonly options: NonceCountOptions;
  private readonly seconds = new Map<number, Map<number, Uses>>();
  private size = 0;
  /** The latest second that was forgotten. */
  private forgottenSecond = -1;

  constructor(options: Partial<NonceCountOptions> = {}) {
    this.options = { ...nonceCountDefaults, ...options };
  }

  /**
   * Whether a nonce of ours may be used with this count, by an account whose password just proved right; remembers it.
   * Credentials without a count (RFC 2069) use count 1: such a nonce is good once.
   */
  use(account: Account, nonce: string, count: number, now: WallTime): boolean {
    const second = secondOf(nonce);
    if (second <= this.forgottenSecond) return false;
    const serials = this.seconds.get(second) ?? this.begin(second, now);
    const serial = serialOf(nonce);
    const first = serials.get(serial);
    const { id, passwordVersion } = account;
    for (let uses = first; uses !== undefined; uses = uses.next) {
      if (uses.accountId === id) return uses.passwordVersion === passwordVersion && advance(uses, count);
    }
    serials.set(serial, { accountId: id, passwordVersion, highest: count, near: 0, far: 0, next: first });
    this.size++;
    if (this.size > this.options.nonces) this.forgetOldest();
    return true;
  }

  private begin(second: number, now: WallTime): Map<number, Uses> {
    const end = Math.floor((now - this.options.lifetimeMs - MARGIN_MS) / 1000);
    for (const known of this.seconds.keys()) if (known < end) this.forget(known);
    const serials = new Map<number, Uses>();
    this.seconds.set(second, serials);
    return serials;
  }

  private forgetOldest(): void {
    let oldest = Number.POSITIVE_INFINITY;
    for (const second of this.seconds.keys()) if (second < oldest) oldest = second;
    this.forget(oldest);
  }

  private forget(second: number): void {
    for (const uses of this.seconds.get(second)?.values() ?? []) this.size -= length(uses);
    this.seconds.delete(second);
    this.forgottenSecond = Math.max(this.forgottenSecond, second);
  }
}

const length = (uses: Uses): number => {
  let count = 0;
  for (let each: Uses | undefined = uses; each !== undefined; each = each.next) count++;
  return count;
};

/** Moves the window (RFC 4303 §3.4.3 has the same one); false where the count was used or lies behind it. */
const advance = (uses: Uses, count: number): boolean => {
  const behind = uses.highest - count;
  if (behind < 0) {
    shift(uses, -behind);
    uses.highest = count;
    return true;
  }
  if (behind === 0 || behind > WINDOW) return false;
  const bit = 1 << ((behind - 1) % 32);
  const used = behind <= 32 ? uses.near : uses.far;
  if ((used & bit) !== 0) return false;
  if (behind <= 32) uses.near |= bit;
  else uses.far |= bit;
  return true;
};

/** Moves the bits away from the highest count, and sets the one of the count that was the highest. */
const shift = (uses: Uses, by: number): void => {
  if (by > WINDOW) {
    uses.near = 0;
    uses.far = 0;
    return;
  }
  for (let step = 0; step < by; step++) {
    uses.far = (uses.far << 1) | (uses.near >>> 31);
    uses.near = (uses.near << 1) | (step === 0 ? 1 : 0);
  }
};
