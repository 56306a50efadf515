import { after, type Instant } from '@ringdown/sans-io';
import type { DnsAnswer, DnsFailure, DnsPort, DnsQuestionType, DnsRecord, DnsRecordOf } from './dns.ts';
import { type RecordSet, type RecordSetLimits, readRecordSet } from './record-set.ts';

/** Bounds of what is asked and remembered. */
export interface RecordSetsOptions extends RecordSetLimits {
  /** How many record sets are remembered; the oldest goes first. */
  readonly maxCached: number;
  /** How many questions may wait for their answers; a further one fails with `busy`. */
  readonly maxAsking: number;
  /** How many may wait for the same answer. */
  readonly maxWaiting: number;
}

/** What was found under a name. */
export type Found<Type extends DnsQuestionType> =
  | { readonly kind: 'records'; readonly records: readonly DnsRecordOf<Type>[] }
  | { readonly kind: 'failed'; readonly failure: DnsFailure | 'busy' };

/** The same before its type is known. */
type FoundAny =
  | { readonly kind: 'records'; readonly records: readonly DnsRecord[] }
  | { readonly kind: 'failed'; readonly failure: DnsFailure | 'busy' };

type Listener = (found: FoundAny, now: Instant) => void;

interface Asking {
  readonly key: string;
  readonly type: DnsQuestionType;
  /** The name asked for now: the last of its CNAMEs so far. */
  name: string;
  hops: number;
  /** The least of the TTLs so far. */
  ttlMs: number;
  readonly listeners: Listener[];
}

interface Remembered {
  readonly found: FoundAny;
  readonly until: Instant;
}

const BUSY: FoundAny = { kind: 'failed', failure: 'busy' };

/**
 * Record sets by name and type: from what is remembered, else from the DNS. The same question is asked once, however many
 * wait for its answer. A CNAME that leads out of an answer is asked for under the same wait, so two names that point at
 * each other end by their number, not by waiting for one another.
 */
export class RecordSets {
  readonly #dns: DnsPort;
  readonly #options: RecordSetsOptions;
  readonly #cached = new Map<string, Remembered>();
  readonly #byKey = new Map<string, Asking>();
  readonly #byId = new Map<number, Asking>();
  #nextId = 1;

  constructor(dns: DnsPort, options: RecordSetsOptions) {
    this.#dns = dns;
    this.#options = options;
  }

  get asking(): number {
    return this.#byId.size;
  }

  get remembered(): number {
    return this.#cached.size;
  }

  /** Finds the records of a canonical name; `found` is called at once where they are remembered. */
  find<Type extends DnsQuestionType>(
    name: string,
    type: Type,
    now: Instant,
    found: (found: Found<Type>, now: Instant) => void,
  ): void {
    // A listener of one type is only ever called with that type: the key holds it.
    const listener = found as Listener;
    const key = `${type} ${name}`;
    const cached = this.#recall(key, now);
    const asking = this.#byKey.get(key);
    const { maxTtlMs, maxWaiting, maxAsking } = this.#options;
    if (cached !== undefined) listener(cached.found, now);
    else if (asking !== undefined && asking.listeners.length < maxWaiting) asking.listeners.push(listener);
    else if (asking !== undefined || this.#byId.size >= maxAsking) listener(BUSY, now);
    else {
      const started: Asking = { key, type, name, hops: 0, ttlMs: maxTtlMs, listeners: [listener] };
      this.#byKey.set(key, started);
      this.#ask(started);
    }
  }

  answered(id: number, answer: DnsAnswer, now: Instant): void {
    const asking = this.#byId.get(id);
    if (asking === undefined) return;
    this.#byId.delete(id);
    const set = readRecordSet(answer, asking.name, asking.type, asking.hops, this.#options);
    asking.ttlMs = Math.min(asking.ttlMs, set.ttlMs);
    if (set.kind === 'alias') this.#goOn(asking, set, now);
    else this.#settle(asking, set, now);
  }

  #goOn(asking: Asking, alias: RecordSet & { readonly kind: 'alias' }, now: Instant): void {
    const known = this.#recall(`${asking.type} ${alias.name}`, now);
    if (known !== undefined) {
      asking.ttlMs = Math.min(asking.ttlMs, known.until - now);
      this.#settle(asking, known.found, now);
      return;
    }
    asking.name = alias.name;
    asking.hops = alias.hops;
    this.#ask(asking);
  }

  #ask(asking: Asking): void {
    const id = this.#nextId++;
    this.#byId.set(id, asking);
    this.#dns.query({ id, name: asking.name, type: asking.type });
  }

  /** Remembers, forgets the question, and only then tells: a listener may ask again at once. */
  #settle(asking: Asking, found: FoundAny, now: Instant): void {
    this.#byKey.delete(asking.key);
    this.#remember(asking.key, found, after(now, asking.ttlMs), now);
    for (const listener of asking.listeners) listener(found, now);
  }

  #recall(key: string, now: Instant): Remembered | undefined {
    const cached = this.#cached.get(key);
    if (cached === undefined) return undefined;
    if (cached.until > now) return cached;
    this.#cached.delete(key);
    return undefined;
  }

  #remember(key: string, found: FoundAny, until: Instant, now: Instant): void {
    if (until <= now) return;
    if (this.#cached.size >= this.#options.maxCached) {
      const oldest = this.#cached.keys().next();
      if (!oldest.done) this.#cached.delete(oldest.value);
    }
    this.#cached.set(key, { found, until });
  }
}
