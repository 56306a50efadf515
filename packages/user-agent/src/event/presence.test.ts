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
          note,
        });
      }),
    );
  });

  it('of others is read with their prefixes, open where one tuple is', () => {
    const document =
      '<p:presence xmlns:p="urn:ietf:params:xml:ns:pidf"><p:tuple id="a"><p:status><p:basic>closed</p:basic></p:status>' +
      '</p:tuple><p:tuple id="b"><p:status><p:basic> open </p:basic></p:status><p:note xml:lang="en">On air</p:note></p:tuple></p:presence>';
    expect(readPresence(document)).toEqual({ isOpen: true, note: 'On air' });
  });
});
