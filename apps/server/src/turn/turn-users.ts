import type { Account } from '@ringdown/provider';
import type { ExpiringCredentials, TurnCredentials, TurnUser } from '@ringdown/turn';

/** What is asked about accounts. */
export interface TurnAccounts {
  byCredentials(authUsername: string, realm: string): Account | undefined;
  byUserhash(userhash: string): Account | undefined;
}

/**
 * Who may relay: the accounts of one realm, with the password that they register with, and whoever was given an expiring
 * credential. The key of a long-term credential is the HA1 that is stored (RFC 8489 §9.2.2), so nothing more has to be kept.
 */
export const turnUsers = (
  accounts: TurnAccounts,
  realm: string,
  expiring: ExpiringCredentials,
): TurnCredentials => ({
  // No user name of an account has a colon, so nobody is both.
  find: (username) => expiring.find(username) ?? userOf(accounts.byCredentials(username, realm)),
  findByHash: (userhash) => {
    const account = accounts.byUserhash(Buffer.from(userhash).toString('hex'));
    return account?.realm === realm ? userOf(account) : undefined;
  },
});

const userOf = (account: Account | undefined): TurnUser | undefined =>
  account === undefined
    ? undefined
    : {
        name: `${account.username}@${account.domain}`,
        keys: {
          MD5: Buffer.from(account.ha1.MD5, 'hex'),
          'SHA-256': Buffer.from(account.ha1['SHA-256'], 'hex'),
        },
      };
