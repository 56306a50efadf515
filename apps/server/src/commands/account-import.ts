import { readFileSync } from 'node:fs';
import { nodeHashes, nodeText } from '@ringdown/net/ports';
import { whyNoAuthUsername, whyNoDisplayName, whyNoUsername } from '@ringdown/provider';
import { computeHa1, isMalformed } from '@ringdown/sip';
import { Refusal, systemWords } from '../refusal.ts';
import { type AccountRow, readAccountRows } from './account-csv.ts';
import { json } from './account-data.ts';
import type { AccountOptions } from './account-options.ts';
import { withAccounts } from './account-session.ts';
import { readDomain } from './account-target.ts';
import type { Terminal } from './terminal.ts';

/** Adds the accounts of a CSV file, all of them or none. `-` reads standard input. */
export const accountImport = async (
  file: string,
  options: AccountOptions,
  terminal: Terminal,
): Promise<void> => {
  const named = options.domain === undefined ? undefined : readDomain(options.domain);
  const rows = readAccountRows(file, await readText(file, terminal));
  for (const row of rows) checkRow(file, row);
  await withAccounts(options, terminal, async (session) => {
    const domain = session.domainToFill(named);
    const accounts = rows.map((row) => ({
      username: row.username,
      authUsername: row.authUsername,
      displayName: row.displayName,
      ha1: rowHa1(file, row, domain.realm),
    }));
    const result = session.store.import(domain.name, accounts);
    if (result.kind === 'unknown domain')
      throw new Refusal(`the domain ${domain.name} was removed meanwhile: try again`);
    if (result.kind === 'exists') {
      const row = rows[result.index]!;
      const what =
        result.conflict === 'address'
          ? `the account ${row.username}@${domain.name} exists`
          : `another account of ${domain.name} has the authentication user name ${row.authUsername}`;
      throw new Refusal(
        `${file}, line ${row.line}: ${what}, or stands twice in the file; nothing was imported`,
      );
    }
    await session.applied();
    terminal.print(
      options.json
        ? json({ imported: result.count, domain: domain.name, realm: domain.realm })
        : `${result.count} accounts imported into ${domain.name} (realm ${domain.realm}).`,
    );
  });
};

const readText = async (file: string, terminal: Terminal): Promise<string> => {
  if (file === '-') return terminal.readInput();
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Refusal(
      `the file ${file} cannot be read (${systemWords(error)}): name a CSV file that is there`,
    );
  }
};

const checkRow = (file: string, { line, username, authUsername, displayName }: AccountRow): void => {
  const refuse = (what: string, why: string | undefined): void => {
    if (why !== undefined) throw new Refusal(`${file}, line ${line}: ${what}: ${why}; nothing was imported`);
  };
  refuse(`"${username}" can be no username`, whyNoUsername(username));
  refuse(`"${authUsername}" can be no auth_username`, whyNoAuthUsername(authUsername));
  if (displayName !== undefined) {
    refuse(`"${displayName}" can be no display_name`, whyNoDisplayName(displayName));
  }
};

const rowHa1 = (file: string, { line, authUsername, password }: AccountRow, realm: string) => {
  const ha1 = computeHa1(nodeHashes, nodeText, authUsername, realm, password);
  if (!isMalformed(ha1)) return ha1;
  const why = ha1.why.replace(/^the password: /, '');
  throw new Refusal(`${file}, line ${line}: its password cannot be used: ${why}; nothing was imported`);
};
