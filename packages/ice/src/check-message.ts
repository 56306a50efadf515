import type { Hashes } from '@ringdown/sans-io';
import {
  addFingerprint,
  addIntegrity,
  BINDING,
  ErrorCode,
  type IntegrityAlgorithm,
  integrityHolds,
  MessageIntegrity,
  MessageIntegritySha256,
  MessageWriter,
  type StunMessage,
  type TransportAddress,
  UnknownAttributes,
  Username,
  XorMappedAddress,
} from '@ringdown/stun';
import type { RoleClaim } from './role.ts';
import { IceControlled, IceControlling, Priority, UseCandidate } from './stun-attributes.ts';

/** What a connectivity check says (RFC 8445 §7.2). */
export interface Check {
  /** The peer's username fragment, a colon, ours. */
  readonly username: string;
  readonly priority: number;
  readonly claim: RoleClaim;
  readonly nominates: boolean;
}

export const writeCheck = (
  transactionId: Uint8Array,
  { username, priority, claim, nominates }: Check,
  key: Uint8Array,
  hashes: Hashes,
): Uint8Array => {
  const writer = new MessageWriter(BINDING, 'request', transactionId)
    .add(Username, username)
    .add(Priority, priority)
    .add(claim.role === 'controlling' ? IceControlling : IceControlled, claim.tieBreaker);
  if (nominates) writer.add(UseCandidate, true);
  return addFingerprint(addIntegrity(writer, 'sha1', key, hashes)).bytes;
};

/** A Binding request that asks for nothing but our address (RFC 8489 §6.3.1). */
export const writeQuestion = (transactionId: Uint8Array): Uint8Array =>
  addFingerprint(new MessageWriter(BINDING, 'request', transactionId)).bytes;

/** Keeps bindings of NATs and is not answered (RFC 8445 §11). */
export const writeKeepalive = (transactionId: Uint8Array): Uint8Array =>
  addFingerprint(new MessageWriter(BINDING, 'indication', transactionId)).bytes;

/** The role that a request claims; undefined where it says nothing. */
export const claimOf = (request: StunMessage): RoleClaim | undefined => {
  const controlling = request.get(IceControlling);
  if (controlling !== undefined) return { role: 'controlling', tieBreaker: controlling };
  const controlled = request.get(IceControlled);
  return controlled === undefined ? undefined : { role: 'controlled', tieBreaker: controlled };
};

/** The integrity that a message bears; RFC 8489 §9.1.3 wants the stronger one looked at. */
const algorithmOf = (message: StunMessage): IntegrityAlgorithm | undefined => {
  if (message.has(MessageIntegritySha256)) return 'sha256';
  return message.has(MessageIntegrity) ? 'sha1' : undefined;
};

/** Whether its integrity is right; undefined where it has none. */
export const isAuthentic = (message: StunMessage, key: Uint8Array, hashes: Hashes): boolean | undefined => {
  const algorithm = algorithmOf(message);
  return algorithm === undefined ? undefined : integrityHolds(message, algorithm, key, hashes);
};

/** RFC 8445 §7.3.1.2. */
export const writeSuccess = (
  request: StunMessage,
  source: TransportAddress,
  key: Uint8Array,
  hashes: Hashes,
): Uint8Array => {
  const writer = new MessageWriter(BINDING, 'success', request.transactionId).add(XorMappedAddress, source);
  return addFingerprint(addIntegrity(writer, algorithmOf(request) ?? 'sha1', key, hashes)).bytes;
};

/** An error without words, so that it is no longer than what it answers; without a key it has no integrity. */
export const writeRefusal = (
  request: StunMessage,
  code: number,
  credentials: { readonly key: Uint8Array; readonly hashes: Hashes } | undefined,
  unknown: readonly number[] = [],
): Uint8Array => {
  const writer = new MessageWriter(BINDING, 'error', request.transactionId).add(ErrorCode, {
    code,
    reason: '',
  });
  if (unknown.length > 0) writer.add(UnknownAttributes, unknown);
  if (credentials !== undefined)
    addIntegrity(writer, algorithmOf(request) ?? 'sha1', credentials.key, credentials.hashes);
  return addFingerprint(writer).bytes;
};
