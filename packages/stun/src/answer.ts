import type { Hashes } from '@ringdown/sans-io';
import { ErrorCode } from './error-code.ts';
import { addFingerprint, Fingerprint } from './fingerprint.ts';
import { HEADER_BYTES } from './header.ts';
import { addIntegrity, type IntegrityAlgorithm } from './integrity.ts';
import type { StunMessage } from './message.ts';
import { MessageWriter } from './message-writer.ts';
import { UnknownAttributes } from './unknown-attributes.ts';

const UNKNOWN_ATTRIBUTE = 420;

/** What an answer is signed with: that of the request which it answers. */
export interface AnswerIntegrity {
  readonly key: Uint8Array;
  readonly integrity: IntegrityAlgorithm;
}

/** Starts the success response to a request: its method and its transaction ID. */
export const successTo = (request: StunMessage): MessageWriter =>
  new MessageWriter(request.method, 'success', idOf(request));

/**
 * Starts the error response to a request.
 *
 * @param reason for people, in UTF-8, one character a byte; empty, because answers are no larger than they must be
 */
export const errorTo = (request: StunMessage, code: number, reason = ''): MessageWriter =>
  new MessageWriter(request.method, 'error', idOf(request)).add(ErrorCode, { code, reason });

/** 420 with the types that are not known (RFC 8489 §6.3.1). */
export const unknownAttributesTo = (request: StunMessage, unknown: readonly number[]): MessageWriter => {
  // RFC 3489 §11.2.10 knows no padding: one is said twice where their number is odd.
  const types = request.classic && unknown.length % 2 === 1 ? [...unknown, unknown[0]!] : unknown;
  return errorTo(request, UNKNOWN_ATTRIBUTE).add(UnknownAttributes, types);
};

/** Ends an answer as its request asks: with a FINGERPRINT where that had one (RFC 8489 §7). */
export const finishAnswer = (answer: MessageWriter, request: StunMessage): Uint8Array =>
  (request.has(Fingerprint) ? addFingerprint(answer) : answer).bytes;

/** Ends an answer to a request that was authenticated: with its integrity, then as {@link finishAnswer} does. */
export const finishSigned = (
  answer: MessageWriter,
  request: StunMessage,
  { key, integrity }: AnswerIntegrity,
  hashes: Hashes,
): Uint8Array => finishAnswer(addIntegrity(answer, integrity, key, hashes), request);

/** What an answer repeats: 12 bytes behind the cookie, or all 16. */
const idOf = (request: StunMessage): Uint8Array =>
  request.classic ? request.bytes.subarray(4, HEADER_BYTES) : request.transactionId;
