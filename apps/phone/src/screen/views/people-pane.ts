import { type CallLine, isRinging } from '../state/call-line.ts';
import type { Person } from '../state/person.ts';
import { chosenCallOf, chosenPersonOf, nameOf, type ScreenState } from '../state/screen-state.ts';
import { flushRight, padded, width } from './cells.ts';
import type { Glyphs } from './glyphs.ts';
import { blank, type Line, line, rowsOf, span, type Tone } from './line.ts';
import { callStanding, duration, presenceNow } from './words.ts';

/** The left side: whom we know, and below them our calls. */
export const peoplePane = (
  state: ScreenState,
  columns: number,
  rows: number,
  glyphs: Glyphs,
): readonly Line[] => {
  const calls = callRows(state, columns, glyphs);
  const room = rows - calls.length - 1;
  return [line(' Contacts', 'strong'), ...rowsOf(personRows(state, columns, room, glyphs), room), ...calls];
};

const personRows = (state: ScreenState, columns: number, rows: number, glyphs: Glyphs): readonly Line[] => {
  const { people } = state;
  if (people.length === 0) return [line(' Nobody yet:', 'quiet'), line(' + adds a contact', 'quiet')];
  const chosen = chosenPersonOf(state);
  const place = people.findIndex(({ key }) => key === chosen?.key);
  const top = Math.max(0, Math.min(place - Math.floor(rows / 2), people.length - rows));
  return people
    .slice(top, top + rows)
    .map((person) =>
      personRow({ ...person, ...presenceNow(state, person) }, person.key === chosen?.key, columns, glyphs),
    );
};

const personRow = (person: Person, isChosen: boolean, columns: number, glyphs: Glyphs): Line => {
  const unread = person.unread === 0 ? '' : ` (${person.unread > 99 ? '99+' : person.unread})`;
  const name = padded(person.name, columns - 5 - width(unread), glyphs.more);
  return [
    span(isChosen ? glyphs.chosen : ' ', 'strong'),
    span(presenceSign(person, glyphs), presenceTone(person)),
    span(' '),
    span(name, isChosen ? 'chosen' : 'plain'),
    span(unread, 'strong'),
  ];
};

export const presenceSign = ({ presence, isContact }: Person, glyphs: Glyphs): string =>
  isContact ? glyphs[presence] : glyphs.stranger;

const presenceTone = ({ presence, isContact }: Person): Tone =>
  !isContact ? 'plain' : presence === 'open' ? 'good' : presence === 'closed' ? 'bad' : 'quiet';

const MAX_CALLS = 5;

const callRows = (state: ScreenState, columns: number, glyphs: Glyphs): readonly Line[] => {
  const { calls } = state;
  if (calls.length === 0) return [];
  const chosen = chosenCallOf(state);
  const place = calls.findIndex(({ id }) => id === chosen?.id);
  const top = Math.max(0, Math.min(place - 2, calls.length - MAX_CALLS));
  const title = calls.length > 1 ? ` Calls (${calls.length}, Tab: next)` : ' Call';
  return [
    blank,
    line(title, 'strong'),
    ...calls
      .slice(top, top + MAX_CALLS)
      .map((call) => callRow(state, call, call === chosen, columns, glyphs)),
  ];
};

const callRow = (
  state: ScreenState,
  call: CallLine,
  isChosen: boolean,
  columns: number,
  glyphs: Glyphs,
): Line => {
  const standing =
    call.durationMs === undefined
      ? callStanding(call)
      : `${call.isHeld ? 'held ' : ''}${duration(call.durationMs)}`;
  const short = standing.length > 12 ? standing.slice(0, 12) : standing;
  const name = padded(nameOf(state, call.peer), columns - 4 - short.length, glyphs.more);
  return [
    span(isChosen ? glyphs.chosen : ' ', 'strong'),
    span(call.direction === 'incoming' ? glyphs.left : glyphs.right, isRinging(call) ? 'warn' : 'quiet'),
    span(name, isChosen ? 'chosen' : 'plain'),
    span(flushRight(` ${short}`, short.length + 1), call.isHeld ? 'quiet' : 'plain'),
  ];
};
