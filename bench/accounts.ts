/** The users of the bench: u0000000, u0000001 … of one domain, all with one password. */
import { closeSync, openSync, writeSync } from 'node:fs';

export const DOMAIN = 'bench.example';
export const PASSWORD = 'bench-secret';

/** The users that register in turn; the first of them are the callers. */
export const USERS = 10_000;
/** Pairs of a caller and a callee; the callees come after the users that register, so that each has one contact only. */
export const PAIRS = 1_000;
export const FIRST_CALLEE = USERS;
export const ACCOUNTS = USERS + PAIRS;

/** Every registration of a user has the same Contact, whichever load sends it, so that it replaces the one before; also in sipp/register.xml. */
export const CONTACT_PORT = 16_060;

export const userName = (index: number): string => `u${String(index).padStart(7, '0')}`;

/** Writes one line per user, in pieces: a million lines need no string of their size. */
export function writeLines(path: string, head: string, count: number, line: (index: number) => string): void {
  const file = openSync(path, 'w');
  writeSync(file, `${head}\n`);
  for (let from = 0; from < count; from += 10_000) {
    let piece = '';
    for (let index = from; index < Math.min(count, from + 10_000); index += 1) piece += `${line(index)}\n`;
    writeSync(file, piece);
  }
  closeSync(file);
}
