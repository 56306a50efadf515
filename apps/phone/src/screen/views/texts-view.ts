import { plainAddress } from '../state/address.ts';
import { chosenPersonOf, conversationOf, type ScreenState } from '../state/screen-state.ts';
import type { TextLine } from '../state/text-line.ts';
import { wrapped } from './cells.ts';
import type { Glyphs } from './glyphs.ts';
import { between, blank, type Line, line, span } from './line.ts';
import { timeOfDay } from './words.ts';

/** The conversation with whoever is chosen, the newest at the foot. */
export const textsView = (
  state: ScreenState,
  columns: number,
  rows: number,
  glyphs: Glyphs,
): readonly Line[] => {
  const person = chosenPersonOf(state);
  if (person === undefined) return [line(' Nobody is chosen.')];
  const lines = textRows(conversationOf(state, person.key), columns - 2, glyphs);
  const room = rows - 2;
  const back = Math.min(state.scroll, Math.max(0, lines.length - room));
  const shown = lines.slice(Math.max(0, lines.length - room - back), lines.length - back);
  return [
    between(
      [span(` Texts with ${person.name}`, 'strong'), span(`  ${plainAddress(person.address)}`, 'quiet')],
      back > 0 ? [span(`${back} rows further down `, 'quiet')] : [],
      columns,
    ),
    blank,
    ...(lines.length === 0 ? [line(' Nothing was written yet.', 'quiet')] : []),
    ...Array.from({ length: Math.max(0, room - Math.max(1, shown.length)) }, () => blank),
    ...shown.map((row) => [span(' '), ...row]),
  ];
};

const HEAD = 12;

/** Each text with its time and who wrote it; what is longer goes on below. */
export const textRows = (texts: readonly TextLine[], columns: number, glyphs: Glyphs): readonly Line[] =>
  texts.flatMap((text) => {
    const isOurs = text.direction === 'sent';
    const head = `${timeOfDay(text.at).slice(0, 5)} ${isOurs ? 'you  ' : 'they '}`;
    const rows = text.text
      .split('\n')
      .flatMap((paragraph) => wrapped(paragraph, columns - HEAD))
      .map((row, place): Line => [span(place === 0 ? head : ' '.repeat(head.length), 'quiet'), span(row)]);
    if (text.fate === 'on its way') {
      const last = rows.pop() ?? blank;
      rows.push([...last, span(` ${glyphs.more}`, 'quiet')]);
    } else if (text.fate !== 'arrived') {
      for (const row of wrapped(`Not delivered: ${text.fate.failed}`, columns - HEAD)) {
        rows.push([span(' '.repeat(head.length)), span(row, 'bad')]);
      }
    }
    return rows;
  });
