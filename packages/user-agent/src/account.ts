import type { Text } from '@ringdown/sans-io';
import { formatSipUri, Malformed, parseSipUriOnly, quote, type SipUri } from '@ringdown/sip';

/** What a provider tells its user: six data, of which three have a default. */
export interface Account {
  /** What is shown to others. */
  readonly displayName?: string;
  /** The user part of the address-of-record. */
  readonly username: string;
  readonly domain: string;
  /** Who digest is told that we are. Default: `username`. */
  readonly authUsername?: string;
  readonly password: string;
  /**
   * The protection domain that the password is for; `*`: any. Default: the one that the registrar took it for, and any before that,
   * or where it never asks.
   */
  readonly realm?: string;
  /** A SIP URI that all requests outside of dialogs go to first. Default: the domain. */
  readonly outboundProxy?: string;
}

/** The account as messages have it: their heads are bytes of UTF-8, one character each. */
export const accountOnWire = (account: Account, text: Text): Account => {
  const onWire = (written: string): string => text.latin1(text.utf8Bytes(written));
  const { username, displayName } = account;
  return {
    ...account,
    username: onWire(username),
    ...(displayName !== undefined && { displayName: onWire(displayName) }),
  };
};

/** The address-of-record, as a URI. */
export const addressOfRecord = ({ username, domain }: Account): string =>
  formatSipUri({ user: username, host: domain });

/** The address-of-record as From and To have it. */
export const namedAddress = (account: Account): string => {
  const name = account.displayName === undefined ? '' : `${quote(account.displayName)} `;
  return `${name}<${addressOfRecord(account)}>`;
};

/**
 * The URI that requests outside of dialogs are sent to.
 *
 * @throws TypeError where the account names something that is no SIP URI
 */
export const firstHop = ({ domain, outboundProxy }: Account): SipUri => {
  const uri = parseSipUriOnly(outboundProxy ?? formatSipUri({ host: domain }));
  if (uri instanceof Malformed) throw new TypeError(`the account leads nowhere: ${uri.why}`);
  return uri;
};

/** A SIP URI of whom a user named: a URI, or the user part of one in the account's domain. */
export const targetUri = (account: Account, target: string): SipUri | Malformed => {
  if (typeof target !== 'string') return new Malformed('the target is no text');
  if (!/^[^\s\p{Cc}<>"]+$/u.test(target)) return new Malformed(`${JSON.stringify(target)} is no address`);
  const scheme = /^(?!sips?:)([a-z][a-z\d+.-]*):/i.exec(target)?.[1];
  if (scheme !== undefined && !target.includes('@')) return new Malformed(`${scheme}: is no scheme of SIP`);
  return parseSipUriOnly(
    /^sips?:/i.test(target)
      ? target
      : target.includes('@')
        ? `sip:${target}`
        : formatSipUri({ user: target, host: account.domain }),
  );
};
