import type { ScreenState } from '../state/screen-state.ts';
import { shortened } from './cells.ts';
import type { Glyphs } from './glyphs.ts';
import { blank, fitted, type Line, line, span } from './line.ts';

/** What each key does, in the groups that people look for. */
export const KEYS: readonly (readonly [
  group: string,
  keys: readonly (readonly [key: string, what: string])[],
])[] = [
  [
    'Contacts',
    [
      ['up, down', 'choose'],
      ['Enter', 'call the chosen one'],
      ['d', 'dial an address'],
      ['w', 'read and write texts'],
      ['+ and -', 'add and remove a contact'],
      ['p', 'be open to calls, or not'],
    ],
  ],
  [
    'Calls',
    [
      ['a and r', 'answer and refuse'],
      ['x', 'hang up'],
      ['h', 'hold, and take back'],
      ['m', 'mute, and unmute'],
      ['t', 'transfer; up, down: to whom'],
      ['0-9 * #', 'send a digit'],
      ['k', 'keypad, with A to D'],
      ['Tab', 'the next call'],
    ],
  ],
  [
    'Look closer',
    [
      ['l', 'ladder of SIP messages'],
      ['i', 'ICE pairs'],
      ['?', 'this page'],
      ['Esc', 'back'],
    ],
  ],
  [
    'Program',
    [
      ['q', 'quit; asks during a call'],
      ['Ctrl-C', 'hang up and quit at once'],
      ['Ctrl-L', 'draw all anew'],
    ],
  ],
];

/** All keys, in two columns, and what the signs mean. */
export const helpView = (
  state: ScreenState,
  columns: number,
  rows: number,
  glyphs: Glyphs,
): readonly Line[] => {
  const half = Math.floor(columns / 2);
  const [contacts, calls, looks, program] = KEYS.map((group) => groupLines(group, half, glyphs));
  const left = [...contacts!, blank, ...looks!];
  const right = [...calls!, blank, ...program!];
  const keys = Array.from({ length: Math.max(left.length, right.length) }, (_, row) => [
    ...fitted(left[row] ?? blank, half),
    ...(right[row] ?? blank),
  ]);
  const lines = [...keys, blank, ...legend(glyphs)];
  return lines.slice(Math.min(state.scroll, Math.max(0, lines.length - rows)));
};

const legend = ({ open, closed, gone, unknown, stranger, bar, peak, held }: Glyphs): readonly Line[] => [
  line(' Signs', 'strong'),
  line(
    `  ${open} can be called   ${closed} not now   ${gone} no phone there   ${unknown} not known   ${stranger} no contact`,
  ),
  line(
    `  ${bar.repeat(3)} mean level   ${peak.repeat(3)} peak   ${held} highest of 1.5 s   CLIP full scale within 3 s`,
  ),
];

const groupLines = (
  [group, keys]: (typeof KEYS)[number],
  columns: number,
  { more }: Glyphs,
): readonly Line[] => [
  line(` ${group}`, 'strong'),
  ...keys.map(
    ([key, what]): Line => [span(`  ${key.padEnd(9)}`, 'strong'), span(shortened(what, columns - 12, more))],
  ),
];
