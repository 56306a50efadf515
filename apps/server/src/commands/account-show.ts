import { accountData, accountText, json } from './account-data.ts';
import type { AccountOptions } from './account-options.ts';
import { withAccounts } from './account-session.ts';
import { accountTarget } from './account-target.ts';
import type { Terminal } from './terminal.ts';

/** Prints the data of an account; its password is nowhere to be had. */
export const accountShow = async (
  name: string,
  options: AccountOptions,
  terminal: Terminal,
): Promise<void> => {
  const target = accountTarget(name, options.domain);
  await withAccounts(options, terminal, (session) => {
    const data = accountData(session.account(target));
    terminal.print(options.json ? json(data) : accountText(data));
  });
};
