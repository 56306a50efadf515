import { accountData, json } from './account-data.ts';
import type { AccountOptions } from './account-options.ts';
import { withAccounts } from './account-session.ts';
import { accountTarget } from './account-target.ts';
import type { Terminal } from './terminal.ts';

/** Removes an account; what it registered ends, in a running server too. */
export const accountRemove = async (
  name: string,
  options: AccountOptions,
  terminal: Terminal,
): Promise<void> => {
  const target = accountTarget(name, options.domain);
  await withAccounts(options, terminal, async (session) => {
    const account = session.account(target);
    session.store.remove(account.username, account.domain);
    await session.applied();
    const data = accountData(account);
    terminal.print(options.json ? json(data) : `Account ${data.address} removed.`);
  });
};
