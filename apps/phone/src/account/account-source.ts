import { readFileSync } from 'node:fs';
import { Refusal, systemWords } from '../refusal.ts';
import type { PhoneTerminal } from '../terminal.ts';
import { readAccountFile } from './account-file.ts';
import { readKeptAccount } from './kept-account.ts';
import { type AccountParts, type PhoneAccount, readAddress, type TransportChoice } from './phone-account.ts';

/** What the command line says of the account. */
export interface AccountOptions {
  /** A file with the account; `-` reads standard input. */
  readonly account?: string | undefined;
  /** The SIP address, instead of a file. */
  readonly as?: string | undefined;
  /** `-` reads standard input. */
  readonly password?: string | undefined;
  readonly authUsername?: string | undefined;
  readonly displayName?: string | undefined;
  readonly realm?: string | undefined;
  /** `HOST[:PORT]` of the SIP server; without it the DNS says of the domain where it is. */
  readonly server?: string | undefined;
  readonly transport?: readonly TransportChoice[] | undefined;
  /** `HOST[:PORT]` of the TURN server. */
  readonly turn?: string | undefined;
  /** A file of certificate authorities in PEM. */
  readonly tlsCa?: string | undefined;
  /** The absolute path of the folder with everything that is kept. */
  readonly home: string;
}

/** Where else a password may come from. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The account that a command line means: a file's, the one of --as, or the one that the home keeps; options go before what a
 * file says, and a file before RINGDOWN_PASSWORD.
 *
 * @throws Refusal where none is named, or something of it is missing
 */
export const findAccount = async (
  options: AccountOptions,
  terminal: Pick<PhoneTerminal, 'readInput'>,
  environment: Environment,
): Promise<PhoneAccount> => {
  if (options.account !== undefined && options.as !== undefined)
    throw new Refusal('--account and --as name two accounts: leave one of them out');
  if (options.account === '-' && options.password === '-')
    throw new Refusal('--account - and --password - both read standard input: give one of them another way');
  const { parts, name } = await origin(options, terminal, environment);
  const password = (await passwordOf(options, terminal)) ?? parts.password ?? environment.RINGDOWN_PASSWORD;
  if (parts.address === undefined)
    throw new Refusal(`${name} has no SIP address: write address = "sip:alice@radio.example" into it`);
  if (password === undefined || password === '')
    throw new Refusal(
      `${name} has no password: give it with --password, "--password -" and standard input, or RINGDOWN_PASSWORD`,
    );
  return { ...parts, ...said(options), address: parts.address, password };
};

const origin = async (
  options: AccountOptions,
  terminal: Pick<PhoneTerminal, 'readInput'>,
  environment: Environment,
): Promise<{ readonly parts: AccountParts; readonly name: string }> => {
  if (options.account !== undefined) {
    const name = options.account === '-' ? 'the account on standard input' : `the account ${options.account}`;
    return { parts: readAccountFile(await accountText(options.account, terminal), name), name };
  }
  if (options.as !== undefined) {
    const address = readAddress(options.as);
    if (address === undefined)
      throw new Refusal(`--as must be a SIP address such as alice@radio.example, not "${options.as}"`);
    // Who names the address that the home keeps means what is kept with it, unless a password says otherwise.
    const isKnown = options.password !== undefined || environment.RINGDOWN_PASSWORD !== undefined;
    const kept = isKnown ? undefined : readKeptAccount(options.home);
    return kept?.parts.address === address ? kept : { parts: { address }, name: address };
  }
  const kept = readKeptAccount(options.home);
  if (kept === undefined)
    throw new Refusal(
      `which account? Name one with --account FILE (what "ringdown account add --json" prints) or --as USER@DOMAIN; --save keeps it in the home ${options.home}`,
    );
  return kept;
};

const accountText = async (file: string, terminal: Pick<PhoneTerminal, 'readInput'>): Promise<string> => {
  if (file === '-') return terminal.readInput();
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Refusal(
      `the account ${file} cannot be read (${systemWords(error)}): check its name and its rights`,
    );
  }
};

const passwordOf = async (
  { password }: AccountOptions,
  terminal: Pick<PhoneTerminal, 'readInput'>,
): Promise<string | undefined> => {
  if (password === '') throw new Refusal('--password is empty: give one, or leave the option out');
  if (password !== '-') return password;
  const line = (await terminal.readInput()).split(/\r?\n/, 1)[0] ?? '';
  if (line === '')
    throw new Refusal(
      'standard input has no password on its first line: write one there, or leave --password out',
    );
  return line;
};

/** What options say over a file. */
const said = (options: AccountOptions): AccountParts => {
  const { authUsername, displayName, realm, server, transport, turn, tlsCa } = options;
  const parts = { authUsername, displayName, realm, server, transports: transport, turn, tlsCa };
  for (const [option, value] of [
    ['--server', server],
    ['--turn', turn],
  ] as const) {
    if (value !== undefined && !isHostPort(value))
      throw new Refusal(`${option} must be HOST, HOST:PORT or [IPV6]:PORT, not "${value}"`);
  }
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
};

const isHostPort = (text: string): boolean => {
  const [, port] = /^(?:\[[0-9a-fA-F:.%]+\]|[^\s:/[\]@]+)(?::(\d{1,5}))?$/.exec(text) ?? [undefined, '65536'];
  return Number(port ?? 1) >= 1 && Number(port ?? 1) <= 65_535;
};
