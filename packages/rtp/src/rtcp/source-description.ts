import { byteString, bytesOf, joined, padded, read32, write32 } from '../bytes.ts';
import { Malformed } from '../malformed.ts';

/** The items of SDES that have names here (RFC 3550 §6.5); others go by their numbers. */
export const SDES_ITEMS = Object.freeze({
  cname: 1,
  name: 2,
  email: 3,
  phone: 4,
  location: 5,
  tool: 6,
  note: 7,
  private: 8,
});

export interface SourceDescriptionItem {
  /** 1–255; {@link SDES_ITEMS}. */
  readonly type: number;
  /** A byte string: UTF-8, one character each byte, 255 at most. */
  readonly text: string;
}

/** What is said of one source. */
export interface SourceDescription {
  readonly ssrc: number;
  readonly items: readonly SourceDescriptionItem[];
}

const END = 0;

/** @param count the chunks that the header tells of */
export const readSourceDescriptions = (
  body: Uint8Array,
  count: number,
): readonly SourceDescription[] | Malformed => {
  const chunks: SourceDescription[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 4 > body.length) return new Malformed('fewer chunks of SDES than were told');
    const ssrc = read32(body, at);
    const items: SourceDescriptionItem[] = [];
    at += 4;
    while (at < body.length && body[at] !== END) {
      const start = at + 2;
      const end = start + (body[at + 1] ?? Number.POSITIVE_INFINITY);
      if (end > body.length) return new Malformed('an item of SDES that is longer than the packet');
      items.push({ type: body[at]!, text: byteString(body.subarray(start, end)) });
      at = end;
    }
    if (at >= body.length) return new Malformed('a chunk of SDES without its end');
    at = padded(at + 1);
    chunks.push({ ssrc, items });
  }
  return chunks;
};

/** @throws RangeError for an item that is too long, or of type 0 */
export const sourceDescriptionBytes = (chunks: readonly SourceDescription[]): Uint8Array =>
  joined(chunks.map(chunkBytes));

const chunkBytes = ({ ssrc, items }: SourceDescription): Uint8Array => {
  const length = items.reduce((sum, { text }) => sum + 2 + text.length, 4);
  const bytes = new Uint8Array(padded(length + 1));
  write32(bytes, 0, ssrc);
  let at = 4;
  for (const { type, text } of items) {
    if (type < 1 || type > 255) throw new RangeError(`SDES item ${type}: 1–255`);
    if (text.length > 255) throw new RangeError(`an SDES item of ${text.length} bytes: 255 at most`);
    bytes[at] = type;
    bytes[at + 1] = text.length;
    bytes.set(bytesOf(text), at + 2);
    at += 2 + text.length;
  }
  return bytes;
};
