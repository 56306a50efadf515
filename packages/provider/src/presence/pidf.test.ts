import { isMalformed } from '@ringdown/sip';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testText as text } from '../../../../tools/testing/hashes.ts';
import { escapeXml, PIDF, type PidfDocument, type Range, readPidf } from './pidf.ts';

const read = (xml: string): PidfDocument => {
  const document = readPidf(text.utf8Bytes(xml), text);
  if (isMalformed(document)) throw new Error(document.why);
  return document;
};
const whyNot = (input: string | Uint8Array): string => {
  const bytes = typeof input === 'string' ? text.utf8Bytes(input) : input;
  const document = readPidf(bytes, text);
  return isMalformed(document) ? document.why : 'it was read';
};
const at = ({ text: whole }: PidfDocument, range: Range | undefined): string | undefined =>
  range && whole.slice(range.start, range.end);
const presence = (inside: string, more = ''): string =>
  `<presence xmlns="${PIDF}" entity="sip:a@b.example"${more}>${inside}</presence>`;

describe('a presence document', () => {
  it('keeps its text and knows where its parts stand', () => {
    const document = read(
      `<?xml version="1.0" encoding="UTF-8"?>\r\n<!-- é --><presence entity='sip:😀"@b.example' xmlns="${PIDF}" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model">` +
        '<dm:person id="p1"/>\r\n<tuple  id=\'t1\' ><status><basic> open </basic></status></tuple><note>hello</note></presence>',
    );
    expect(at(document, document.entity)).toBe('sip:😀"@b.example');
    expect(document.elements.map(({ kind }) => kind)).toEqual(['person', 'tuple', 'other']);
    const [person, tuple, note] = document.elements;
    expect(at(document, person)).toBe('<dm:person id="p1"/>');
    expect(at(document, tuple?.id)).toBe('t1');
    expect(tuple?.basic).toBe('open');
    expect(document.text.slice(0, tuple?.basicEnd)).toMatch(/ open <\/basic>$/);
    expect(document.text.slice(note?.start, note?.nameEnd)).toBe('<note');
  });

  it('reads prefixes, CDATA, a byte order mark and statuses that it does not know', () => {
    const prefixed = read(
      `\ufeff<p:presence xmlns:p="${PIDF}" entity="x:y"><p:tuple id="1"><p:status><p:basic><![CDATA[closed]]></p:basic></p:status></p:tuple></p:presence>`,
    );
    expect(prefixed.elements[0]?.basic).toBe('closed');
    expect(at(prefixed, prefixed.entity)).toBe('x:y');
    expect(
      read(presence('<tuple id="1"><status><basic>ajar</basic></status></tuple>')).elements[0],
    ).toMatchObject({ kind: 'tuple', basic: undefined });
    const elsewhere = presence(
      '<tuple id="1"><basic>open</basic></tuple><status><basic>open</basic></status>',
    );
    expect(read(elsewhere).elements.map(({ basic }) => basic)).toEqual([undefined, undefined]);
  });

  it('tells what somebody does from an empty list of activities', () => {
    const rpid = ' xmlns:r="urn:ietf:params:xml:ns:pidf:rpid"';
    expect(read(presence('<r:activities/>', rpid)).hasActivity).toBe(false);
    expect(read(presence('<r:activities><r:unknown/></r:activities>', rpid)).hasActivity).toBe(false);
    expect(read(presence('<r:activities><r:busy/></r:activities>', rpid)).hasActivity).toBe(true);
  });

  it.each([
    ['nothing', '', /root/],
    ['no XML', 'hello', /root/],
    ['half of it', presence('<tuple id="1">').slice(0, -14), /unclosed/],
    ['another root', '<presence entity="a"/>', /root is no presence/],
    ['no entity', `<presence xmlns="${PIDF}"/>`, /entity/],
    ['the entity of somebody inside', `<presence xmlns="${PIDF}"><tuple entity="a"/></presence>`, /entity/],
    ['an unbound prefix', presence('<dm:person/>'), /unbound/],
    ['a document type', `<!DOCTYPE presence>${presence('')}`, /document type/],
    [
      'a billion laughs',
      `<!DOCTYPE presence [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>${presence('&b;')}`,
      /document type/,
    ],
    [
      'an external entity',
      `<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>${presence('&x;')}`,
      /document type/,
    ],
    ['an entity that nobody defined', presence('&laugh;'), /undefined entity/],
    ['deep nesting', presence(`${'<a>'.repeat(5_000)}${'</a>'.repeat(5_000)}`), /nested/],
    ['a NUL', presence('\0'), /disallowed character/],
  ])('refuses %s', (_name, xml, why) => {
    expect(whyNot(xml)).toMatch(why);
  });

  it('refuses what is not UTF-8', () => {
    expect(whyNot(text.latin1Bytes(presence('<note>\u00e9</note>')))).toMatch(/UTF-8/);
    expect(
      whyNot(Uint8Array.from(presence(''), (c) => c.charCodeAt(0)).map((b, i) => (i === 3 ? 0xff : b))),
    ).toMatch(/UTF-8/);
    expect(whyNot(new Uint8Array(Buffer.from(presence(''), 'utf16le')))).toMatch(/cannot be read/);
    expect(read(presence('<note>\ufffd</note>')).elements).toHaveLength(1);
  });

  it('reads any bytes, or says why not', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof whyNot(bytes) === 'string'));
    const pieces = fc.constantFrom(
      '<tuple',
      ' id="',
      'a',
      '"',
      '>',
      '</tuple>',
      '<status>',
      '<basic>',
      'open',
      '&',
      '<!--',
      ']]>',
      "'",
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 30 }),
        (parts) => typeof whyNot(presence(parts.join(''))) === 'string',
      ),
    );
  });

  it('finds again whatever was escaped', () => {
    const characters = fc.string({ unit: fc.constantFrom('&', '<', '>', '"', "'", 'a', 'é', '😀', ';') });
    fc.assert(
      fc.property(characters, characters, (entity, id) => {
        const document = read(
          `<presence xmlns="${PIDF}" entity='${escapeXml(entity)}'><tuple id="${escapeXml(id)}"/></presence>`,
        );
        expect(at(document, document.entity)).toBe(escapeXml(entity));
        expect(at(document, document.elements[0]?.id)).toBe(escapeXml(id));
      }),
    );
  });
});
