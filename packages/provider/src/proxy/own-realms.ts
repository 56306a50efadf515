import {
  Authorization,
  edit,
  hasCredentials,
  isMalformed,
  ProxyAuthenticate,
  ProxyAuthorization,
  parseCredentials,
  type SipRequest,
  type SipResponse,
  WwwAuthenticate,
} from '@ringdown/sip';
import type { Domains } from '../domains.ts';

/** Which realms are ours. */
export type OwnRealms = Pick<Domains, 'hasRealm'>;

const REALM = /\brealm\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi;

/** Whether credentials or challenges name a realm of ours, also such as cannot be read otherwise. */
const nameOurs = (value: string, realms: OwnRealms): boolean => {
  for (const [, quoted, plain = ''] of value.matchAll(REALM))
    if (realms.hasRealm(quoted?.replace(/\\(.)/g, '$1') ?? plain)) return true;
  return false;
};

const NONE: readonly number[] = Object.freeze([]);

/** The same of credentials: nearly all can be read. */
const areOurs = (value: string, realms: OwnRealms): boolean => {
  const credentials = parseCredentials(value);
  return credentials === undefined || isMalformed(credentials)
    ? nameOurs(value, realms)
    : realms.hasRealm(credentials.realm);
};

/** The lines of a request that carry credentials for our realms: they stay here (RFC 3261 §22.3); those for others go on. */
export const ownCredentials = (request: SipRequest, realms: OwnRealms): readonly number[] => {
  if (!hasCredentials(request)) return NONE;
  const lines = [...request.linesOf(ProxyAuthorization), ...request.linesOf(Authorization)];
  return lines.filter((at) => areOurs(request.valueAt(at), realms));
};

/**
 * A 401 or 407 of somebody else without what it asks for in our realms. No answer to that would go past us; whoever asks all
 * the same wants the caller to work on a nonce of his choice. Undefined where it asks for nothing else.
 */
export const withoutOwnChallenges = (response: SipResponse, realms: OwnRealms): SipResponse | undefined => {
  const lines = [...response.linesOf(WwwAuthenticate), ...response.linesOf(ProxyAuthenticate)];
  const ours = lines.filter((at) => nameOurs(response.valueAt(at), realms));
  if (ours.length === 0) return response;
  if (ours.length === lines.length) return undefined;
  const change = edit(response);
  for (const at of ours) change.removeAt(at);
  return change.build();
};
