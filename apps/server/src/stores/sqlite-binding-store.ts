import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { BindingChange, BindingStore, StoredBinding } from '@ringdown/provider';
import { type WallTime, wallTime } from '@ringdown/sans-io';
import { systemWords } from '../refusal.ts';
import { encodeBatch } from './binding-batch.ts';
import type { WorkerAnswer } from './bindings-worker.ts';
import { openDatabase } from './database.ts';
import { bindingMigrations } from './schema.ts';

export interface SqliteBindingStoreOptions {
  readonly file: string;
  /** The disk did not take a batch; it is tried again every second until it does. */
  readonly onTrouble: (why: string) => void;
  /** How long changes wait for others to go with. */
  readonly groupMs?: number;
  /** Changes in one transaction: what comes meanwhile waits for it. */
  readonly batchChanges?: number;
  /** Waiting changes above which several of one binding are made one. */
  readonly compactAbove?: number;
}

export const bindingStoreDefaults = Object.freeze({ groupMs: 25, batchChanges: 5_000, compactAbove: 50_000 });

const RETRY_MS = 1_000;

/**
 * Bindings in SQLite, written behind by a thread of their own. At most one batch is under way; what comes meanwhile is the
 * next. Where the disk does not keep up, only the last change of each binding waits: {@link backlog} then is bounded by the
 * number of bindings, which the registrar bounds.
 */
export class SqliteBindingStore implements BindingStore {
  readonly #options: Required<SqliteBindingStoreOptions>;
  readonly #database: DatabaseSync;
  #worker: Worker;
  #waiting: BindingChange[] = [];
  #underWay: readonly BindingChange[] = [];
  #timer: NodeJS.Timeout | undefined;
  #compactAbove: number;
  /** How many changes were ever written, and who waits for which number. */
  #written = 0;
  readonly #flushes: { readonly whenWritten: number; readonly resolve: () => void }[] = [];
  #closing = false;

  /** @throws Refusal where the file cannot be opened */
  constructor(options: SqliteBindingStoreOptions) {
    this.#options = { ...bindingStoreDefaults, ...options };
    this.#compactAbove = this.#options.compactAbove;
    this.#database = openDatabase({
      file: options.file,
      content: 'bindings',
      migrations: bindingMigrations,
      durability: 'process',
      busyTimeoutMs: 10_000,
    });
    this.#worker = this.#startWorker();
  }

  *load(now: WallTime): Iterable<StoredBinding> {
    this.#database.prepare('DELETE FROM bindings WHERE expires_at <= ?').run(now);
    const all = this.#database.prepare('SELECT * FROM bindings');
    // A million rows as arrays take half the time that they take as objects.
    all.setReturnArrays(true);
    for (const row of all.iterate()) yield bindingOf(row as unknown as SQLOutputValue[]);
  }

  get backlog(): number {
    return this.#waiting.length + this.#underWay.length;
  }

  write(changes: readonly BindingChange[]): void {
    for (const change of changes) this.#waiting.push(change);
    if (this.#waiting.length > this.#compactAbove) this.#compact();
    if (this.#timer === undefined && this.#underWay.length === 0 && this.#waiting.length > 0) {
      this.#timer = setTimeout(() => this.#send(), this.#options.groupMs);
    }
  }

  flush(): Promise<void> {
    if (this.backlog === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#flushes.push({ whenWritten: this.#written + this.backlog, resolve });
      if (this.#underWay.length === 0) this.#send();
    });
  }

  async close(): Promise<void> {
    await this.flush();
    this.#closing = true;
    clearTimeout(this.#timer);
    await new Promise<void>((resolve) => {
      this.#worker.once('exit', () => resolve());
      this.#worker.postMessage('close');
    });
    this.#database.close();
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./bindings-worker.ts', import.meta.url), {
      workerData: this.#options.file,
    });
    worker.on('message', (answer: WorkerAnswer) => {
      if (answer.kind === 'written') this.#batchWritten();
      else this.#retry(answer.why);
    });
    worker.on('error', (error) => this.#startAgain(worker, systemWords(error)));
    worker.on('exit', () => this.#startAgain(worker, 'its thread ended'));
    return worker;
  }

  #startAgain(worker: Worker, why: string): void {
    if (this.#closing || worker !== this.#worker) return;
    this.#worker = this.#startWorker();
    if (this.#underWay.length > 0) this.#retry(why);
    else this.#options.onTrouble(`bindings were not written: ${why}`);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { batchChanges } = this.#options;
    this.#underWay =
      this.#waiting.length <= batchChanges ? this.#waiting : this.#waiting.slice(0, batchChanges);
    this.#waiting = this.#waiting.slice(this.#underWay.length);
    this.#post();
  }

  #post(): void {
    const batch = encodeBatch(this.#underWay);
    this.#worker.postMessage(batch, [batch.lengths.buffer, batch.numbers.buffer]);
  }

  #batchWritten(): void {
    this.#written += this.#underWay.length;
    this.#underWay = [];
    while (
      this.#flushes.length > 0 &&
      (this.backlog === 0 || this.#flushes[0]!.whenWritten <= this.#written)
    ) {
      this.#flushes.shift()!.resolve();
    }
    if (this.#waiting.length === 0) return;
    if (this.#flushes.length > 0 || this.#waiting.length >= this.#options.batchChanges) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), this.#options.groupMs);
  }

  #retry(why: string): void {
    this.#options.onTrouble(`bindings were not written, which is tried again every second: ${why}`);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#post();
    }, RETRY_MS);
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

/** The columns in the order of the schema. */
const bindingOf = (row: readonly SQLOutputValue[]): StoredBinding => ({
  aor: row[0] as string,
  key: row[1] as string,
  contact: row[2] as string,
  contactParameters: row[3] as string,
  q: row[4] as number,
  expiresAt: wallTime(row[5] as number),
  callId: row[6] as string,
  cseq: row[7] as number,
  path: row[8] as string,
  flow: row[9] as string,
  received: row[10] as string,
  userAgent: row[11] as string,
  accountId: row[12] as number,
  registeredAt: wallTime(row[13] as number),
});
