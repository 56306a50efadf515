/** How many columns of a terminal a text takes, and texts that take a given number of them. */

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** What takes two columns: East Asian wide characters (UAX #11) and what is drawn as a picture. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
/** What takes one column for each of its code units: most of what is ever drawn, without a look at graphemes. */
const NARROW = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2013-\u2019\u2026\u2190-\u21ff\u2212\u2500-\u25fc]*$/;
const INVISIBLE = /^[\p{Mark}\p{Cf}\p{Cc}]+$/u;

const cellsOf = (grapheme: string): number => (INVISIBLE.test(grapheme) ? 0 : WIDE.test(grapheme) ? 2 : 1);

export const width = (text: string): number => {
  if (NARROW.test(text)) return text.length;
  let cells = 0;
  for (const { segment } of graphemes.segment(text)) cells += cellsOf(segment);
  return cells;
};

/** As much of a text as fits into so many columns. */
export const cut = (text: string, columns: number): string => {
  if (NARROW.test(text)) return text.slice(0, Math.max(0, columns));
  let cells = 0;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    cells += cellsOf(segment);
    if (cells > columns) break;
    kept += segment;
  }
  return kept;
};

/** A text in so many columns; `more` at its end says that there is more of it. */
export const shortened = (text: string, columns: number, more: string): string =>
  width(text) <= columns ? text : `${cut(text, columns - width(more))}${more}`;

/** Filled up with spaces at the right. */
export const padded = (text: string, columns: number, more: string): string => {
  const short = shortened(text, columns, more);
  return short + ' '.repeat(Math.max(0, columns - width(short)));
};

/** Filled up with spaces at the left. */
export const flushRight = (text: string, columns: number): string =>
  ' '.repeat(Math.max(0, columns - width(text))) + text;

/** A text in lines, broken at spaces where there are any. */
export const wrapped = (text: string, columns: number): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).flatMap((long) => broken(long, columns))) {
    if (line === '') line = word;
    else if (width(line) + 1 + width(word) <= columns) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
};

/** A text in pieces that fit, wherever they end. */
export const broken = (text: string, columns: number): readonly string[] => {
  const isNarrow = NARROW.test(text);
  if (columns < 1 || (isNarrow && text.length <= columns)) return [text];
  if (isNarrow)
    return Array.from({ length: Math.ceil(text.length / columns) }, (_, row) =>
      text.slice(row * columns, (row + 1) * columns),
    );
  const pieces: string[] = [];
  let start = 0;
  let cells = 0;
  // One look at each character: what others write may be long.
  for (const { segment, index } of graphemes.segment(text)) {
    const more = cellsOf(segment);
    if (cells + more > columns && index > start) {
      pieces.push(text.slice(start, index));
      start = index;
      cells = 0;
    }
    cells += more;
    // One alone that is wider than all there is.
    if (more > columns) break;
  }
  return [...pieces, text.slice(start)];
};

/**
 * What others wrote, without what would change the terminal or the order of reading: control characters, escape sequences'
 * first characters and marks of direction.
 */
export const harmless = (text: string): string =>
  NARROW.test(text)
    ? text
    : text.replace(/[\p{Cc}\p{Co}\p{Cn}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ');

/** The same text, as wide, in ASCII: for terminals that know nothing else. */
export const plainAscii = (text: string): string => {
  if (/^[ -~]*$/.test(text)) return text;
  let written = '';
  for (const { segment } of graphemes.segment(text)) {
    const base = segment.normalize('NFKD')[0]!;
    const cells = cellsOf(segment);
    written += cells === 1 && /[ -~]/.test(base) ? base : '?'.repeat(cells);
  }
  return written;
};
