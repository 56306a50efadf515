import {
  Authorization,
  type Flow,
  isSipUri,
  ProxyAuthorization,
  type SipRequest,
  unescapeUri,
} from '@ringdown/sip';
import type { Accounts, Domain } from '../../packages/provider/src/accounts/account.ts';
import type { Authentication, Authenticator, Role } from '../../packages/provider/src/authentication.ts';
import type { Domains } from '../../packages/provider/src/domains.ts';

/** What a phone of a world shows: no hashes, so that scenarios are about routing. */
export const credentialsOf = (username: string, realm: string): string =>
  `Digest username="${username}", realm="${realm}", response="shown"`;

/** Believes whoever names an account, and asks those who name none. */
export const believing = (accounts: Accounts, domains: Domains): Authenticator => ({
  authenticate: (request: SipRequest, _flow: Flow, role: Role, domain: Domain): Authentication => {
    const field = role === 'registrar' ? Authorization : ProxyAuthorization;
    const shown = request.texts(field).find((text) => text.includes(`realm="${domain.realm}"`));
    const username = /username="([^"]*)"/.exec(shown ?? '')?.[1];
    const account = username === undefined ? undefined : accounts.byCredentials(username, domain.realm);
    if (account !== undefined) return { kind: 'identified', account };
    const status = role === 'registrar' ? 401 : 407;
    const name = role === 'registrar' ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const headers = [[name, `Digest realm="${domain.realm}", nonce="n"`]] as const;
    return { kind: 'challenge', status, headers, why: 'no credentials' };
  },
  owns: (account, uri) =>
    isSipUri(uri) &&
    domains.of(uri)?.name === account.domain &&
    unescapeUri(uri.user ?? '') === account.username,
});
