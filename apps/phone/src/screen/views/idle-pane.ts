import { plainAddress } from '../state/address.ts';
import type { Person } from '../state/person.ts';
import {
  chosenPersonOf,
  conversationOf,
  nameOf,
  type PastCall,
  type ScreenState,
} from '../state/screen-state.ts';
import { shortened, wrapped } from './cells.ts';
import type { Glyphs } from './glyphs.ts';
import { blank, type Line, line, span } from './line.ts';
import { presenceSign } from './people-pane.ts';
import { textRows } from './texts-view.ts';
import { duration, presenceNow, timeOfDay } from './words.ts';

/** The right side while there is no call: who is chosen, the calls before, and what is missing. */
export const idlePane = (
  state: ScreenState,
  columns: number,
  rows: number,
  glyphs: Glyphs,
): readonly Line[] => {
  const person = chosenPersonOf(state);
  return [
    ...(person === undefined
      ? welcome(state, columns)
      : card(state, { ...person, ...presenceNow(state, person) }, columns, glyphs)),
    ...soundLines(state, columns),
    blank,
    ...(state.past.length === 0 ? [] : pastCalls(state, columns, Math.min(6, rows - 10), glyphs)),
  ];
};

const welcome = (state: ScreenState, columns: number): readonly Line[] => [
  line('Ready.', 'strong'),
  blank,
  ...wrapped(
    `Others reach this phone at ${state.address}. Press d to dial an address or a number, + to keep somebody as a contact, ? for all keys.`,
    columns,
  ).map((text) => line(text)),
  blank,
];

const PRESENCE = {
  open: 'can be called',
  closed: 'does not want to be called now',
  gone: 'no phone is there',
  unknown: 'not known',
} as const;

const card = (state: ScreenState, person: Person, columns: number, glyphs: Glyphs): readonly Line[] => {
  const texts = conversationOf(state, person.key);
  const note = person.note === undefined ? '' : `: ${person.note}`;
  const standing = person.isContact
    ? `${PRESENCE[person.presence]}${note}`
    : 'wrote to us and is no contact: + adds, - forgets';
  return [
    [span(shortened(person.name, columns, glyphs.more), 'strong')],
    line(shortened(plainAddress(person.address), columns, glyphs.more), 'quiet'),
    line(shortened(`${presenceSign(person, glyphs)} ${standing}`, columns, glyphs.more)),
    blank,
    line('Enter: call   w: write', 'quiet'),
    blank,
    ...(texts.length === 0
      ? []
      : [line('Texts', 'strong'), ...textRows(texts, columns, glyphs).slice(-4), blank]),
  ];
};

const soundLines = ({ device }: ScreenState, columns: number): readonly Line[] =>
  'tool' in device
    ? []
    : [
        line('There is no sound', 'bad'),
        ...wrapped(`${device.why} ${device.install}`, columns).map((text) => line(text)),
      ];

const pastCalls = (state: ScreenState, columns: number, rows: number, glyphs: Glyphs): readonly Line[] => [
  line('Calls before', 'strong'),
  ...state.past.slice(0, rows).map((call) => pastRow(state, call, columns, glyphs)),
];

const pastRow = (state: ScreenState, call: PastCall, columns: number, glyphs: Glyphs): Line => {
  const lasted = call.durationMs === undefined ? call.how : `${duration(call.durationMs)}  ${call.how}`;
  return [
    span(`${timeOfDay(call.startedAt).slice(0, 5)} `, 'quiet'),
    span(`${call.direction === 'incoming' ? glyphs.left : glyphs.right} `),
    span(shortened(`${nameOf(state, call.peer)}  ${lasted}`, columns - 8, glyphs.more)),
  ];
};
