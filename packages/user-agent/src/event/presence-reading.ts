import { unescaped } from './xml-text.ts';

/** What one element of a presence document says (RFC 3863 §4.1). */
export interface Said {
  isOpen: boolean;
  /** Whether it says how to reach somebody. */
  hasContact: boolean;
  /** The first note in it. */
  note: string | undefined;
}

const nothing = (): Said => ({ isOpen: false, hasContact: false, note: undefined });

/** Deeper than any presence extension goes. */
const MAX_DEPTH = 24;

/**
 * What the tuples of a presence document say, in their order, and last what is said of the user as a whole: by notes of the
 * document (RFC 3863 §4.1.6) and of the person (RFC 4479 §3.2).
 *
 * It follows tags, comments and CDATA as XML has them and elements by their local names; namespaces and entities of the document's
 * own mean nothing here. What is no XML is read up to there.
 */
export const readTuples = (document: string): readonly Said[] => {
  const tuples: Said[] = [];
  const whole = nothing();
  const path: string[] = [];
  let text = '';
  for (const piece of piecesOf(document)) {
    if (piece.kind === 'text') text += piece.text;
    else if (piece.kind === 'opened') {
      if (path.push(piece.name) > MAX_DEPTH) break;
      if (path.length === 2 && piece.name === 'tuple') tuples.push(nothing());
      text = '';
    } else {
      const place = path.join(' ');
      if (path.pop() !== piece.name) break;
      const tuple = tuples.at(-1);
      if (place === 'presence tuple status basic' && tuple !== undefined)
        tuple.isOpen ||= text.trim() === 'open';
      else if (place === 'presence tuple contact' && tuple !== undefined)
        tuple.hasContact ||= text.trim() !== '';
      else if (NOTES.has(place)) {
        const about = place === 'presence tuple note' && tuple !== undefined ? tuple : whole;
        about.note ??= text.trim() === '' ? undefined : text.trim();
      }
      text = '';
    }
  }
  return [...tuples, whole];
};

const NOTES: ReadonlySet<string> = new Set(['presence tuple note', 'presence note', 'presence person note']);

type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** `name`: without its prefix. */
  | { readonly kind: 'opened' | 'closed'; readonly name: string };

/** What stands between `<` and `>`, quoted values with what is in them. Each character is looked at once. */
const TAG = /<(\/?)(?:[^\s<>/:]+:)?([^\s<>/:]+)(?=[\s/>])(?:[^<>"']|"[^"<]*"|'[^'<]*')*>/y;

const SKIPPED = [
  ['<!--', '-->'],
  ['<?', '?>'],
] as const;
const CDATA = '<![CDATA[';

function* piecesOf(document: string): Generator<Piece> {
  let at = 0;
  while (at < document.length) {
    const next = document.indexOf('<', at);
    const end = next < 0 ? document.length : next;
    if (end > at) yield { kind: 'text', text: unescaped(document.slice(at, end)) };
    if (next < 0) return;
    const skipped = SKIPPED.find(([start]) => document.startsWith(start, next));
    const isCdata = document.startsWith(CDATA, next);
    if (skipped !== undefined || isCdata) {
      const close = skipped?.[1] ?? ']]>';
      const over = document.indexOf(close, next);
      if (over < 0) return;
      if (isCdata) yield { kind: 'text', text: document.slice(next + CDATA.length, over) };
      at = over + close.length;
      continue;
    }
    TAG.lastIndex = next;
    const tag = TAG.exec(document);
    if (tag === null) return;
    const [whole, slash, name = ''] = tag;
    at = next + whole.length;
    if (slash === '/') yield { kind: 'closed', name };
    else {
      yield { kind: 'opened', name };
      if (whole.endsWith('/>')) yield { kind: 'closed', name };
    }
  }
}
