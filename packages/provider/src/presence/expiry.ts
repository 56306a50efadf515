import { Expires, type SipRequest } from '@ringdown/sip';
import { refuse, type Verdict } from '../incoming.ts';

/** How long publications and subscriptions may last. */
export interface PresenceExpiry {
  /** A request for less, but 0, gets 423. */
  readonly minExpiresSeconds: number;
  /** Who asks for more gets this. */
  readonly maxExpiresSeconds: number;
  /** What a request without Expires gets (RFC 3856 §6.4: an hour). */
  readonly defaultExpiresSeconds: number;
}

/** The seconds that a PUBLISH or SUBSCRIBE gets, or its refusal (RFC 3903 §6 step 4, RFC 6665 §4.2.1.1). */
export const grantedSeconds = (request: SipRequest, limits: PresenceExpiry): number | Verdict => {
  const malformed = request.malformed(Expires);
  if (malformed !== undefined) return refuse(400, malformed.why);
  const wanted = request.get(Expires) ?? limits.defaultExpiresSeconds;
  if (wanted > 0 && wanted < limits.minExpiresSeconds) {
    return refuse(423, `${wanted} s is too brief`, [['Min-Expires', String(limits.minExpiresSeconds)]]);
  }
  return Math.min(wanted, limits.maxExpiresSeconds);
};
