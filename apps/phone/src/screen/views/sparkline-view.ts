import type { Quality } from '@ringdown/user-agent';
import { type CallLine, HISTORY_SECONDS } from '../state/call-line.ts';
import { flushRight, padded } from './cells.ts';
import type { Glyphs } from './glyphs.ts';
import { type Line, span, type Tone } from './line.ts';
import { milliseconds, percent } from './words.ts';

/** One figure over the last minute. */
interface Curve {
  readonly name: string;
  readonly value: (quality: Quality) => number;
  readonly written: (value: number) => string;
  /** What the top of a cell means at least. */
  readonly top: number;
  readonly bottom: number;
  /** Whether more is worse: then of two seconds in one cell the higher is shown. */
  readonly isBad: boolean;
  readonly tone: (value: number) => Tone;
}

const graded =
  (warn: number, bad: number) =>
  (value: number): Tone =>
    value >= bad ? 'bad' : value >= warn ? 'warn' : 'good';

const curves: readonly Curve[] = [
  {
    name: 'Loss',
    value: ({ lossRatio }) => lossRatio,
    written: percent,
    top: 0.05,
    bottom: 0,
    isBad: true,
    tone: graded(0.01, 0.05),
  },
  {
    name: 'Jitter',
    value: ({ jitterMs }) => jitterMs,
    written: milliseconds,
    top: 30,
    bottom: 0,
    isBad: true,
    tone: graded(20, 50),
  },
  {
    name: 'Buffer',
    value: ({ bufferMs }) => bufferMs,
    written: milliseconds,
    top: 120,
    bottom: 0,
    isBad: true,
    tone: graded(150, 300),
  },
  {
    name: 'MOS',
    value: ({ mos }) => mos,
    written: (value) => value.toFixed(1),
    top: 4.5,
    bottom: 1,
    isBad: false,
    tone: (value) => (value < 3.1 ? 'bad' : value < 3.6 ? 'warn' : 'good'),
  },
];

const NAME = 7;
const VALUE = 7;
const WORST = 11;

/** Loss, jitter, buffer and MOS of the last minute: a curve, what is now, and the worst. */
export const sparklines = (
  { history, secondsHeard }: Pick<CallLine, 'history' | 'secondsHeard'>,
  columns: number,
  glyphs: Glyphs,
): readonly Line[] => {
  const room = columns - NAME - VALUE - WORST;
  const secondsInCell = Math.ceil(HISTORY_SECONDS / Math.max(1, room));
  const cells = HISTORY_SECONDS / secondsInCell;
  return curves.map((curve) => {
    const values = history.map(curve.value);
    const now = values.at(-1);
    const worst = values.length === 0 ? undefined : curve.isBad ? Math.max(...values) : Math.min(...values);
    return [
      span(padded(curve.name, NAME, glyphs.more)),
      span(
        flushRight(drawn(curve, values, { secondsHeard, secondsInCell, cells }, glyphs), cells),
        now === undefined ? 'quiet' : curve.tone(now),
      ),
      span(flushRight(now === undefined ? '' : curve.written(now), VALUE), 'strong'),
      span(
        worst === undefined
          ? ''
          : flushRight(`${curve.isBad ? 'max' : 'min'} ${curve.written(worst)}`, WORST),
        'quiet',
      ),
    ];
  });
};

/** A cell holds the same seconds for as long as it is seen: it does not change while it wanders to the left. */
const drawn = (
  curve: Curve,
  values: readonly number[],
  of: { readonly secondsHeard: number; readonly secondsInCell: number; readonly cells: number },
  { sparks }: Glyphs,
): string => {
  const top = Math.max(curve.top, ...values);
  const first = of.secondsHeard - values.length;
  const groups = new Map<number, number[]>();
  for (const [place, value] of values.entries()) {
    const cell = Math.floor((first + place) / of.secondsInCell);
    groups.set(cell, [...(groups.get(cell) ?? []), value]);
  }
  return [...groups.values()]
    .slice(-of.cells)
    .map((group) => {
      const value = curve.isBad ? Math.max(...group) : Math.min(...group);
      const height = Math.max(0, Math.min(1, (value - curve.bottom) / (top - curve.bottom)));
      // What is little is still more than nothing.
      return sparks[Math.max(height > 0 ? 1 : 0, Math.round(height * (sparks.length - 1)))];
    })
    .join('');
};
