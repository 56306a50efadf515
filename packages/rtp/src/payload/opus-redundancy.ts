import { Malformed } from '../malformed.ts';
import { readOpus } from './opus.ts';

const MS_20 = 960;

/**
 * Whether a packet holds a coarse copy of what came before it, made for the case that this was lost. Only SILK has that: its
 * first frame begins with a bit for each 20 ms that says whether there is voice, and one that says whether there is a copy; the
 * same again for the side channel of stereo (RFC 6716 §4.2.3).
 */
export const hasOpusRedundancy = (payload: Uint8Array): boolean => {
  const packet = readOpus(payload);
  if (packet instanceof Malformed || packet.mode === 'celt') return false;
  const at = firstFrameAt(payload);
  const first = at === undefined ? undefined : payload[at];
  if (first === undefined) return false;
  const voiceBits = Math.max(1, packet.frameUnits / MS_20);
  const middle = (first >> (7 - voiceBits)) & 1;
  const side = packet.stereo ? (first >> (6 - 2 * voiceBits)) & 1 : 0;
  return (middle | side) === 1;
};

/** Where the first frame's own bytes begin (RFC 6716 §3.2); undefined where it is empty or not there. */
const firstFrameAt = (payload: Uint8Array): number | undefined => {
  switch (payload[0]! & 3) {
    case 0:
    case 1:
      return 1;
    case 2:
      return behindLength(payload, 1);
    default:
      return behindCount(payload);
  }
};

/** Behind a length of one byte, or of two from 252 on. Undefined for 0: a frame that is not sent. */
const behindLength = (payload: Uint8Array, at: number): number | undefined => {
  const length = payload[at];
  if (length === undefined || length === 0) return undefined;
  return at + (length >= 252 ? 2 : 1);
};

/** The second byte says how many frames there are, whether they differ in length, and whether padding follows. */
const behindCount = (payload: Uint8Array): number | undefined => {
  const counts = payload[1]!;
  const frames = counts & 0x3f;
  let at = 2;
  if ((counts & 0x40) !== 0) {
    while (payload[at] === 255) at++;
    at++;
  }
  if ((counts & 0x80) === 0 || frames === 1) return at;
  const first = behindLength(payload, at);
  if (first === undefined) return undefined;
  // The lengths of all frames but the last stand together.
  let next: number | undefined = first;
  for (let frame = 2; frame < frames && next !== undefined; frame++)
    next = next + ((payload[next] ?? 0) >= 252 ? 2 : 1);
  return next;
};
