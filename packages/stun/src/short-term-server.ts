import type { Hashes } from '@ringdown/sans-io';
import { errorTo, finishAnswer } from './answer.ts';
import { Username } from './credentials.ts';
import { integrityHolds, MessageIntegrity, MessageIntegritySha256 } from './integrity.ts';
import type { StunMessage } from './message.ts';
import type { CredentialVerdict } from './verdict.ts';

/** Someone who may ask for a while, as the two sides of ICE may. */
export interface ShortTermUser {
  /** {@link shortTermKey} of the password. */
  readonly key: Uint8Array;
}

/**
 * Who made a request or indication, by its short-term credential (RFC 8489 §9.1.3).
 *
 * @param find the user of a USERNAME, which is a byte string; undefined where it is not valid now
 * @returns 400 and 401 are unsigned; indications that do not hold are dropped
 */
export const authenticateShortTerm = <User extends ShortTermUser>(
  message: StunMessage,
  find: (username: string) => User | undefined,
  hashes: Hashes,
): CredentialVerdict<User> => {
  if (message.class === 'success' || message.class === 'error') return { kind: 'dropped' };
  const username = message.get(Username);
  const integrity = message.has(MessageIntegritySha256) ? 'sha256' : 'sha1';
  if (username === undefined || (integrity === 'sha1' && !message.has(MessageIntegrity)))
    return refused(message, 400);
  const user = find(username);
  if (user === undefined || integrityHolds(message, integrity, user.key, hashes) !== true)
    return refused(message, 401);
  return { kind: 'authenticated', user, key: user.key, integrity };
};

const refused = (message: StunMessage, code: 400 | 401): CredentialVerdict<never> =>
  message.class === 'indication'
    ? { kind: 'dropped' }
    : { kind: 'refused', code, answer: finishAnswer(errorTo(message, code), message) };
