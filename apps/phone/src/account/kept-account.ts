import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal, systemWords } from '../refusal.ts';
import { readAccountFile } from './account-file.ts';
import type { AccountParts, PhoneAccount } from './phone-account.ts';

const fileIn = (home: string): string => join(home, 'phone.json');

/** The account that the home keeps, and how it is called in sentences; undefined where it keeps none. */
export const readKeptAccount = (
  home: string,
): { readonly parts: AccountParts; readonly name: string } | undefined => {
  const file = fileIn(home);
  const name = `the account ${file}`;
  try {
    return { parts: readAccountFile(readFileSync(file, 'utf8'), name), name };
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Refusal(
      `${name} cannot be read (${systemWords(error)}): let its owner run this, or choose another --home`,
    );
  }
};

/**
 * Keeps an account for the next time, for its owner alone (0600). The home is there.
 *
 * @returns the file
 * @throws Refusal where it cannot be written
 */
export const keepAccount = (home: string, account: PhoneAccount): string => {
  const file = fileIn(home);
  const { transports, ...rest } = account;
  const document = { ...rest, ...(transports !== undefined && { transport: transports }) };
  try {
    // Written beside it and renamed: nobody ever reads half of it.
    const written = `${file}.${process.pid}`;
    writeFileSync(written, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 });
    renameSync(written, file);
    return file;
  } catch (error) {
    throw new Refusal(
      `the account cannot be kept in ${file} (${systemWords(error)}): choose another home with --home, or leave --save out`,
    );
  }
};
