import { finishAnswer, successTo, unknownAttributesTo } from './answer.ts';
import { fingerprintHolds } from './fingerprint.ts';
import { BINDING } from './header.ts';
import { Malformed } from './malformed.ts';
import { MappedAddress } from './mapped-address.ts';
import { parseStun, type StunMessage } from './message.ts';
import type { MessageWriter } from './message-writer.ts';
import type { TransportAddress } from './transport-address.ts';
import { XorMappedAddress } from './xor-mapped-address.ts';

/**
 * What a server without credentials knows and has no use for: USERNAME, MESSAGE-INTEGRITY, REALM, NONCE,
 * MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM, USERHASH (RFC 8489 §18.3.1).
 */
const KNOWN: ReadonlySet<number> = new Set([0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e]);

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
  if (fingerprintHolds(request) === false) return undefined;
  const unknown = request.unknown(KNOWN);
  const answer = unknown.length > 0 ? unknownAttributesTo(request, unknown) : success(request, source);
  return finishAnswer(answer, request);
};

const success = (request: StunMessage, source: TransportAddress): MessageWriter =>
  successTo(request).add(request.classic ? MappedAddress : XorMappedAddress, source);
