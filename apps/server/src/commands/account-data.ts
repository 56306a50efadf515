import type { Account } from '@ringdown/provider';

/** The six data of a SIP account, and its display name; the password is known only when it was just set. */
export interface AccountData {
  readonly address: string;
  readonly domain: string;
  readonly realm: string;
  readonly username: string;
  readonly authUsername: string;
  readonly displayName: string | null;
  readonly password?: string;
}

export const accountData = (account: Account, password?: string): AccountData => ({
  address: `sip:${account.username}@${account.domain}`,
  domain: account.domain,
  realm: account.realm,
  username: account.username,
  authUsername: account.authUsername,
  displayName: account.displayName ?? null,
  ...(password === undefined ? {} : { password }),
});

export const json = (document: unknown): string => JSON.stringify(document, null, 2);

/** The data as a person copies them into a phone. */
export const accountText = (data: AccountData): string => {
  const lines: (readonly [string, string])[] = [
    ['SIP address', data.address],
    ['Domain', data.domain],
    ['Realm', data.realm],
    ['User name', data.username],
    ['Authentication user name', data.authUsername],
  ];
  if (data.displayName !== null) lines.push(['Display name', data.displayName]);
  lines.push(['Password', data.password ?? '(not kept; "ringdown account password" sets a new one)']);
  return lines.map(([label, value]) => `  ${label.padEnd(26)}${value}`).join('\n');
};

/** How a phone uses them. */
export const phoneHint = ({ domain }: AccountData): string =>
  [
    'Give these to the phone. Where it asks for a server, registrar or proxy, name the address that "ringdown serve"',
    `prints; that is necessary where DNS does not know ${domain}. Where it asks for a realm, leave it empty or give the`,
    'one above; where it asks for one user name only, give the user name.',
  ].join('\n');
