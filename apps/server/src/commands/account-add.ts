import { nodeRandom } from '@ringdown/net/ports';
import { whyNoAuthUsername, whyNoDisplayName } from '@ringdown/provider';
import { Refusal } from '../refusal.ts';
import { isServiceName } from '../services/service-names.ts';
import { accountData, accountText, json, phoneHint } from './account-data.ts';
import type { AccountOptions } from './account-options.ts';
import { withAccounts } from './account-session.ts';
import { accountTarget } from './account-target.ts';
import { readPassword } from './password.ts';
import type { Terminal } from './terminal.ts';

export interface AccountAddOptions extends AccountOptions {
  /** `-` reads standard input; without it one is made. */
  readonly password?: string | undefined;
  readonly authUsername?: string | undefined;
  readonly displayName?: string | undefined;
}

/** Adds an account and prints its data, the password this once. */
export const accountAdd = async (
  name: string,
  options: AccountAddOptions,
  terminal: Terminal,
): Promise<void> => {
  const target = accountTarget(name, options.domain);
  const authUsername = options.authUsername ?? target.username;
  const displayName = options.displayName || undefined;
  checkNames(authUsername, displayName);
  const password = await readPassword(options.password, terminal, nodeRandom);
  await withAccounts(options, terminal, async (session) => {
    const domain = session.domainToFill(target.domain);
    const ha1 = session.ha1(authUsername, domain.realm, password);
    const result = session.store.add(domain.name, {
      username: target.username,
      authUsername,
      displayName,
      ha1,
    });
    if (result.kind === 'unknown domain')
      throw new Refusal(`the domain ${domain.name} was removed meanwhile: try again`);
    if (result.kind === 'exists') {
      const address = `${target.username}@${domain.name}`;
      throw new Refusal(
        result.conflict === 'address'
          ? `the account ${address} exists: "ringdown account password ${address}" gives it a new password`
          : `another account of ${domain.name} has the authentication user name ${authUsername}: choose another with --auth-username`,
      );
    }
    await session.applied();
    if (isServiceName(target.username))
      terminal.note(
        `ringdown: the server itself answers sip:${target.username}@${domain.name} no longer: this account has its name now`,
      );
    const data = accountData(result.account, password);
    terminal.print(
      options.json
        ? json(data)
        : `Account added. Its password is shown this once.\n\n${accountText(data)}\n\n${phoneHint(data)}`,
    );
  });
};

/** @throws Refusal where one of them may not stand in messages */
export const checkNames = (authUsername: string, displayName: string | undefined): void => {
  const whyNot = whyNoAuthUsername(authUsername);
  if (whyNot !== undefined)
    throw new Refusal(`"${authUsername}" can be no authentication user name: ${whyNot}`);
  const why = displayName === undefined ? undefined : whyNoDisplayName(displayName);
  if (why !== undefined) throw new Refusal(`"${displayName}" can be no display name: ${why}`);
};
