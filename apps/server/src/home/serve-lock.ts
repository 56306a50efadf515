import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Refusal, systemWords } from '../refusal.ts';
import { isBusy } from '../stores/database.ts';
import type { Home } from './home.ts';

/** Held while a server runs on the home. */
export interface ServeLock {
  release(): void;
}

/** A database that nobody refers to is collected, and its lock with it. */
const held = new Set<DatabaseSync>();

/** How long a command that only asks may be in the way of a server that starts. */
const ASKING_MS = 500;

/**
 * Keeps every other server off the home. The lock is SQLite's own on a database without content, for the operating system
 * gives that back however the process ends, also by `kill -9`.
 *
 * @throws Refusal where another server holds it
 */
export const lockForServing = (home: Home): ServeLock => {
  const database = exclusively(home, ASKING_MS);
  if (database === undefined) {
    const pid = readPid(home);
    throw new Refusal(
      `another ringdown serve${pid === undefined ? '' : ` (process ${pid})`} already runs on the home ${home.directory}: stop it, or choose another with --home`,
    );
  }
  held.add(database);
  writeFileSync(pidFile(home), `${process.pid}\n`, { mode: 0o600 });
  return {
    release: () => {
      held.delete(database);
      rmSync(pidFile(home), { force: true });
      database.close();
    },
  };
};

/** Whether a server runs on the home right now. */
export const isServing = (home: Home): boolean => {
  const database = exclusively(home, 0);
  database?.close();
  return database === undefined;
};

/** The lock's database in a transaction that lets nobody else in; undefined where somebody else is in. */
const exclusively = (home: Home, waitMs: number): DatabaseSync | undefined => {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(home.lockFile);
    database.exec(`PRAGMA busy_timeout = ${waitMs}`);
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw new Refusal(
      `the file ${home.lockFile} cannot be locked (${systemWords(error)}): is the home ${home.directory} writable, and on a local disk?`,
    );
  }
};

const pidFile = (home: Home): string => `${home.lockFile}.pid`;

const readPid = (home: Home): string | undefined => {
  try {
    return /^\d+/.exec(readFileSync(pidFile(home), 'latin1'))?.[0];
  } catch {
    return undefined;
  }
};
