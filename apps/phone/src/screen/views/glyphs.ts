/** The signs that the screen is drawn with. */
export interface Glyphs {
  /** Whether the terminal shows more than ASCII. */
  readonly isUnicode: boolean;
  readonly minus: string;
  readonly rule: string;
  readonly wall: string;
  readonly more: string;
  readonly dot: string;
  readonly chosen: string;
  readonly open: string;
  readonly closed: string;
  readonly gone: string;
  readonly unknown: string;
  readonly stranger: string;
  readonly left: string;
  readonly right: string;
  readonly to: string;
  readonly shaft: string;
  /** From nothing to all of a cell. */
  readonly sparks: readonly string[];
  /** What fills a meter up to the mean level, what from there to the peak, and what the peak held is marked with. */
  readonly bar: string;
  readonly peak: string;
  readonly held: string;
  readonly empty: string;
}

const unicode: Glyphs = Object.freeze({
  isUnicode: true,
  minus: '−',
  rule: '─',
  wall: '│',
  more: '…',
  dot: '·',
  chosen: '▸',
  open: '●',
  closed: '○',
  gone: '×',
  unknown: '·',
  stranger: '◆',
  left: '◀',
  right: '▶',
  to: '→',
  shaft: '─',
  sparks: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  bar: '█',
  peak: '▒',
  held: '┃',
  empty: '·',
});

const ascii: Glyphs = Object.freeze({
  isUnicode: false,
  minus: '-',
  rule: '-',
  wall: '|',
  more: '~',
  dot: '-',
  chosen: '>',
  open: '*',
  closed: 'o',
  gone: 'x',
  unknown: '.',
  stranger: '@',
  left: '<',
  right: '>',
  to: '->',
  shaft: '-',
  sparks: ['_', '.', ':', '-', '=', '+', '*', '#'],
  bar: '#',
  peak: '=',
  held: '|',
  empty: '.',
});

export const glyphsFor = (isUnicode: boolean): Glyphs => (isUnicode ? unicode : ascii);
