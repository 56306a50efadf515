import type { Account } from '@ringdown/provider';
import { type AccountData, accountData } from './account-data.ts';
import type { AccountOptions } from './account-options.ts';
import { type AccountSession, withAccounts } from './account-session.ts';
import { readDomain } from './account-target.ts';
import { knownDomain } from './domain.ts';
import type { Terminal } from './terminal.ts';

const PAGE = 1_000;

/** Prints all accounts, or those of one domain. */
export const accountList = async (options: AccountOptions, terminal: Terminal): Promise<void> => {
  const named = options.domain === undefined ? undefined : readDomain(options.domain);
  await withAccounts(options, terminal, (session) => {
    const domain = named === undefined ? undefined : knownDomain(session.store, named)?.name;
    if (options.json) printJson(session, domain, terminal);
    else printTable(session, domain, terminal);
  });
};

function* pages(session: AccountSession, domain: string | undefined): Generator<readonly Account[]> {
  let after: Account | undefined;
  do {
    const page = session.store.list({ domain, after, limit: PAGE });
    if (page.length > 0) yield page;
    after = page.length === PAGE ? page.at(-1) : undefined;
  } while (after !== undefined);
}

/** One array, written page by page. */
const printJson = (session: AccountSession, domain: string | undefined, terminal: Terminal): void => {
  let isFirst = true;
  for (const page of pages(session, domain)) {
    const rows = page.map((account) => `  ${JSON.stringify(accountData(account))}`).join(',\n');
    terminal.print(isFirst ? `[\n${rows}` : `,\n${rows}`);
    isFirst = false;
  }
  terminal.print(isFirst ? '[]' : ']');
};

const printTable = (session: AccountSession, domain: string | undefined, terminal: Terminal): void => {
  let count = 0;
  for (const page of pages(session, domain)) {
    const rows = page.map((account) => columns(accountData(account)));
    const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
    for (const row of rows) {
      terminal.print(
        row
          .map((text, column) => text.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      );
    }
    count += page.length;
  }
  if (count === 0) terminal.note('There are no accounts yet: "ringdown account add NAME" makes one.');
};

const columns = ({ address, authUsername, username, displayName }: AccountData): readonly string[] => [
  address,
  displayName ?? '',
  authUsername === username ? '' : `authenticates as ${authUsername}`,
];
