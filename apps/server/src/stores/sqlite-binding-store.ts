import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { BindingChange, BindingStore, StoredBinding } from '@ringdown/provider';
import { type WallTime, wallTime } from '@ringdown/sans-io';
import { systemWords } from '../refusal.ts';
import { type BindingBatch, encodeBatch } from './binding-batch.ts';
import type { WorkerAnswer } from './bindings-worker.ts';
import { openDatabase } from './database.ts';
import { bindingMigrations } from './schema.ts';

export interface SqliteBindingStoreOptions {
  readonly file: string;
  /** The disk did not take a batch; it is tried again, less and less often, until it does. */
  readonly onTrouble: (why: string) => void;
  /** How long changes wait for others to go with. */
  readonly groupMs?: number;
  /** Changes in one transaction: what comes meanwhile waits for it. */
  readonly batchChanges?: number;
  /** Waiting changes above which several of one binding are made one. */
  readonly compactAbove?: number;
  /** Starts the thread that writes; given by tests. */
  readonly startThread?: () => WritingThread;
}

export const bindingStoreDefaults = Object.freeze({ groupMs: 10, batchChanges: 5_000, compactAbove: 50_000 });

/** How long it is waited after the first failure, twice as long after each further one, and at most. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 16_000;

/** The thread that writes, as far as it is used: a worker of Node's. */
export interface WritingThread {
  postMessage(message: BindingBatch | 'close', transfer?: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (answer: WorkerAnswer) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
}

/**
 * Bindings in SQLite, written behind by a thread of their own. At most one batch is under way; what comes meanwhile is the
 * next. A batch that failed, or whose thread died, is posted again before any later one, and as it repeats what it says, it
 * does no harm where it had been written. Where the disk does not keep up, only the last change of each binding waits:
 * {@link backlog} then is bounded by the number of bindings, which the registrar bounds.
 */
export class SqliteBindingStore implements BindingStore {
  readonly #options: Required<SqliteBindingStoreOptions>;
  readonly #database: DatabaseSync;
  /** Undefined between the end of a thread and the next attempt. */
  #thread: WritingThread | undefined;
  #waiting: BindingChange[] = [];
  #underWay: readonly BindingChange[] = [];
  /** Whether the thread has the batch that is under way and owes an answer. */
  #posted = false;
  /** The one next step that is planned: more to gather, or another attempt. */
  #timer: NodeJS.Timeout | undefined;
  /** How long the next attempt waits; undefined while all is well. */
  #retryMs: number | undefined;
  #compactAbove: number;
  /** How many changes were ever written, and who waits for which number. */
  #written = 0;
  readonly #flushes: { readonly whenWritten: number; readonly resolve: () => void }[] = [];
  #closing = false;

  /** @throws Refusal where the file cannot be opened */
  constructor(options: SqliteBindingStoreOptions) {
    this.#options = { ...bindingStoreDefaults, startThread: () => startWorker(options.file), ...options };
    this.#compactAbove = this.#options.compactAbove;
    this.#database = openDatabase({
      file: options.file,
      content: 'bindings',
      migrations: bindingMigrations,
      durability: 'process',
      busyTimeoutMs: 10_000,
    });
    this.#thread = this.#startThread();
  }

  *load(now: WallTime): Iterable<StoredBinding> {
    this.#database.prepare('DELETE FROM bindings WHERE expires_at <= ?').run(now);
    const all = this.#database.prepare('SELECT * FROM bindings');
    // A million rows as arrays take half the time that they take as objects.
    all.setReturnArrays(true);
    // A million bindings come from few makes of phones.
    const userAgents = new Map<string, string>();
    for (const row of all.iterate()) yield bindingOf(row as unknown as SQLOutputValue[], userAgents);
  }

  get backlog(): number {
    return this.#waiting.length + this.#underWay.length;
  }

  write(changes: readonly BindingChange[]): void {
    for (const change of changes) this.#waiting.push(change);
    if (this.#waiting.length > this.#compactAbove) this.#compact();
    if (!this.#posted && this.#timer === undefined && this.#waiting.length > 0)
      this.#plan(this.#options.groupMs);
  }

  flush(): Promise<void> {
    if (this.backlog === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#flushes.push({ whenWritten: this.#written + this.backlog, resolve });
      // After a failure the next attempt keeps its time, whoever waits.
      if (!this.#posted && this.#retryMs === undefined) this.#go();
    });
  }

  async close(): Promise<void> {
    await this.flush();
    this.#closing = true;
    clearTimeout(this.#timer);
    const thread = this.#thread;
    if (thread !== undefined) {
      await new Promise<void>((resolve) => {
        thread.on('exit', () => resolve());
        thread.postMessage('close');
      });
    }
    this.#database.close();
  }

  #startThread(): WritingThread {
    const thread = this.#options.startThread();
    // A thread that is gone may have left words behind: its batch has been posted anew, and counts once.
    const ifPresent =
      <Told>(act: (told: Told) => void) =>
      (told: Told): void => {
        if (thread === this.#thread && !this.#closing) act(told);
      };
    thread.on(
      'message',
      ifPresent((answer: WorkerAnswer) => {
        this.#posted = false;
        if (answer.kind === 'written') this.#batchWritten();
        else this.#failed(answer.why);
      }),
    );
    thread.on(
      'error',
      ifPresent((error: unknown) => this.#threadEnded(systemWords(error))),
    );
    thread.on(
      'exit',
      ifPresent(() => this.#threadEnded('its thread ended')),
    );
    return thread;
  }

  #threadEnded(why: string): void {
    this.#thread = undefined;
    this.#posted = false;
    this.#failed(why);
  }

  #failed(why: string): void {
    this.#retryMs = this.#retryMs === undefined ? FIRST_RETRY_MS : Math.min(2 * this.#retryMs, LAST_RETRY_MS);
    this.#options.onTrouble(
      `bindings were not written, which is tried again in ${this.#retryMs / 1000} s: ${why}`,
    );
    this.#plan(this.#retryMs);
  }

  #plan(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#go(), delayMs);
  }

  /** Posts the batch that is under way, or else the next one. */
  #go(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#thread ??= this.#startThread();
    if (this.#underWay.length === 0) {
      const { batchChanges } = this.#options;
      this.#underWay =
        this.#waiting.length <= batchChanges ? this.#waiting : this.#waiting.slice(0, batchChanges);
      this.#waiting = this.#waiting.slice(this.#underWay.length);
    }
    if (this.#underWay.length === 0) return;
    const batch = encodeBatch(this.#underWay);
    this.#posted = true;
    this.#thread.postMessage(batch, [batch.lengths.buffer, batch.numbers.buffer]);
  }

  #batchWritten(): void {
    this.#retryMs = undefined;
    this.#written += this.#underWay.length;
    this.#underWay = [];
    while (
      this.#flushes.length > 0 &&
      (this.backlog === 0 || this.#flushes[0]!.whenWritten <= this.#written)
    ) {
      this.#flushes.shift()!.resolve();
    }
    if (this.#waiting.length === 0) return;
    if (this.#flushes.length > 0 || this.#waiting.length >= this.#options.batchChanges) this.#go();
    else this.#plan(this.#options.groupMs);
  }

  /** Keeps the last change of each binding, at the place of its first, so that no flush waits for less than it should. */
  #compact(): void {
    const last = new Map<string, BindingChange>();
    for (const change of this.#waiting) {
      const { aor, key } = change.kind === 'put' ? change.binding : change;
      last.set(`${aor}\n${key}`, change);
    }
    this.#waiting = [...last.values()];
    this.#compactAbove = Math.max(this.#options.compactAbove, 2 * this.#waiting.length);
  }
}

const startWorker = (file: string): WritingThread =>
  new Worker(new URL('./bindings-worker.ts', import.meta.url), { workerData: file });

/** The columns in the order of the schema. What is equal becomes one text. */
const bindingOf = (row: readonly SQLOutputValue[], userAgents: Map<string, string>): StoredBinding => {
  const key = row[1] as string;
  const contact = row[2] as string;
  const userAgent = row[11] as string;
  const known = userAgents.get(userAgent);
  if (known === undefined) userAgents.set(userAgent, userAgent);
  return {
    aor: row[0] as string,
    key,
    contact: contact === key ? key : contact,
    contactParameters: row[3] as string,
    q: row[4] as number,
    expiresAt: wallTime(row[5] as number),
    callId: row[6] as string,
    cseq: row[7] as number,
    path: row[8] as string,
    flow: row[9] as string,
    received: row[10] as string,
    userAgent: known ?? userAgent,
    accountId: row[12] as number,
    registeredAt: wallTime(row[13] as number),
  };
};
