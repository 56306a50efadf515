import type { Attribute } from '../attribute.ts';
import { isToken, malformed, numberIn, readAttribute, wordsOf } from '../grammar.ts';

const LARGEST_SSRC = 2 ** 32 - 1;

export interface MsidValue {
  readonly stream: string;
  readonly track?: string;
}

/** `a=msid:stream track` (RFC 8830 §2). */
export const Msid: Attribute<MsidValue> = {
  name: 'msid',
  decode: (value) => {
    const [stream, track, ...more] = wordsOf(value);
    const isRight = stream !== undefined && isToken(stream) && (track === undefined || isToken(track));
    if (!isRight || more.length > 0) return malformed('a=msid', 'RFC 8830 §2');
    return track === undefined ? { stream } : { stream, track };
  },
  encode: ({ stream, track }) => (track === undefined ? stream : `${stream} ${track}`),
};

export interface SsrcValue {
  readonly ssrc: number;
  /** `cname`, `msid` … */
  readonly attribute: string;
  readonly value?: string;
}

/** `a=ssrc:1718249543 cname:BSXSWZ` (RFC 5576 §4.1). */
export const Ssrc: Attribute<SsrcValue> = {
  name: 'ssrc',
  decode: (text) => {
    const [line] = readAttribute('ssrc', text).ssrcs ?? [];
    const ssrc = numberIn(line?.id, 0, LARGEST_SSRC);
    const attribute = String(line?.attribute ?? '');
    if (ssrc === undefined || !isToken(attribute)) return malformed('a=ssrc', 'RFC 5576 §4.1');
    return line?.value === undefined ? { ssrc, attribute } : { ssrc, attribute, value: String(line.value) };
  },
  encode: ({ ssrc, attribute, value }) =>
    value === undefined ? `${ssrc} ${attribute}` : `${ssrc} ${attribute}:${value}`,
};

export interface SsrcGroupValue {
  /** `DUP` (RFC 7104 §3.2), `FID`, `FEC-FR` … */
  readonly semantics: string;
  readonly ssrcs: readonly number[];
}

/** `a=ssrc-group:DUP 1000 1010` (RFC 5576 §4.2). */
export const SsrcGroup: Attribute<SsrcGroupValue> = {
  name: 'ssrc-group',
  decode: (value) => {
    const [semantics, ...words] = wordsOf(value);
    const ssrcs = words.flatMap((word) => numberIn(word, 0, LARGEST_SSRC) ?? []);
    return semantics !== undefined && isToken(semantics) && ssrcs.length === words.length
      ? { semantics, ssrcs }
      : malformed('a=ssrc-group', 'RFC 5576 §4.2');
  },
  encode: ({ semantics, ssrcs }) => [semantics, ...ssrcs].join(' '),
};

/** Longer than any buffer. */
const LONGEST_DELAY_MS = 60_000;

/** `a=duplication-delay:50`: how much later than the original each copy is sent, in milliseconds (RFC 7197 §3). */
export const DuplicationDelay: Attribute<readonly number[]> = {
  name: 'duplication-delay',
  decode: (value) => {
    const words = wordsOf(value);
    const periods = words.flatMap((word) => numberIn(word, 0, LONGEST_DELAY_MS) ?? []);
    return periods.length > 0 && periods.length === words.length
      ? periods
      : malformed('a=duplication-delay', 'RFC 7197 §3');
  },
  encode: (periods) => periods.join(' '),
};
