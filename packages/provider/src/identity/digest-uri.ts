import { isMalformed, parseSipUriOnly, type SipUri, unescapeUri } from '@ringdown/sip';
import type { DomainNames } from './ownership.ts';

/**
 * Whether the digest URI of credentials and the Request-URI name the same resource (RFC 3261 §22.4 item 4, RFC 7616 §3.4.6).
 * A proxy on the way may have changed the Request-URI, and phones write port and transport as they were configured: so the
 * same user at the same host, or at hosts that stand for one domain of ours, is enough; and so is this server itself, without
 * a user, which is what SIPp and some gateways always write. A nonce is good once with each count, hence nothing is won by
 * the difference.
 */
export const isDigestUriOf = (domains: DomainNames, digestUri: string, requestUri: string): boolean => {
  if (digestUri === requestUri) return true;
  const left = parseSipUriOnly(digestUri);
  const right = parseSipUriOnly(requestUri);
  if (isMalformed(left) || isMalformed(right)) return false;
  if (left.user === undefined && domains.of(left) !== undefined) return true;
  return userOf(left) === userOf(right) && isSameHost(domains, left, right);
};

const userOf = ({ user }: SipUri): string | undefined => (user === undefined ? undefined : unescapeUri(user));

const isSameHost = (domains: DomainNames, left: SipUri, right: SipUri): boolean => {
  if (left.host === right.host) return true;
  const domain = domains.of(left);
  return domain !== undefined && domain.name === domains.of(right)?.name;
};
