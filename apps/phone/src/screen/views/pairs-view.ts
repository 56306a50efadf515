import type { PairRow, PathEnd } from '@ringdown/user-agent';
import { chosenCallOf, nameOf, type ScreenState } from '../state/screen-state.ts';
import { flushRight, padded, shortened, wrapped } from './cells.ts';
import type { Glyphs } from './glyphs.ts';
import { blank, type Line, line, span, type Tone } from './line.ts';
import { ending, milliseconds } from './words.ts';

const STATE = 12;
const TIME = 8;
const MARK = 4;
/** Only where there is room for it; it is in the rows below the table, too. */
const WHY = 28;

/** The pairs of candidates that ICE tried, and which one it took. */
export const pairsView = (
  state: ScreenState,
  columns: number,
  rows: number,
  glyphs: Glyphs,
): readonly Line[] => {
  const call = chosenCallOf(state);
  if (call === undefined) return [line(' ICE pairs', 'strong'), blank, line(' There is no call.', 'quiet')];
  const { pairs } = call;
  const title = [
    span(' ICE pairs', 'strong'),
    span(`  of the call with ${nameOf(state, call.peer)}`, 'quiet'),
  ];
  if (pairs.length === 0) return [title, blank, ...none(call.path?.ice === false, columns)];
  const why = columns >= 110 ? WHY : 0;
  const end = Math.floor((columns - MARK - STATE - TIME - why) / 2);
  const place = Math.min(state.chosenPair, pairs.length - 1);
  const room = rows - 6;
  const top = Math.max(0, Math.min(place - Math.floor(room / 2), pairs.length - room));
  const cells = { end: end - 1, why };
  return [
    title,
    line(
      `${' '.repeat(MARK)}${'local'.padEnd(end)}${'remote'.padEnd(end)}${'state'.padEnd(STATE)}${flushRight('RTT', TIME - 1)}${why > 0 ? '  why' : ''}`,
      'quiet',
    ),
    ...pairs.slice(top, top + room).map((pair, index) => pairRow(pair, top + index === place, cells, glyphs)),
    ...Array.from({ length: Math.max(0, room - pairs.length) }, () => blank),
    blank,
    ...detail(pairs[place]!, columns, glyphs),
  ];
};

const none = (isWithoutIce: boolean, columns: number): readonly Line[] =>
  wrapped(
    isWithoutIce
      ? 'The other side does not speak ICE: packets go where its description says, without checks.'
      : 'None yet: they are there once both sides have told their candidates.',
    columns - 2,
  ).map((text) => line(` ${text}`, 'quiet'));

const TONES: Readonly<Record<PairRow['state'], Tone>> = {
  frozen: 'quiet',
  waiting: 'quiet',
  'in-progress': 'plain',
  succeeded: 'good',
  failed: 'bad',
};

const pairRow = (
  pair: PairRow,
  isChosen: boolean,
  cells: { readonly end: number; readonly why: number },
  glyphs: Glyphs,
): Line => [
  span(isChosen ? glyphs.chosen : ' ', 'strong'),
  span(pair.selected ? ` ${glyphs.open} ` : '   ', 'good'),
  span(`${endCell(pair.local, cells.end, glyphs)} `, isChosen ? 'chosen' : 'plain'),
  span(`${endCell(pair.remote, cells.end, glyphs)} `, isChosen ? 'chosen' : 'plain'),
  span((pair.selected ? 'selected' : pair.state).padEnd(STATE), TONES[pair.state]),
  span(flushRight(pair.roundTripMs === undefined ? '' : milliseconds(pair.roundTripMs), TIME - 1)),
  span(
    cells.why > 0 && pair.why !== undefined ? `  ${shortened(pair.why, cells.why - 2, glyphs.more)}` : '',
    'quiet',
  ),
];

const endCell = (end: PathEnd, columns: number, { more }: Glyphs): string =>
  padded(`${end.type.padEnd(6)}${ending(end)}`, columns, more);

/** All of the chosen pair, however long its addresses are. */
const detail = (pair: PairRow, columns: number, { to, open }: Glyphs): readonly Line[] => {
  const stands = pair.selected ? `${open} packets go this way` : pair.state;
  const why = pair.why === undefined ? '' : `: ${pair.why}`;
  return [
    line(` ${pair.local.type} ${ending(pair.local)} ${to} ${pair.remote.type} ${ending(pair.remote)}`),
    line(` ${shortened(`${stands}${why}`, columns - 2, '')}`, 'quiet'),
  ];
};
