import { chosenPlace, chosenRung, type Rung, shownRungs } from '../state/ladder.ts';
import type { ScreenState } from '../state/screen-state.ts';
import { broken, flushRight, shortened, width } from './cells.ts';
import type { Glyphs } from './glyphs.ts';
import { between, blank, type Line, line, span } from './line.ts';

/** The SIP messages as arrows between us and the peers. */
export const ladderView = (
  state: ScreenState,
  columns: number,
  rows: number,
  glyphs: Glyphs,
): readonly Line[] => {
  const { ladder } = state;
  const shown = shownRungs(ladder);
  const place = chosenPlace(ladder);
  const room = rows - 3;
  const top = Math.max(0, Math.min(place - Math.floor(room / 2), shown.length - room));
  const chosen = chosenRung(ladder);
  const first = shown[0]?.at ?? 0;
  const count = shown.length === 0 ? '' : `${place + 1} of ${shown.length}`;
  return [
    between(
      [
        span(' SIP messages', 'strong'),
        span(ladder.only === undefined ? '  all' : `  Call-ID ${ladder.only}`, 'quiet'),
      ],
      [span(` ${count} `, 'quiet')],
      columns,
    ),
    between(
      [span(`${' '.repeat(TIME)}us`, 'quiet')],
      [span(`${peersOf(shown, glyphs)}  `, 'quiet')],
      columns,
    ),
    ...(shown.length === 0 ? [line('   No message has gone or come yet.', 'quiet')] : []),
    ...shown
      .slice(top, top + room)
      .map((rung) => rungRow(rung, rung === chosen, (rung.at - first) / 1000, columns, glyphs)),
    ...Array.from({ length: Math.max(0, room - Math.max(1, shown.length)) }, () => blank),
    ...(chosen === undefined
      ? []
      : [line(`   ${chosen.transport} with ${chosen.peer}   Call-ID ${chosen.callId}`, 'quiet')]),
  ];
};

const TIME = 12;

/** The last messages, where there is room for them beside a call. */
export const latestRungs = (
  { ladder }: ScreenState,
  columns: number,
  rows: number,
  glyphs: Glyphs,
): readonly Line[] => {
  const { rungs } = ladder;
  const first = rungs[0]?.at ?? 0;
  return [
    line('SIP messages', 'strong'),
    ...rungs.slice(-rows).map((rung) => rungRow(rung, false, (rung.at - first) / 1000, columns, glyphs)),
  ];
};

/** Who stands at the right: one peer by name, several by their number. */
const peersOf = (rungs: readonly Rung[], { more }: Glyphs): string => {
  const peers = new Set(rungs.map(({ peer }) => peer));
  const [first] = peers;
  return peers.size > 1 ? `${peers.size} peers` : shortened(first ?? '', 40, more);
};

/** `   0.032  │◀── 100 Trying (INVITE) ──────│` */
const rungRow = (rung: Rung, isChosen: boolean, seconds: number, columns: number, glyphs: Glyphs): Line => {
  const { shaft, wall, left, right } = glyphs;
  const room = columns - TIME - 3;
  const title = shortened(rung.title, room - 7, glyphs.more);
  const rest = room - width(title) - 5;
  const arrow =
    rung.direction === 'sent'
      ? `${shaft}${shaft} ${title} ${shaft.repeat(Math.max(0, rest))}${right}`
      : `${left}${shaft.repeat(Math.max(0, rest))} ${title} ${shaft}${shaft}`;
  return [
    span(isChosen ? `${glyphs.chosen} ` : '  ', 'strong'),
    span(`${flushRight(seconds.toFixed(3), TIME - 3)} `, 'quiet'),
    span(wall),
    span(arrow, isChosen ? 'chosen' : /^[4-6]\d\d /.test(rung.title) ? 'warn' : 'plain'),
    span(wall),
  ];
};

/** All of one message. */
export const messageView = (
  state: ScreenState,
  columns: number,
  rows: number,
  _glyphs: Glyphs,
): readonly Line[] => {
  const rung = chosenRung(state.ladder);
  if (rung === undefined) return [line(' No message is chosen.')];
  const lines = rung.text
    .replace(/\r/g, '')
    .split('\n')
    .slice(state.ladder.textTop)
    .flatMap((text) => broken(text.replace(/\t/g, '  '), columns - 2));
  const room = rows - 2;
  const count = shownRungs(state.ladder).length;
  return [
    between(
      [
        span(` ${rung.direction === 'sent' ? 'Sent to' : 'Received from'} ${rung.peer}`, 'strong'),
        span(` over ${rung.transport}`, 'quiet'),
      ],
      [
        span(
          ` ${lines.length > room ? 'goes on below   ' : ''}${chosenPlace(state.ladder) + 1} of ${count} `,
          'quiet',
        ),
      ],
      columns,
    ),
    blank,
    ...lines.slice(0, room).map((text) => line(` ${text}`)),
  ];
};
