import type { Attribute } from '../attribute.ts';
import { isToken, malformed } from '../grammar.ts';

/** `a=content:main,alt` (RFC 4796 §5). */
export const Content: Attribute<readonly string[]> = {
  name: 'content',
  decode: (value) => {
    const words = value.split(',').map((word) => word.trim());
    return words.every(isToken) ? words : malformed('a=content', 'RFC 4796 §5');
  },
  encode: (words) => words.join(','),
};

/** `a=label:1` (RFC 4574 §4). */
export const Label: Attribute<string> = {
  name: 'label',
  decode: (value) => (isToken(value) ? value : malformed('a=label', 'RFC 4574 §4')),
  encode: (value) => value,
};
