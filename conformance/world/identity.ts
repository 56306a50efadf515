import { Authorization, ProxyAuthorization } from '@ringdown/sip';
import type { Accounts } from '../../packages/provider/src/accounts/account.ts';
import type { Authenticator } from '../../packages/provider/src/identity/authenticate.ts';
import { refuse } from '../../packages/provider/src/incoming.ts';

/** What a phone of a world shows: no hashes, so that scenarios are about routing. */
export const credentialsOf = (username: string, realm: string): string =>
  `Digest username="${username}", realm="${realm}", response="shown"`;

/** Believes whoever names an account, and asks those who name none. */
export const believing = (accounts: Accounts): Pick<Authenticator, 'authenticate'> => ({
  authenticate: ({ request }, kind, domain) => {
    const isRegistrar = kind === 'registrar';
    const field = isRegistrar ? Authorization : ProxyAuthorization;
    const shown = request.texts(field).find((text) => text.includes(`realm="${domain.realm}"`));
    const username = /username="([^"]*)"/.exec(shown ?? '')?.[1];
    const account = username === undefined ? undefined : accounts.byCredentials(username, domain.realm);
    if (account !== undefined) return { kind: 'identified', account };
    return refuse(isRegistrar ? 401 : 407, 'no credentials', [
      [isRegistrar ? 'WWW-Authenticate' : 'Proxy-Authenticate', `Digest realm="${domain.realm}", nonce="n"`],
    ]);
  },
});
