import type { WallTime } from '@ringdown/sans-io';
import type { Account } from '../accounts/account.ts';
import { TwoGenerations } from '../policy/two-generations.ts';
import { secondOf, serialOf } from './nonces.ts';

export interface NonceCountOptions {
  /** Nonces remembered in each of two generations, about 150 bytes each. When they are full, older nonces end early. */
  readonly nonces: number;
  /** After which a generation ends: the nonces' lifetime. */
  readonly generationMs: number;
}

export const nonceCountDefaults: NonceCountOptions = Object.freeze({ nonces: 65_536, generationMs: 300_000 });

/** The counts that a nonce was used with. */
interface Uses {
  readonly passwordVersion: number;
  highest: number;
  /** Whether highest−1 … highest−32 and highest−33 … highest−64 were used, one bit each, the nearest lowest. */
  near: number;
  far: number;
}

/** How far behind the highest count a request may come: phones send several at once, and UDP reorders them. */
const WINDOW = 64;

/**
 * Remembers which counts each nonce was used with (RFC 7616 §3.4, `nc`), so that nothing heard on the way can be said
 * again. Only what has proved right gets in. A nonce counts for each account apart, and ends with the account's password.
 */
export class NonceCounts {
  private readonly nonces: TwoGenerations<Uses>;
  private readonly generationMs: number;
  private generationEnds: number | undefined = undefined;
  /** Nonces of this second and before are good only if they are remembered: what they were used with may be forgotten. */
  private forgottenSecond = -1;
  /** The latest second among the nonces of the younger and of the older generation. */
  private youngSecond = -1;
  private oldSecond = -1;
  private forgotten = 0;

  constructor(options: Partial<NonceCountOptions> = {}) {
    const { nonces, generationMs } = { ...nonceCountDefaults, ...options };
    this.nonces = new TwoGenerations(nonces);
    this.generationMs = generationMs;
  }

  /**
   * Whether a nonce of ours may be used with this count, by an account whose password just proved right; remembers it.
   * Credentials without a count (RFC 2069) use count 1: such a nonce is good once.
   */
  use(account: Account, nonce: string, count: number, now: WallTime): boolean {
    this.expire(now);
    const key = `${account.id} ${serialOf(nonce)}`;
    const second = secondOf(nonce);
    const uses = this.nonces.get(key);
    if (uses === undefined && second <= this.forgottenSecond) return false;
    const { passwordVersion } = account;
    if (uses === undefined) this.nonces.set(key, { passwordVersion, highest: count, near: 0, far: 0 });
    this.followGenerations();
    if (second > this.youngSecond) this.youngSecond = second;
    return uses === undefined || (uses.passwordVersion === passwordVersion && advance(uses, count));
  }

  private expire(now: WallTime): void {
    this.generationEnds ??= now + this.generationMs;
    if (now < this.generationEnds) return;
    this.nonces.rotate();
    this.followGenerations();
    this.generationEnds = now + this.generationMs;
  }

  private followGenerations(): void {
    for (; this.forgotten < this.nonces.forgotten; this.forgotten++) {
      this.forgottenSecond = Math.max(this.forgottenSecond, this.oldSecond);
      this.oldSecond = this.youngSecond;
      this.youngSecond = -1;
    }
  }
}

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
