import { isMalformed } from '@ringdown/sip';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it, vi } from 'vitest';
import { testText as text } from '../../../../tools/testing/hashes.ts';
import { compose, presentTo } from './composition.ts';
import { DATA_MODEL, PIDF, PIDF_ONLINE, type PidfDocument, RPID, readPidf } from './pidf.ts';

const read = (xml: string): PidfDocument => {
  const document = readPidf(text.utf8Bytes(xml), text);
  if (isMalformed(document)) throw new Error(`${document.why}: ${xml}`);
  return document;
};
const tuple = (id: string, basic: string): string =>
  `<tuple id="${id}"><status><basic>${basic}</basic></status></tuple>`;
const presence = (inside: string, more = ''): string =>
  `<presence xmlns="${PIDF}"${more} entity="sip:device@192.0.2.9:5999">${inside}</presence>`;
const told = (...published: readonly string[]): string =>
  presentTo(compose(published.map(read), false, 100_000), 'sip:alice@radio.example');

describe('what watchers are told', () => {
  it('of somebody who published nothing: whether a phone is registered', () => {
    const registered = presentTo(compose([], true, 1_000), 'sip:a&b@radio.example');
    const document = read(registered);
    expect(document.elements.map(({ basic }) => basic)).toEqual(['open']);
    expect(document.declaresOnline).toBe(true);
    expect(registered).toContain('<contact>sip:a&amp;b@radio.example</contact>');
    expect(registered).toContain('entity="sip:a&amp;b@radio.example"');
    const away = presentTo(compose([], false, 1_000), 'sip:bob@radio.example');
    expect(read(away).elements.map(({ basic }) => basic)).toEqual(['closed']);
    expect(away).not.toContain('contact');
  });

  it('of one publication: that document, about the address that they know', () => {
    const document = `<?xml version="1.0"?>\r\n<!-- mine -->${presence(`${tuple('t', 'closed')}<x:any xmlns:x="urn:x" a='1' />`)}\n`;
    expect(told(document)).toBe(document.replace('sip:device@192.0.2.9:5999', 'sip:alice@radio.example'));
  });

  it('that an open phone without the extension of Linphone is online there, unless its user is busy', () => {
    const [before, after] = presence(tuple('t', 'open')).split('</status>');
    expect(told(presence(tuple('t', 'open')))).toBe(
      `${before}<pidfonline:online xmlns:pidfonline="${PIDF_ONLINE}"/></status>${after}`.replace(
        'sip:device@192.0.2.9:5999',
        'sip:alice@radio.example',
      ),
    );
    const busy = `<r:activities xmlns:r="${RPID}"><r:busy/></r:activities>`;
    expect(told(presence(tuple('t', 'open') + busy))).not.toContain('online');
    expect(told(presence(tuple('t', 'open'), ` xmlns:pidfonline="${PIDF_ONLINE}"`))).not.toContain(
      'online/>',
    );
    expect(told(presence(tuple('t', 'closed')))).not.toContain('online');
  });

  it('of several publications: every tuple, open ones first, ids unique, the newest person', () => {
    const person = (id: string): string => `<d:person xmlns:d="${DATA_MODEL}" id="${id}"/>`;
    const document = told(
      presence(tuple('t', 'open') + person('new')),
      presence(tuple('t', 'closed') + person('old')),
      presence(`${tuple('t', 'open')}<note>both</note>`),
    );
    const { elements, text: whole } = read(document);
    expect(elements.map(({ basic, kind }) => basic ?? kind)).toEqual([
      'open',
      'open',
      'closed',
      'person',
      'other',
    ]);
    expect(new Set(elements.slice(0, 3).map(({ id }) => id && whole.slice(id.start, id.end)))).toEqual(
      new Set(['t', 't-2', 't-3']),
    );
    expect(whole).toContain('id="new"');
    expect(whole).not.toContain('id="old"');
    expect(whole).toContain('<note>both</note>');
    expect(whole).toContain('entity="sip:alice@radio.example"');
    expect(/<basic>([^<]+)<\/basic>/.exec(whole)?.[1]).toBe('open'); // all that baresip looks at
  });

  it('of several publications: the person of the newest that is open, whatever was told of a closed one since', () => {
    const about = (id: string, note: string): string =>
      `<d:person xmlns:d="${DATA_MODEL}" id="${id}"/><note>${note}</note>`;
    const laptop = presence(tuple('t', 'closed') + about('laptop', 'gone home'));
    const desk = presence(tuple('t', 'open') + about('desk', 'on air'));
    const studio = presence(tuple('t', 'open') + about('studio', 'in the studio'));
    const whole = told(laptop, desk, studio);
    expect(whole).toContain('id="desk"');
    expect(whole).not.toMatch(/id="(?:laptop|studio)"/);
    expect([...whole.matchAll(/<note>([^<]*)</g)].map(([, note]) => note)).toEqual([
      'on air',
      'in the studio',
      'gone home',
    ]);
    expect(told(laptop, presence(tuple('t', 'closed') + about('desk', 'away')))).toContain('id="laptop"');
  });

  it('leaves out who is closed before who is open where all would be too long', () => {
    const [laptop, desk] = [presence(tuple('laptop', 'closed')), presence(tuple('desk', 'open'))];
    const some = compose([laptop, desk].map(read), false, desk.length).join('');
    expect(some).toContain('id="desk"');
    expect(some).not.toContain('id="laptop"');
  });

  it('leaves out the oldest where all would be too long', () => {
    const documents = ['a', 'b', 'c'].map((id) => read(presence(tuple(id, 'closed'))));
    const { length } = documents[0]!.text;
    const some = presentTo(compose(documents, false, 2 * length), 'sip:alice@radio.example');
    expect(some).toContain('id="b"');
    expect(some).not.toContain('id="c"');
    expect(compose(documents, false, 1).join('')).toContain('id="a"');
  });

  it('numbers thousands of equal ids without trying all numbers for each', () => {
    const documents = [0, 1].map(() => read(presence('<tuple id="t"/>'.repeat(1_000))));
    const looked = vi.spyOn(Set.prototype, 'has');
    const composed = compose(documents, false, 100_000);
    const { length } = looked.mock.calls;
    looked.mockRestore();
    expect(composed.join('')).toContain('id="t-2000"');
    expect(length).toBeLessThan(10_000);
  });

  it('loses no element and no namespace by composition', () => {
    fc.assert(
      fc.property(fc.array(anyDocument, { minLength: 2, maxLength: 4 }), (documents) => {
        const composed = told(...documents);
        expect(read(composed).elements.length).toBe(
          documents.map(read).reduce((n, d) => n + d.elements.length, 0),
        );
        expect(namesIn(composed)).toEqual(documents.flatMap(namesIn).sort());
        const { elements, text: whole } = read(composed);
        const ids = elements.flatMap(({ id }) => (id === undefined ? [] : [whole.slice(id.start, id.end)]));
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });
});

/** Documents that choose the same prefixes for different namespaces, and different ones for the same. */
const anyDocument = fc
  .record({
    pidfPrefix: fc.constantFrom('', 'p', 'x'),
    other: fc.constantFrom('urn:one', 'urn:two', 'a&b'),
    otherPrefix: fc.constantFrom('q', 'y', 'dm'),
    basics: fc.array(fc.constantFrom('open', 'closed'), { minLength: 1, maxLength: 3 }),
    quote: fc.constantFrom('"', "'"),
    isDeclaredInside: fc.boolean(),
  })
  .map(({ pidfPrefix, other, otherPrefix, basics, quote, isDeclaredInside }) => {
    const name = (local: string): string => (pidfPrefix === '' ? local : `${pidfPrefix}:${local}`);
    const q = (value: string): string => `${quote}${value.replace('&', '&amp;')}${quote}`;
    const declared = ` xmlns:${otherPrefix}=${q(other)}`;
    const tuples = basics.map(
      (basic, index) =>
        `<${name('tuple')} id=${q(`t${index}`)}><${name('status')}><${name('basic')}>${basic}</${name('basic')}></${name('status')}></${name('tuple')}>`,
    );
    const extension = `<${otherPrefix}:extra${isDeclaredInside ? declared : ''}><plain/></${otherPrefix}:extra>`;
    return `<${name('presence')} xmlns${pidfPrefix === '' ? '' : `:${pidfPrefix}`}=${q(PIDF)}${isDeclaredInside ? '' : declared} entity=${q('sip:x@y')}>${tuples.join('')}${extension}</${name('presence')}>`;
  });

/** What stands in a document, by namespace, sorted; without its root and what composition adds. */
const namesIn = (xml: string): string[] => {
  const names: string[] = [];
  const parser = new SaxesParser({ xmlns: true });
  parser.on('opentag', ({ uri, local }) => {
    if (local !== 'presence' && local !== 'online') names.push(`${uri} ${local}`);
  });
  parser.write(xml).close();
  return names.sort();
};
