/** What stands plainly in the user part of a SIP URI (RFC 3261 §25.1) and confuses no phone: without `,` `;` `?` `/`. */
const USERNAME = /^[A-Za-z0-9\-_.!~*'()&=+$]+$/;
const NOT_IN_USERNAME = /[^A-Za-z0-9\-_.!~*'()&=+$]/u;

/** Printable ASCII but the colon, which ends the name in the digest's hash, and what a quoted string must escape. */
const AUTH_USERNAME = /^[!#-9;-[\]-~]+$/;
const NOT_IN_AUTH_USERNAME = /[^!#-9;-[\]-~]/u;

const MAX_LENGTH = 128;

/** Why this can be no user name, as the end of a sentence; undefined where it can. */
export const whyNoUsername = (text: string): string | undefined => {
  if (text === '') return 'it is empty';
  if (text.length > MAX_LENGTH) return `it is longer than ${MAX_LENGTH} characters`;
  if (USERNAME.test(text)) return undefined;
  return `${shown(text, NOT_IN_USERNAME)} may not stand in it (letters, digits and - _ . + ! ~ * ' ( ) & = $ may)`;
};

/** The same for a user name of the digest, which may be an address of another kind. */
export const whyNoAuthUsername = (text: string): string | undefined => {
  if (text === '') return 'it is empty';
  if (text.length > MAX_LENGTH) return `it is longer than ${MAX_LENGTH} characters`;
  if (AUTH_USERNAME.test(text)) return undefined;
  return `${shown(text, NOT_IN_AUTH_USERNAME)} may not stand in it (ASCII without spaces, quotes, colons and backslashes may)`;
};

/** The same for a name that people read: any language, no control characters. */
export const whyNoDisplayName = (text: string): string | undefined => {
  if (text.length > MAX_LENGTH) return `it is longer than ${MAX_LENGTH} characters`;
  return /\p{Cc}/u.test(text) ? 'it has control characters' : undefined;
};

const shown = (text: string, pattern: RegExp): string => {
  const character = pattern.exec(text)?.[0] ?? '';
  if (character === ' ') return 'a space';
  return /\p{C}|\s/u.test(character)
    ? `the character U+${character.codePointAt(0)!.toString(16).padStart(4, '0').toUpperCase()}`
    : `"${character}"`;
};
