import { seededRandom } from '@ringdown/sans-io';
import { type StreamEvent, StreamFramer } from '@ringdown/sip';
import { testText } from '../../tools/testing/hashes.ts';
import { below, mutate, pick } from '../mutate.ts';
import { must, type Target } from '../target.ts';

const LIMITS = { maxHeadBytes: 8_192, maxBodyBytes: 16_384 };

const told = (event: StreamEvent): string => {
  switch (event.kind) {
    case 'message':
      return `message ${event.message.head}${testText.latin1(event.message.body)}`;
    case 'violation':
      return `violation ${event.status} ${event.goesOn} ${event.why} ${event.request?.head ?? ''}`;
    default:
      return event.kind;
  }
};

/** What a framer tells of bytes that come in pieces. */
const frame = (
  bytes: Uint8Array,
  pieceBytes: (at: number) => number,
): { events: string[]; partial: boolean } => {
  const events: string[] = [];
  const framer = new StreamFramer(testText, LIMITS, (event) => events.push(told(event)));
  for (let at = 0; at < bytes.length; ) {
    const length = Math.max(1, pieceBytes(at));
    // A copy that is overwritten afterwards: the framer may not hold on to what is the caller's.
    const piece = bytes.slice(at, at + length);
    framer.push(piece);
    piece.fill(0x58);
    at += length;
  }
  return { events, partial: framer.partial };
};

/** However a stream is cut, the same comes out, and no message is larger than the limits. */
export const streamTarget: Target = {
  name: 'stream',
  generate: (random, corpus) => {
    const parts: Uint8Array[] = [];
    for (let left = below(random, 4); left >= 0; left--) {
      const one = pick(random, corpus);
      parts.push(random.fraction() < 0.5 ? one : mutate(one, random, corpus));
      if (random.fraction() < 0.3) parts.push(Uint8Array.of(13, 10, 13, 10));
    }
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    const whole = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return [whole, Uint8Array.of(below(random, 256))];
  },
  check: ([bytes, seed]) => {
    const whole = frame(bytes!, () => bytes!.length);
    const random = seededRandom(seed![0]!);
    const cuts = [
      () => 1,
      () => 3,
      () => 1 + below(random, 1_500),
      () => (random.fraction() < 0.5 ? 1 : 700),
    ];
    for (const cut of cuts) {
      const pieces = frame(bytes!, cut);
      must(
        pieces.events.join('\n') === whole.events.join('\n'),
        'another cut of the stream tells something else',
      );
      must(pieces.partial === whole.partial, 'another cut of the stream leaves something else');
    }
    for (const event of whole.events)
      must(
        event.length < 32 + 2 * (LIMITS.maxHeadBytes + LIMITS.maxBodyBytes),
        'a message beyond the limits',
      );
  },
};
