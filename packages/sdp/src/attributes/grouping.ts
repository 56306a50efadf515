import { type Attribute, flag } from '../attribute.ts';
import { isToken, malformed, wordsOf } from '../grammar.ts';

/** `a=mid:0` (RFC 5888 §4). */
export const Mid: Attribute<string> = {
  name: 'mid',
  decode: (value) => (isToken(value) ? value : malformed('a=mid', 'RFC 5888 §4')),
  encode: (value) => value,
};

export interface GroupValue {
  /** `BUNDLE` (RFC 9143), `DUP` (RFC 7104), `LS` … */
  readonly semantics: string;
  readonly mids: readonly string[];
}

/** `a=group:BUNDLE 0 1` (RFC 5888 §5). */
export const Group: Attribute<GroupValue> = {
  name: 'group',
  decode: (value) => {
    const [semantics, ...mids] = wordsOf(value);
    return semantics !== undefined && isToken(semantics) && mids.every(isToken)
      ? { semantics, mids }
      : malformed('a=group', 'RFC 5888 §5');
  },
  encode: ({ semantics, mids }) => [semantics, ...mids].join(' '),
};

/** `a=bundle-only`: port 0 means no refusal here (RFC 9143 §6). */
export const BundleOnly = flag('bundle-only');
