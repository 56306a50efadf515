/** What is told of a user (RFC 3863). */
export interface PresenceStatus {
  /** Whether he takes calls. */
  readonly isOpen: boolean;
  /** In his own words. */
  readonly note?: string;
}

export const PIDF_TYPE = 'application/pidf+xml';

/** A presence document with one tuple (RFC 3863 §4). */
export const presenceDocument = (entity: string, { isOpen, note }: PresenceStatus): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="${escaped(entity)}">`,
    `<tuple id="phone"><status><basic>${isOpen ? 'open' : 'closed'}</basic></status>`,
    ...(note === undefined ? [] : [`<note>${escaped(note)}</note>`]),
    '</tuple>',
    '</presence>',
    '',
  ].join('\r\n');

/**
 * The least that a watcher wants to know: open where one tuple is (RFC 3863 §4.1.4), and the first note. It looks for these
 * elements and does not read the document as XML: namespaces, DTDs and entities of its own mean nothing here.
 */
export const readPresence = (document: string): PresenceStatus => {
  const isOpen = /<(?:[\w.-]+:)?basic\s*>\s*open\s*</.test(document);
  const note = /<(?:[\w.-]+:)?note(?:\s[^<>]*)?>([^<]*)</.exec(document)?.[1]?.trim();
  return { isOpen, ...(note !== undefined && note !== '' && { note: unescaped(note) }) };
};

const entities = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
] as const;

const escaped = (text: string): string =>
  entities.reduce((written, [character, entity]) => written.replaceAll(character, entity), text);

const unescaped = (text: string): string =>
  entities.reduceRight((read, [character, entity]) => read.replaceAll(entity, character), text);
