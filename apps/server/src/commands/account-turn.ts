import { readRunning } from '../home/running.ts';
import { Refusal } from '../refusal.ts';
import { expiringCredentials } from '../turn/expiring.ts';
import { turnUris } from '../turn/turn-uris.ts';
import { json } from './account-data.ts';
import type { AccountOptions } from './account-options.ts';
import { withAccounts } from './account-session.ts';
import { accountTarget } from './account-target.ts';
import type { Terminal } from './terminal.ts';

export interface AccountTurnOptions extends AccountOptions {
  /** How long it is good for, in seconds, as the command line has it; `turn.credential_seconds` of the configuration without it. */
  readonly seconds?: string | undefined;
}

const LONGEST_SECONDS = 31_536_000;

/**
 * Makes a TURN credential that names an account and ends by itself, for a browser or a guest: nobody learns the account's
 * password by it. It ends with the account, too. In the shape of draft-uberti-behave-turn-rest-00 §2.2.
 *
 * @throws Refusal where there is no such account
 */
export const accountTurn = async (
  name: string,
  options: AccountTurnOptions,
  terminal: Terminal,
): Promise<void> => {
  const target = accountTarget(name, options.domain);
  // Loaded by this command alone: the others start faster without it.
  const { ConfigurationError, loadConfiguration } = await import('../config/configuration.ts');
  await withAccounts(options, terminal, (session) => {
    const account = session.account(target);
    const configuration = loadConfiguration({ home: session.home.directory });
    if (configuration instanceof ConfigurationError) throw configuration;
    const seconds = secondsOf(options.seconds) ?? configuration.turn.credentialSeconds;
    // TURN has one realm: that of the first domain, whoever's account it is.
    const [first] = session.store.domains();
    const credentials = expiringCredentials(session.home, first?.realm ?? account.realm, session.store);
    const { username, password } = credentials.issue(`${account.username}@${account.domain}`, seconds * 1000);
    // Where the server that runs is; else where it will be, by its configuration, once the domain's name leads to it.
    const host = configuration.advertise ?? first?.name ?? account.domain;
    const uris = readRunning(session.home)?.turnUris ?? turnUris(host, configuration.ports);
    if (options.json === true) terminal.print(json({ username, password, ttl: seconds, uris }));
    else
      terminal.print(
        [
          `  User name  ${username}`,
          `  Password   ${password}`,
          `  Good for   ${seconds} s`,
          `  Servers    ${uris.join('\n             ')}`,
        ].join('\n'),
      );
  });
};

const secondsOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > LONGEST_SECONDS)
    throw new Refusal(
      `--seconds must be a whole number from 1 to ${LONGEST_SECONDS} (a year), not "${text}"`,
    );
  return seconds;
};
