import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Refusal, systemWords } from '../refusal.ts';

/** Where a phone keeps who it is (RFC 5626 §4.1), held as long as it runs. */
export interface Device {
  readonly folder: string;
  release(): void;
}

/** Phones of one home that run at once and keep who they are. */
const PLACES = 32;

/** A database that nobody refers to is collected, and its lock with it. */
const held = new Set<DatabaseSync>();

/**
 * Takes a place in the home's folder for phones: the first that no other process holds. Two phones of one account that run at
 * once are two devices then, and neither takes the other's registration away; one after the other is the same device again.
 * The lock is SQLite's on a database without content: the operating system gives it back however the process ends.
 *
 * @returns undefined where all places are taken: such a phone is a new device each time
 * @throws Refusal where the home cannot be made or written to
 */
export const holdDevice = (home: string): Device | undefined => {
  for (let place = 1; place <= PLACES; place++) {
    const folder = join(home, 'phone', String(place));
    const lock = tryLock(folder);
    if (lock === undefined) continue;
    held.add(lock);
    return {
      folder,
      release: () => {
        if (held.delete(lock)) lock.close();
      },
    };
  }
  return undefined;
};

const tryLock = (folder: string): DatabaseSync | undefined => {
  let database: DatabaseSync | undefined;
  try {
    makeFolder(folder);
    database = new DatabaseSync(join(folder, 'lock'));
    database.exec('PRAGMA busy_timeout = 0');
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw new Refusal(
      `the folder ${folder} cannot be used (${systemWords(error)}): give its owner the right to, or choose another with --home`,
    );
  }
};

/** SQLITE_BUSY and its kin, or SQLITE_LOCKED. */
const isBusy = (error: unknown): boolean => {
  const code = (error as { readonly errcode?: number }).errcode;
  return code !== undefined && ((code & 0xff) === 5 || (code & 0xff) === 6);
};

/** Makes a folder and those above it, one after the other: Node's recursive mkdir never returns from /proc. */
const makeFolder = (path: string): void => {
  const above = dirname(path);
  if (above !== path && lstatSync(above, { throwIfNoEntry: false }) === undefined) makeFolder(above);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have been faster.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
};
