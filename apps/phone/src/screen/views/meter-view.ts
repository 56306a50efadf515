import { type ChannelMeter, isClipping, type Meters } from '../state/meter.ts';
import { flushRight } from './cells.ts';
import type { Glyphs } from './glyphs.ts';
import { type Line, type Span, span, type Tone } from './line.ts';
import { decibels } from './words.ts';

const FLOOR_DBFS = -60;
/** From here on it is loud, and from here on too loud. */
const LOUD_DBFS = -9;
const TOO_LOUD_DBFS = -3;

const NAME = 11;
const VALUE = 12;

const barColumns = (columns: number): number => columns - NAME - VALUE;

/** How many cells of the bar a level fills. */
const cells = (dbfs: number, bar: number): number =>
  Math.max(0, Math.min(bar, Math.round(((dbfs - FLOOR_DBFS) / -FLOOR_DBFS) * bar)));

/** The scale above the meters: −60 to 0 dBFS, each number ending over the cell that it means. */
export const meterScale = (columns: number, glyphs: Glyphs): Line => {
  const bar = barColumns(columns);
  const marks = Array.from({ length: NAME + bar }, () => ' ');
  for (let dbfs = FLOOR_DBFS; dbfs <= 0; dbfs += 10) {
    const label = decibels(dbfs, glyphs.minus);
    const end = NAME + Math.max(1, cells(dbfs, bar));
    for (const [place, sign] of [...label].entries()) marks[end - label.length + place] = sign;
  }
  return [span(marks.join(''), 'quiet'), span('   dBFS', 'quiet')];
};

/** One row for each channel, sent ones first. Silence where nothing is known yet. */
export const meterRows = (meters: Meters, columns: number, at: number, glyphs: Glyphs): readonly Line[] => {
  const rows = (name: string, channels: readonly ChannelMeter[]): readonly Line[] =>
    channels
      .slice(0, 2)
      .map((channel, place) =>
        row(
          `${place === 0 ? name.padEnd(9) : ' '.repeat(9)}${channels.length > 1 ? 'LR'[place] : ' '} `,
          channel,
          columns,
          at,
          glyphs,
        ),
      );
  return [
    ...rows('Sent', meters.sent.length === 0 ? [SILENT] : meters.sent),
    ...rows('Received', meters.received.length === 0 ? [SILENT] : meters.received),
  ];
};

const SILENT: ChannelMeter = Object.freeze({
  rmsDbfs: -Infinity,
  peakDbfs: -Infinity,
  heldDbfs: -Infinity,
  heldAt: 0,
  clippedAt: undefined,
});

const row = (name: string, meter: ChannelMeter, columns: number, at: number, glyphs: Glyphs): Line => [
  span(name),
  ...bar(meter, barColumns(columns), glyphs),
  span(` ${flushRight(decibels(meter.heldDbfs, glyphs.minus), 6)}`, 'strong'),
  isClipping(meter, at) ? span(' CLIP', 'bad') : span('     '),
];

/** The mean level solid, the peak above it lighter, and a mark where the peak is held. */
const bar = (
  { rmsDbfs, peakDbfs, heldDbfs }: ChannelMeter,
  columns: number,
  glyphs: Glyphs,
): readonly Span[] => {
  const mean = cells(rmsDbfs, columns);
  const peak = cells(peakDbfs, columns);
  const held = cells(heldDbfs, columns);
  const spans: { text: string; tone: Tone }[] = [];
  for (let cell = 1; cell <= columns; cell++) {
    const text =
      cell === held ? glyphs.held : cell <= mean ? glyphs.bar : cell <= peak ? glyphs.peak : glyphs.empty;
    const tone =
      text === glyphs.empty && cell !== held ? 'quiet' : toneAt(FLOOR_DBFS - (cell / columns) * FLOOR_DBFS);
    const last = spans.at(-1);
    if (last?.tone === tone) last.text += text;
    else spans.push({ text, tone });
  }
  return spans;
};

const toneAt = (dbfs: number): Tone => (dbfs > TOO_LOUD_DBFS ? 'bad' : dbfs > LOUD_DBFS ? 'warn' : 'good');
