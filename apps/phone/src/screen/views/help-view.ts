import type { ScreenState } from '../state/screen-state.ts';
import { shortened } from './cells.ts';
import type { Glyphs } from './glyphs.ts';
import { between, type Line, line, span } from './line.ts';

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
      ['w', 'write a text, read those that came'],
      ['+ and -', 'add and remove a contact'],
      ['p', 'tell others whether we can be called'],
    ],
  ],
  [
    'Calls',
    [
      ['a and r', 'answer and refuse'],
      ['x', 'hang up'],
      ['h', 'hold, and take back'],
      ['m', 'mute, and unmute'],
      ['t', 'transfer; to another call with up, down'],
      ['0-9 * #', 'send a digit'],
      ['k', 'keypad: A to D as well'],
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

/** All keys, in two columns. */
export const helpView = (
  state: ScreenState,
  columns: number,
  rows: number,
  glyphs: Glyphs,
): readonly Line[] => {
  const half = Math.floor(columns / 2);
  const [contacts, calls, looks, program] = KEYS.map((group) => groupLines(group, half, glyphs));
  const left = [...contacts!, [], ...looks!];
  const right = [...calls!, [], ...program!];
  const lines = Array.from({ length: Math.max(left.length, right.length) }, (_, row) =>
    between(left[row] ?? [], between(right[row] ?? [], [], columns - half), columns),
  );
  const last = Math.max(0, lines.length - rows);
  return lines.slice(Math.min(state.scroll, last));
};

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
