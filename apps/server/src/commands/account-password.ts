import { nodeRandom } from '@ringdown/net/ports';
import { Refusal } from '../refusal.ts';
import { accountData, accountText, json } from './account-data.ts';
import type { AccountOptions } from './account-options.ts';
import { withAccounts } from './account-session.ts';
import { accountTarget } from './account-target.ts';
import { readPassword } from './password.ts';
import type { Terminal } from './terminal.ts';

export interface AccountPasswordOptions extends AccountOptions {
  /** `-` reads standard input; without it one is made. */
  readonly password?: string | undefined;
}

/** Gives an account a new password; what was registered with the old one ends, in a running server too. */
export const accountPassword = async (
  name: string,
  options: AccountPasswordOptions,
  terminal: Terminal,
): Promise<void> => {
  const target = accountTarget(name, options.domain);
  const password = await readPassword(options.password, terminal, nodeRandom);
  await withAccounts(options, terminal, async (session) => {
    const { username, domain, authUsername, realm } = session.account(target);
    const account = session.store.setPassword(username, domain, session.ha1(authUsername, realm, password));
    if (account === undefined) throw new Refusal(`the account ${username}@${domain} was removed meanwhile`);
    await session.applied();
    const data = accountData(account, password);
    terminal.print(
      options.json
        ? json(data)
        : `Password changed: phones with the old one have to be given it. It is shown this once.\n\n${accountText(data)}`,
    );
  });
};
