import type { Account } from '@ringdown/provider';

/** Names that nobody has, kept in mind; strangers choose them. */
const ABSENT_NAMES = 16_384;
/** No account has a longer name, nor a longer hash of one: nothing is asked or kept for it. */
const LONGEST_NAME = 128;

/** Who has which name, as far as it has been asked for: both answers come from memory the next time. */
export class KnownNames {
  readonly #accounts: TwoGenerations<Account>;
  #absent = new TwoGenerations<true>(ABSENT_NAMES);

  /** @param entries accounts to keep at most */
  constructor(entries: number) {
    this.#accounts = new TwoGenerations(entries);
  }

  find(name: string, ask: () => Account | undefined): Account | undefined {
    if (name.length > LONGEST_NAME) return undefined;
    const known = this.#accounts.get(name);
    if (known !== undefined || this.#absent.get(name) === true) return known;
    const account = ask();
    // A copy of the name: as it came it may be a piece of a message, and keep all of that alive. No UTF-8, no account.
    const kept = Buffer.from(name).toString();
    if (kept !== name) return account;
    if (account === undefined) this.#absent.set(kept, true);
    else this.#accounts.set(kept, account);
    return account;
  }

  forget(name: string): void {
    this.#accounts.delete(name);
  }

  /** Somebody may have come to be. */
  forgetAbsent(): void {
    if (this.#absent.size > 0) this.#absent = new TwoGenerations(ABSENT_NAMES);
  }

  forgetAll(): void {
    this.#accounts.clear();
    this.forgetAbsent();
  }
}

/** At most so many entries: when the young half is full it becomes the old one, and what was old and not asked for goes. */
class TwoGenerations<Value> {
  readonly #half: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  constructor(entries: number) {
    this.#half = Math.floor(entries / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(name: string): Value | undefined {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old !== undefined) {
      this.#old.delete(name);
      this.set(name, old);
    }
    return old;
  }

  set(name: string, value: Value): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(name, value);
  }

  delete(name: string): void {
    this.#young.delete(name);
    this.#old.delete(name);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
