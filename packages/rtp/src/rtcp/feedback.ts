import { joined, read16, read32, write16, write32 } from '../bytes.ts';
import { Malformed } from '../malformed.ts';
import { TRANSPORT_FEEDBACK } from './packet-type.ts';

interface FeedbackAbout {
  readonly kind: 'feedback';
  /** Who says it. */
  readonly ssrc: number;
  /** Whose stream it is about. */
  readonly mediaSsrc: number;
}

/** Feedback of RFC 4585. Of what is not made for sound only the bytes are kept. */
export type Feedback =
  | (FeedbackAbout & {
      readonly message: 'nack';
      /** Sequence numbers of packets that did not come, 16 bits each (§6.2.1). */
      readonly lost: readonly number[];
    })
  | (FeedbackAbout & { readonly message: 'pli' })
  | (FeedbackAbout & {
      readonly message: 'other';
      /** 205 or 206. */
      readonly type: number;
      /** The feedback message type, 0–31. */
      readonly format: number;
      readonly data: Uint8Array;
    });

const GENERIC_NACK = 1;
const PICTURE_LOSS = 1;
const MASK_BITS = 16;

export const readFeedback = (type: number, format: number, body: Uint8Array): Feedback | Malformed => {
  if (body.length < 8) return new Malformed('feedback without its two sources');
  const about = { kind: 'feedback', ssrc: read32(body, 0), mediaSsrc: read32(body, 4) } as const;
  const data = body.subarray(8);
  if (type === TRANSPORT_FEEDBACK) {
    return format === GENERIC_NACK
      ? { ...about, message: 'nack', lost: readNack(data) }
      : { ...about, message: 'other', type, format, data };
  }
  return format === PICTURE_LOSS && data.length === 0
    ? { ...about, message: 'pli' }
    : { ...about, message: 'other', type, format, data };
};

const readNack = (data: Uint8Array): number[] => {
  const lost: number[] = [];
  for (let at = 0; at + 4 <= data.length; at += 4) {
    const first = read16(data, at);
    const mask = read16(data, at + 2);
    lost.push(first);
    for (let bit = 0; bit < MASK_BITS; bit++) if ((mask >>> bit) & 1) lost.push((first + bit + 1) & 0xffff);
  }
  return lost;
};

/** Type, format and body of a feedback packet. */
export const feedbackParts = (
  feedback: Feedback,
): { readonly type: number; readonly format: number; readonly body: Uint8Array } => {
  const sources = new Uint8Array(8);
  write32(sources, 0, feedback.ssrc);
  write32(sources, 4, feedback.mediaSsrc);
  if (feedback.message === 'nack')
    return { type: 205, format: GENERIC_NACK, body: joined([sources, nackBytes(feedback.lost)]) };
  if (feedback.message === 'pli') return { type: 206, format: PICTURE_LOSS, body: sources };
  return { type: feedback.type, format: feedback.format, body: joined([sources, feedback.data]) };
};

/** Each entry holds one packet and a mask of the 16 behind it. */
const nackBytes = (lost: readonly number[]): Uint8Array => {
  const entries: { readonly first: number; mask: number }[] = [];
  for (const sequence of lost) {
    const last = entries.at(-1);
    const ahead = last === undefined ? 0 : (sequence - last.first) & 0xffff;
    if (last !== undefined && ahead >= 1 && ahead <= MASK_BITS) last.mask |= 1 << (ahead - 1);
    else entries.push({ first: sequence & 0xffff, mask: 0 });
  }
  const bytes = new Uint8Array(4 * entries.length);
  entries.forEach(({ first, mask }, index) => {
    write16(bytes, 4 * index, first);
    write16(bytes, 4 * index + 2, mask);
  });
  return bytes;
};
