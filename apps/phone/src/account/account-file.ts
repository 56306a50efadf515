import { Refusal } from '../refusal.ts';
import { type AccountParts, readAddress, type TransportChoice, transportChoices } from './phone-account.ts';

/**
 * Reads the data of an account: the JSON of `ringdown account add --json`, or lines of `key = value` with the same keys, as
 * TOML and INI have them. Whatever is null or empty is passed over.
 *
 * @throws Refusal where that is no account
 */
export const readAccountFile = (text: string, name: string): AccountParts => {
  const values = /^\s*(?:\{|\[\s*[{"])/.test(text) ? fromJson(text, name) : fromLines(text, name);
  const strange = [...values.keys()].find((key) => !KEYS.includes(key));
  if (strange !== undefined)
    throw new Refusal(`${name}: there is no "${strange}"; write one of ${KEYS.join(', ')}`);
  const one = (key: string): string | undefined => {
    const value = values.get(key);
    if (value === undefined || typeof value === 'string') return value === '' ? undefined : value;
    throw new Refusal(`${name}: "${key}" must be a text, not ${JSON.stringify(value)}`);
  };
  const address = addressOf(one, name);
  const transports = transportsOf(values.get('transport'), name);
  const parts = {
    address,
    password: one('password'),
    authUsername: one('authUsername'),
    displayName: one('displayName'),
    realm: one('realm'),
    server: one('server'),
    transports,
    turn: one('turn'),
    tlsCa: one('tlsCa'),
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
};

const KEYS: readonly string[] = [
  ...['address', 'username', 'domain', 'realm', 'password', 'authUsername', 'displayName'],
  ...['server', 'transport', 'turn', 'tlsCa'],
];

type Values = ReadonlyMap<string, unknown>;

const fromJson = (text: string, name: string): Values => {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Refusal(`${name} is no JSON: write the account as "ringdown account add --json" prints it`);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new Refusal(`${name} must be one account, as "ringdown account add --json" prints it`);
  return new Map(Object.entries(document).filter(([, value]) => value !== null));
};

const LINE = /^\s*([A-Za-z_-]+)\s*[=:]\s*(.*?)\s*$/;

const fromLines = (text: string, name: string): Values => {
  const values = new Map<string, unknown>();
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    if (/^\s*(?:[#;[]|$)/.test(line)) continue;
    const [, key, value] = LINE.exec(line) ?? [];
    if (key === undefined || value === undefined)
      throw new Refusal(
        `${name}, line ${index + 1}: write "key = value", such as address = "sip:alice@radio.example"`,
      );
    values.set(camelCase(key), readValue(value, `${name}, line ${index + 1}`));
  }
  return values;
};

/** `auth_username` and `auth-username` are what JSON calls `authUsername`. */
const camelCase = (key: string): string =>
  key.replace(/[_-]([a-z])/g, (_, letter: string) => letter.toUpperCase());

const readValue = (written: string, where: string): unknown => {
  const quoted = /^("(?:[^"\\]|\\.)*"|'[^']*'|\[.*\])\s*(?:#.*)?$/.exec(written)?.[1];
  // What a password begins with is anybody's choice: a value is quoted or taken as it stands.
  if (quoted === undefined) return written;
  if (quoted.startsWith("'")) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted);
  } catch {
    throw new Refusal(`${where}: what stands in quotes cannot be read; a backslash in it is written twice`);
  }
};

const addressOf = (one: (key: string) => string | undefined, name: string): string | undefined => {
  const username = one('username');
  const domain = one('domain');
  const written =
    one('address') ?? (username !== undefined && domain !== undefined ? `${username}@${domain}` : undefined);
  if (written === undefined) return undefined;
  const address = readAddress(written);
  if (address === undefined)
    throw new Refusal(
      `${name}: "${written}" is no SIP address: write USER@DOMAIN, such as alice@radio.example`,
    );
  return address;
};

const transportsOf = (value: unknown, name: string): readonly TransportChoice[] | undefined => {
  if (value === undefined || value === '') return undefined;
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  return given.map((one) => {
    const transport = transportChoices.find((choice) => choice === one);
    if (transport === undefined)
      throw new Refusal(
        `${name}: ${JSON.stringify(one)} is no transport: write ${transportChoices.join(', ')}`,
      );
    return transport;
  });
};
