import { CallId, isTextAt, type Place, type SipRequest } from '@ringdown/sip';

/** What each of these tags begins with: the ACK of a call that stands mostly has another, and is not hashed. */
const FIRST = 's';
const FIRST_CODE = FIRST.charCodeAt(0);

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz234567'];
/** All two of them: a sixth of what `toString(36)` takes, which is asked twice for each refusal. */
const PAIRS = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));
const PAIR_BITS = 10;
const PAIR_MASK = (1 << PAIR_BITS) - 1;

/**
 * The To tags of answers that no transaction is kept for: the same for the same call, so that a retransmission gets the
 * same (RFC 3261 §8.2.7), and known again in the ACK that such an answer to INVITE brings.
 */
export class StatelessTags {
  private readonly seed: number;

  /** @param fraction a random number, 0 ≤ n < 1 */
  constructor(fraction: number) {
    this.seed = Math.floor(fraction * 2 ** 32);
  }

  tagFor(request: SipRequest): string {
    return this.tagOfCall(request.get(CallId) ?? '');
  }

  tagOfCall(callId: string): string {
    let hash = this.seed;
    for (let index = 0; index < callId.length; index++) hash = mix(hash, callId.charCodeAt(index));
    return written(hash);
  }

  /** The same, of a Call-ID in the bytes of a message. */
  tagOfCallAt(bytes: Uint8Array, { start, end }: Place): string {
    let hash = this.seed;
    for (let index = start; index < end; index++) hash = mix(hash, bytes[index]!);
    return written(hash);
  }

  /** Another for an answer that a transaction keeps: its ACK is for that. */
  keptTagFor(request: SipRequest): string {
    return `k${this.tagFor(request)}`;
  }

  /** Whether an ACK with this tag in To acknowledges an answer of ours that nobody keeps. */
  isOurs(toTag: string | undefined, callId: string): boolean {
    return toTag?.startsWith(FIRST) === true && toTag === this.tagOfCall(callId);
  }

  /** The same, of a tag and a Call-ID in the bytes of an ACK. */
  isOursAt(bytes: Uint8Array, toTag: Place, callId: Place): boolean {
    return bytes[toTag.start] === FIRST_CODE && isTextAt(bytes, toTag, this.tagOfCallAt(bytes, callId));
  }
}

const mix = (hash: number, code: number): number => {
  const mixed = Math.imul(hash ^ code, 0x01000193);
  return (mixed << 13) | (mixed >>> 19);
};

const written = (hash: number): string => {
  const low = PAIRS[hash & PAIR_MASK]!;
  const middle = PAIRS[(hash >>> PAIR_BITS) & PAIR_MASK]!;
  const high = PAIRS[(hash >>> (2 * PAIR_BITS)) & PAIR_MASK]!;
  return FIRST + high + middle + low + LETTERS[hash >>> (3 * PAIR_BITS)]!;
};
