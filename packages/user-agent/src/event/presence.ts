import { readTuples } from './presence-reading.ts';
import { escaped } from './xml-text.ts';

/** What is told of a user (RFC 3863). */
export interface PresenceStatus {
  /** Whether he takes calls. */
  readonly isOpen: boolean;
  /** In his own words. */
  readonly note?: string;
}

/** What a watcher learns of a user. */
export interface WatchedStatus extends PresenceStatus {
  /**
   * Whether anything is known of him or of a phone of his, open or closed: false where the server has heard of none, as of one
   * who is not registered.
   */
  readonly isThere: boolean;
}

export const PIDF_TYPE = 'application/pidf+xml';

/**
 * A presence document with one tuple (RFC 3863 §4).
 *
 * @param tuple its id: where two phones of a user publish, both stand in one document, and ids tell them apart (§4.1.2)
 */
export const presenceDocument = (entity: string, { isOpen, note }: PresenceStatus, tuple = 'phone'): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="${escaped(entity)}">`,
    `<tuple id="${escaped(tuple)}"><status><basic>${isOpen ? 'open' : 'closed'}</basic></status>`,
    `<contact>${escaped(entity)}</contact>`,
    ...(note === undefined ? [] : [`<note>${escaped(note)}</note>`]),
    '</tuple>',
    '</presence>',
    '',
  ].join('\r\n');

/**
 * The least that a watcher wants to know of a user with as many devices as there are tuples: open where one of them is (RFC 3863
 * §4.1.4), and a note: that of the first open one which has any, else what is said of the user as a whole. What a closed device
 * says counts where none is open. Nobody is there where no tuple says how to reach anybody, and there is no note.
 */
export const readPresence = (document: string): WatchedStatus => {
  const said = readTuples(document);
  const whole = said.at(-1);
  const tuples = said.slice(0, -1);
  const isOpen = tuples.some((tuple) => tuple.isOpen);
  const note =
    tuples.find((tuple) => tuple.isOpen === isOpen && tuple.note !== undefined)?.note ?? whole?.note;
  const isThere = isOpen || note !== undefined || tuples.some(({ hasContact }) => hasContact);
  return { isOpen, isThere, ...(note !== undefined && { note }) };
};
