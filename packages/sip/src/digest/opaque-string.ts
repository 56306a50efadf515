import { Malformed } from '../message/malformed.ts';

/**
 * Prepares a user name or password as RFC 8265 §4.2 (OpaqueString) has it, before it is stored, hashed or compared:
 * spaces of other scripts become U+0020, the rest is put into Unicode's form NFC, case stays. Malformed where it is empty
 * or has what may not stand in it: control characters, lone surrogates, code points without a character, invisible ones.
 * Joiners (U+200C, U+200D) are taken in any context.
 */
export const prepareOpaqueString = (text: string): string | Malformed => {
  if (text === '') return new Malformed('it is empty');
  const range = rangeOf(text);
  if (range === 'printable ASCII') return text;
  if (range === 'control') return CONTROL_CHARACTER;
  const prepared = text.replace(/\p{Zs}/gu, ' ').normalize('NFC');
  if (/[\p{Cs}\p{Cn}]/u.test(prepared)) return new Malformed('it has a code point that is no character');
  if (/(?![\u200c\u200d])\p{Default_Ignorable_Code_Point}/u.test(prepared))
    return new Malformed('it has an invisible character');
  return prepared;
};

const CONTROL_CHARACTER = new Malformed('it has a control character');

const rangeOf = (text: string): 'printable ASCII' | 'control' | 'more' => {
  let range: 'printable ASCII' | 'more' = 'printable ASCII';
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 'control';
    if (code >= 0xa0) range = 'more';
  }
  return range;
};
