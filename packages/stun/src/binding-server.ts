import { ErrorCode } from './error-code.ts';
import { addFingerprint, fingerprintHolds } from './fingerprint.ts';
import { BINDING, HEADER_BYTES } from './header.ts';
import { Malformed } from './malformed.ts';
import { MappedAddress } from './mapped-address.ts';
import { parseStun, type StunMessage } from './message.ts';
import { MessageWriter } from './message-writer.ts';
import type { TransportAddress } from './transport-address.ts';
import { UnknownAttributes } from './unknown-attributes.ts';
import { XorMappedAddress } from './xor-mapped-address.ts';

/**
 * What a server without credentials knows and has no use for: USERNAME, MESSAGE-INTEGRITY, REALM, NONCE,
 * MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM, USERHASH (RFC 8489 §18.3.1).
 */
const KNOWN: ReadonlySet<number> = new Set([0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e]);

const UNKNOWN_ATTRIBUTE = 420;

/**
 * Answers a Binding request with the address it came from (RFC 8489 §6.3, without authentication). RFC 3489 clients, which
 * know no magic cookie, get MAPPED-ADDRESS (§11).
 *
 * @returns undefined, for silence, to everything else: indications, responses, other methods, a wrong FINGERPRINT and what
 * is no STUN message. Answers say only what they must, so that a forged source gains nothing.
 */
export const answerBinding = (bytes: Uint8Array, source: TransportAddress): Uint8Array | undefined => {
  const request = parseStun(bytes);
  if (request instanceof Malformed || request.method !== BINDING || request.class !== 'request')
    return undefined;
  const fingerprint = fingerprintHolds(request);
  if (fingerprint === false) return undefined;
  const unknown = request.unknown(KNOWN);
  const answer = unknown.length > 0 ? refusal(request, unknown) : success(request, source);
  return (fingerprint === true ? addFingerprint(answer) : answer).bytes;
};

const success = (request: StunMessage, source: TransportAddress): MessageWriter =>
  new MessageWriter(BINDING, 'success', idOf(request)).add(
    request.classic ? MappedAddress : XorMappedAddress,
    source,
  );

const refusal = (request: StunMessage, unknown: readonly number[]): MessageWriter => {
  // RFC 3489 §11.2.10 knows no padding: one is said twice where their number is odd.
  const types = request.classic && unknown.length % 2 === 1 ? [...unknown, unknown[0]!] : unknown;
  return new MessageWriter(BINDING, 'error', idOf(request))
    .add(ErrorCode, { code: UNKNOWN_ATTRIBUTE, reason: '' })
    .add(UnknownAttributes, types);
};

/** What an answer repeats: 12 bytes behind the cookie, or all 16. */
const idOf = (request: StunMessage): Uint8Array =>
  request.classic ? request.bytes.subarray(4, HEADER_BYTES) : request.transactionId;
