import { parseSipUriOnly } from '@ringdown/sip';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whyNoAuthUsername, whyNoDisplayName, whyNoUsername } from './account-name.ts';

describe('a user name', () => {
  it.each(['alice', '100', '+4930123456', "o'neil", 'a.b-c_d~e!f*g(h)i&j=k$l', 'ALICE'])(
    'may be %s',
    (name) => {
      expect(whyNoUsername(name)).toBe(undefined);
    },
  );

  it.each([
    ['', 'it is empty'],
    ['a b', "a space may not stand in it (letters, digits and - _ . + ! ~ * ' ( ) & = $ may)"],
    ['a;b', `";" may not stand in it (letters, digits and - _ . + ! ~ * ' ( ) & = $ may)`],
    ['jürgen', `"ü" may not stand in it (letters, digits and - _ . + ! ~ * ' ( ) & = $ may)`],
    ['a\nb', "the character U+000A may not stand in it (letters, digits and - _ . + ! ~ * ' ( ) & = $ may)"],
    ['a😀', `"😀" may not stand in it (letters, digits and - _ . + ! ~ * ' ( ) & = $ may)`],
    ['a'.repeat(129), 'it is longer than 128 characters'],
  ])('may not be %j', (name, why) => {
    expect(whyNoUsername(name)).toBe(why);
  });

  it('stands unescaped in a SIP URI', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (name) => {
        fc.pre(whyNoUsername(name) === undefined);
        expect(parseSipUriOnly(`sip:${name}@radio.example`)).toMatchObject({ user: name });
      }),
    );
  });
});

describe('the other names', () => {
  it('let the digest have an address, but no colon, quote or space', () => {
    expect(whyNoAuthUsername('alice@radio.example')).toBe(undefined);
    expect(whyNoAuthUsername('')).toBe('it is empty');
    for (const character of [':', '"', '\\', ' ', 'é', '\n', '\u007f']) {
      expect(whyNoAuthUsername(`a${character}b`)).toContain('may not stand in it');
    }
  });

  it('let people be called as they are', () => {
    expect(whyNoDisplayName('Zoë "Z" Ångström 😀')).toBe(undefined);
    expect(whyNoDisplayName('a\r\nb')).toBe('it has control characters');
  });
});
