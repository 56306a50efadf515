import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presenceDocument, readPresence } from './presence.ts';

describe('a presence document', () => {
  it('is read as it was written, whatever the note says', () => {
    const visible = fc.string({ minLength: 1 }).filter((note) => note.trim() === note);
    fc.assert(
      fc.property(fc.boolean(), visible, (isOpen, note) => {
        expect(readPresence(presenceDocument('sip:alice@radio.example', { isOpen, note }))).toEqual({
          isOpen,
          isThere: true,
          note,
        });
      }),
    );
  });

  it('of others is read with their prefixes, open where one tuple is', () => {
    const document =
      '<p:presence xmlns:p="urn:ietf:params:xml:ns:pidf"><p:tuple id="a"><p:status><p:basic>closed</p:basic></p:status>' +
      '</p:tuple><p:tuple id="b"><p:status><p:basic> open </p:basic></p:status><p:note xml:lang="en">On air</p:note></p:tuple></p:presence>';
    expect(readPresence(document)).toEqual({ isOpen: true, isThere: true, note: 'On air' });
  });

  const device = (basic: string, note = ''): string =>
    `<tuple id="${basic}"><status><basic>${basic}</basic></status>${note && `<note>${note}</note>`}</tuple>`;
  const presence = (inside: string): string =>
    `<?xml version="1.0"?><presence entity="sip:a@b">${inside}</presence>`;

  it('of several devices says what the first that is open says', () => {
    const read = (...inside: readonly string[]) => readPresence(presence(inside.join('\n')));
    expect(read(device('closed', 'gone home'), device('open', 'on air'), device('open', 'here'))).toEqual({
      isOpen: true,
      isThere: true,
      note: 'on air',
    });
    expect(read(device('closed', 'gone home'), device('open'))).toEqual({ isOpen: true, isThere: true });
    expect(read(device('closed', 'gone home'), device('open'), '<note>at work</note>')).toEqual({
      isOpen: true,
      isThere: true,
      note: 'at work',
    });
    expect(read(device('closed'), device('closed', 'gone home'))).toEqual({
      isOpen: false,
      isThere: true,
      note: 'gone home',
    });
    expect(
      read(
        '<dm:person id="p"><rp:activities><rp:note>x</rp:note></rp:activities><dm:note>away</dm:note></dm:person>',
      ),
    ).toEqual({ isOpen: false, isThere: true, note: 'away' });
  });

  it('of nobody tells that nobody is there, unlike of one who is closed', () => {
    const nobody = { isOpen: false, isThere: false };
    expect(readPresence(presence(''))).toEqual(nobody);
    expect(readPresence(presence(device('closed')))).toEqual(nobody);
    const reached = device('closed').replace('</status>', '</status><contact> sip:a@b </contact>');
    expect(readPresence(presence(reached))).toEqual({ isOpen: false, isThere: true });
    expect(readPresence(presenceDocument('sip:a@b', { isOpen: false }))).toEqual({
      isOpen: false,
      isThere: true,
    });
  });

  it('is read as XML has it: comments, CDATA, quotes and references', () => {
    expect(readPresence(presence(`<!-- ${device('open')} -->${device('closed')}`)).isOpen).toBe(false);
    const tricky = `<tuple a='>' id="/>"><status><basic><![CDATA[open]]></basic><x/></status><note>Gr&#252;&#xDF;e &apos;n&apos; &amp;lt; &uuml;&#7;</note></tuple>`;
    expect(readPresence(presence(tricky))).toEqual({
      isOpen: true,
      isThere: true,
      note: "Grüße 'n' &lt; &uuml;&#7;",
    });
    expect(readPresence(presence(`<note><basic>open</basic></note>${device('closed')}`)).isOpen).toBe(false);
  });

  it('says nothing that no XML may say', () => {
    const written = presenceDocument('sip:a@b', { isOpen: true, note: 'a\u0001b\ud800' });
    expect(written).toContain('<note>ab</note>');
  });

  it('that is none takes no longer than its length, and throws nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('<', '>', '/', '"', "'", '<!--', '<tuple ', 'basic', 'open', '&', ';')),
        (pieces) => {
          expect(typeof readPresence(pieces.join('')).isOpen).toBe('boolean');
        },
      ),
    );
    for (const piece of ['<tuple>', '<a ', '<', '<a b="', '<!--', '&', '<a:', "<a '", 'a']) {
      expect(readPresence(piece.repeat(60_000 / piece.length)).isOpen).toBe(false);
      expect(readPresence(`<${piece.slice(-1).repeat(60_000)}`).isOpen).toBe(false);
      expect(readPresence(`<a ${piece.slice(-1).repeat(60_000)}`).isOpen).toBe(false);
    }
  }, 10_000);
});
