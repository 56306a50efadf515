import { cut, harmless, width } from './cells.ts';

/** How a piece of text stands out. What it says must be there without it, too: colours may be missing. */
export type Tone = 'plain' | 'strong' | 'quiet' | 'good' | 'warn' | 'bad' | 'chosen';

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** One row of the screen. */
export type Line = readonly Span[];

export const span = (text: string, tone: Tone = 'plain'): Span => ({ text: harmless(text), tone });

/** A line of one piece. */
export const line = (text: string, tone: Tone = 'plain'): Line => [span(text, tone)];

export const blank: Line = [];

export const lineWidth = (of: Line): number => of.reduce((cells, { text }) => cells + width(text), 0);

/** A line of exactly so many columns: cut, or filled up with spaces. */
export const fitted = (of: Line, columns: number): Line => {
  const spans: Span[] = [];
  let left = columns;
  for (const { text, tone } of of) {
    if (left <= 0) break;
    const kept = cut(text, left);
    left -= width(kept);
    spans.push({ text: kept, tone });
  }
  return left > 0 ? [...spans, { text: ' '.repeat(left), tone: 'plain' }] : spans;
};

/** Something at the left and something at the right; the left one gives way. */
export const between = (left: Line, right: Line, columns: number): Line => [
  ...fitted(left, columns - lineWidth(right)),
  ...right,
];

/** Exactly so many rows: cut, or filled up with empty ones. */
export const rowsOf = (lines: readonly Line[], rows: number): readonly Line[] => [
  ...lines.slice(0, rows),
  ...Array.from({ length: Math.max(0, rows - lines.length) }, () => blank),
];

export const textOfLine = (of: Line): string => of.map(({ text }) => text).join('');

export const isSameLine = (a: Line, b: Line): boolean =>
  a.length === b.length &&
  a.every(({ text, tone }, place) => text === b[place]!.text && tone === b[place]!.tone);
