import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAddress } from './address.ts';
import { Malformed } from './malformed.ts';
import { isPlainAddress, isPlainUri } from './plain-address.ts';
import { parseUri } from './uri.ts';

const BEFORE = 'From: ';
const isPlain = (text: string): boolean =>
  isPlainAddress(`${BEFORE}${text}\r\nTo: <sip:b@c>\r\n\r\n`, BEFORE.length, BEFORE.length + text.length);

describe('a plain address', () => {
  it.each([
    '<sip:alice@example.org>',
    '<sip:alice@example.org>;tag=1928301774',
    '"Alice \\"A\\" Liddell" <sip:+49-30.1@192.0.2.1:5060;transport=udp;ob>;tag=a;flag',
    '"" <sips:a;b?c@h>;x=[::1]',
    '<sip:a@h:65535>',
  ])('is %s', (text) => {
    expect(isPlain(text)).toBe(true);
    expect(decodeAddress(text)).not.toBeInstanceOf(Malformed);
  });

  it.each([
    'sip:alice@example.org',
    'Alice <sip:alice@example.org>',
    '<sip:example.org>',
    '<sip:a:secret@h>',
    '<sip:a%41@h>',
    '<sip:a@[2001:db8::1]>',
    '<sip:a@h:65536>',
    '<sip:a@h..i>',
    '<sip:a@h;b=c@d>',
    '<sip:a@h?b=c>',
    '<sip:a@h> ;tag=a',
    '<sip:a@h>;tag="a"',
    '<sip:a@h>;tag=',
    '<sip:a@h>;',
    '<sip:a@h>x',
    '<SIP:a@h>',
    '<tel:+1>',
    '<sip:a@h',
    '',
  ])('is not %j, whatever that is', (text) => {
    expect(isPlain(text)).toBe(false);
  });

  it('has a plain URI', () => {
    expect(isPlainUri('sip:alice@example.org:5060;transport=tcp')).toBe(true);
    expect(isPlainUri('sip:example.org')).toBe(false);
    expect(isPlainUri('sip:alice@example.org>')).toBe(false);
    expect(isPlainUri('sip:alice@example.org;a>')).toBe(false);
  });

  it('can always be read', () => {
    const piece = fc.constantFrom(
      ...[
        '"',
        '" ',
        '<',
        '>',
        'sip:',
        'sips:',
        'a',
        '@',
        'h',
        '.',
        '-',
        ':',
        '5060',
        '99999',
        ';',
        '=',
        'tag',
        '?',
      ],
      ...['%', '%41', '%4', ' ', '\t', ',', '[', ']', '\\', 'Ü', '\u0000', '/'],
    );
    const ordinary = fc
      .tuple(
        fc.constantFrom('', '"', '"A" '),
        fc.array(piece, { maxLength: 4 }),
        fc.array(piece, { maxLength: 5 }),
      )
      .map(([name, user, tail]) => `${name}<sip:a${user.join('')}@h${tail.join('')}>;tag=1`);
    const anything = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.oneof(ordinary, anything), (text) => {
        if (isPlain(text)) expect(decodeAddress(text)).not.toBeInstanceOf(Malformed);
        const uri = text.slice(1);
        if (isPlainUri(uri)) expect(parseUri(uri)).not.toBeInstanceOf(Malformed);
      }),
      { numRuns: 2_000 },
    );
  });
});
