import { DatabaseSync } from 'node:sqlite';
import { Refusal, systemWords } from '../refusal.ts';
import { type Migration, migrate } from './schema.ts';

export interface DatabaseOptions {
  readonly file: string;
  /** What the file holds, for sentences: "accounts". */
  readonly content: string;
  readonly migrations: readonly Migration[];
  /** Whether a commit outlives a power failure too, at the cost of waiting for the disk; it always outlives the process. */
  readonly durability: 'power failure' | 'process';
  /** How long to wait for another process that writes. */
  readonly busyTimeoutMs: number;
}

/**
 * Opens a database and brings its schema up to date.
 *
 * @throws Refusal where that cannot be done
 */
export const openDatabase = (options: DatabaseOptions): DatabaseSync => {
  const { file, content, migrations, durability, busyTimeoutMs } = options;
  let database: DatabaseSync | undefined;
  try {
    const opened = new DatabaseSync(file);
    database = opened;
    patiently(() => {
      opened.exec('PRAGMA busy_timeout = 1000');
      opened.exec('PRAGMA journal_mode = WAL');
      opened.exec(`PRAGMA synchronous = ${durability === 'process' ? 'NORMAL' : 'FULL'}`);
      opened.exec('PRAGMA foreign_keys = ON');
      migrate(opened, migrations, file);
    });
    opened.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    return opened;
  } catch (error) {
    database?.close();
    if (error instanceof Refusal) throw error;
    throw new Refusal(`the ${content} in ${file} cannot be opened: ${remedyOf(error)}`);
  }
};

/** How long opening may wait for other processes that open the same new file. */
const OPEN_WITHIN_MS = 10_000;
const PAUSE_MS = 15;

/**
 * Turning a new file to write-ahead logging takes it alone, and SQLite answers "busy" at once, whatever its timeout, where
 * waiting might never end: so we wait ourselves and try the whole again.
 */
const patiently = (prepare: () => void): void => {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + OPEN_WITHIN_MS;
  for (;;) {
    try {
      prepare();
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      Atomics.wait(pause, 0, 0, PAUSE_MS);
    }
  }
};

const remedyOf = (error: unknown): string => {
  if (isBusy(error)) return 'another process holds them; try again when it is done';
  const code = primaryCode(error);
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
    return `the file is damaged or no database (${systemWords(error)}); put a backup in its place`;
  }
  return `${systemWords(error)}; let the owner of the home run the command`;
};

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** SQLite's result code without its extension (https://sqlite.org/rescode.html); undefined for other errors. */
const primaryCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined;

/** Whether another connection was in the way for too long. */
export const isBusy = (error: unknown): boolean => primaryCode(error) === SQLITE_BUSY;

/** Runs `body` in one transaction that starts as a writer, so that what it reads stays true until it commits. */
export const inTransaction = <Result>(database: DatabaseSync, body: () => Result): Result => {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = body();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
};
