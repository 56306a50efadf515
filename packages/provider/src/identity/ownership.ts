import { isSipUri, type SipUri, type Uri, unescapeUri } from '@ringdown/sip';
import type { Account, Domain } from '../accounts/account.ts';
import type { Verdict } from '../incoming.ts';

/** Which domain of ours a URI's host names: its name, or an address that stands for it. */
export interface DomainNames {
  of(uri: Pick<SipUri, 'host'>): Domain | undefined;
}

/**
 * Whether a URI is the address-of-record of an account (RFC 3261 §10.3, steps 3 to 5): the same user once escapes are
 * undone, at its domain or an alias. Ports and parameters do not tell addresses-of-record apart.
 */
export const owns = (domains: DomainNames, account: Account, uri: Uri): boolean =>
  isSipUri(uri) &&
  uri.user !== undefined &&
  unescapeUri(uri.user) === account.username &&
  domains.of(uri)?.name === account.domain;

/** 403 that names the header whose address belongs to somebody else; undefined where it is the account's own. */
export const refuseUnowned = (
  domains: DomainNames,
  account: Account,
  field: 'From' | 'To',
  uri: Uri,
): Verdict | undefined =>
  owns(domains, account, uri)
    ? undefined
    : {
        kind: 'respond',
        status: 403,
        reason: `${field} Is Not Your Address`,
        why: `${field} ${uri.text} is not the address of ${account.username}@${account.domain}`,
        stateless: true,
      };
