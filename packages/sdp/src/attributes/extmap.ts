import type { Attribute } from '../attribute.ts';
import { malformed, numberIn, wordsOf } from '../grammar.ts';
import type { Direction } from './direction.ts';

export interface ExtmapValue {
  /** 1–14 fit the one-byte header, up to 255 the two-byte one. */
  readonly id: number;
  readonly direction?: Direction;
  readonly uri: string;
  readonly parameters?: string;
}

const DIRECTIONS: ReadonlySet<string> = new Set(['sendrecv', 'sendonly', 'recvonly', 'inactive']);

/** `a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level` (RFC 8285 §8). */
export const Extmap: Attribute<ExtmapValue> = {
  name: 'extmap',
  decode: (value) => {
    const [mapping = '', uri, ...parameters] = wordsOf(value);
    const [number, direction, ...more] = mapping.split('/');
    const id = numberIn(number, 1, 4_351);
    const isRight = more.length === 0 && (direction === undefined || DIRECTIONS.has(direction));
    if (id === undefined || uri === undefined || !isRight) return malformed('a=extmap', 'RFC 8285 §8');
    return {
      id,
      uri,
      ...(direction === undefined ? {} : { direction: direction as Direction }),
      ...(parameters.length === 0 ? {} : { parameters: parameters.join(' ') }),
    };
  },
  encode: ({ id, direction, uri, parameters }) =>
    [direction === undefined ? id : `${id}/${direction}`, uri, parameters]
      .filter((part) => part !== undefined)
      .join(' '),
};
