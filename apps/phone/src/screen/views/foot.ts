import { isUp } from '../state/call-line.ts';
import { transferGoal } from '../state/prompt-keys.ts';
import {
  chosenCallOf,
  chosenPersonOf,
  nameOf,
  type Prompt,
  ringingCallOf,
  type ScreenState,
} from '../state/screen-state.ts';
import type { TypedLine } from '../state/typed-line.ts';
import { shortened, width } from './cells.ts';
import type { Glyphs } from './glyphs.ts';
import { type Line, line, type Span, span } from './line.ts';

/** The three rows at the foot: what is asked or was noticed, how things stand, and which keys there are. */
export const foot = (state: ScreenState, columns: number, glyphs: Glyphs): readonly Line[] => [
  state.prompt === undefined
    ? notice(state, columns, glyphs)
    : promptLine(state, state.prompt, columns, glyphs),
  statusLine(state, columns, glyphs),
  keysLine(state, columns),
];

const notice = ({ notice, isEnding }: ScreenState, columns: number, { more }: Glyphs): Line => {
  if (isEnding) return line(' Hanging up and signing off…'.replace('…', more), 'strong');
  return notice === undefined
    ? []
    : line(` ${shortened(notice.text, columns - 2, more)}`, notice.tone === 'bad' ? 'bad' : 'strong');
};

const promptLine = (state: ScreenState, prompt: Prompt, columns: number, glyphs: Glyphs): Line => {
  switch (prompt.kind) {
    case 'sure to quit':
      return line(' A call is up. Hang up and quit? y: yes, any other key: no', 'strong');
    case 'sure to remove': {
      const name = state.people.find(({ key }) => key === prompt.key)?.name ?? '';
      return line(` Remove ${name} from the contacts? y: yes, any other key: no`, 'strong');
    }
    case 'keypad': {
      const call = state.calls.find(({ id }) => id === prompt.call);
      return [
        span(' Keypad: 0-9 * # A-D go out at once  ', 'strong'),
        span(`${call?.digitsSent ?? ''}`),
        span(' ', 'chosen'),
      ];
    }
    case 'transfer':
      if (prompt.to !== undefined) {
        return [
          span(' Hand over to: ', 'strong'),
          span(shortened(transferGoal(state, prompt.to), columns - 17, glyphs.more), 'chosen'),
        ];
      }
      return asked(' Hand over to: ', prompt.line, columns);
    case 'dial':
      return asked(' Dial: ', prompt.line, columns);
    case 'add address':
      return asked(' Address of the contact: ', prompt.line, columns);
    case 'add name':
      return asked(` Name for ${shortened(prompt.address, 30, glyphs.more)}: `, prompt.line, columns);
    case 'text':
      return asked(
        ` To ${shortened(chosenPersonOf(state)?.name ?? '', 20, glyphs.more)}: `,
        prompt.line,
        columns,
      );
  }
};

/** The question and what was typed, with the cursor in sight. */
const asked = (question: string, { characters, cursor }: TypedLine, columns: number): Line => {
  const room = columns - width(question) - 2;
  let from = cursor;
  for (let used = 0; from > 0; from--) {
    used += width(characters[from - 1]!);
    if (used > room) break;
  }
  const before = characters.slice(from, cursor).join('');
  const at = characters[cursor] ?? ' ';
  const after = characters.slice(cursor + 1).join('');
  const spans: Span[] = [span(question, 'strong'), span(before), span(at, 'chosen'), span(after)];
  return spans;
};

/** What is wrong with the registration, else with the sound; else what that goes through, and how others see us. */
const statusLine = (state: ScreenState, columns: number, { dot, more }: Glyphs): Line => {
  const { registration, device, isOpen } = state;
  const { cause } = registration;
  if (cause !== undefined && registration.state !== 'registered') {
    return line(` ${shortened(`${cause.what} ${cause.next}`, columns - 2, more)}`, 'bad');
  }
  if (!('tool' in device)) {
    return line(` ${shortened(`No sound. ${device.install}`, columns - 2, more)}`, 'bad');
  }
  const presence = isOpen ? 'others see: can be called' : 'others see: not now';
  return [span(` Sound through ${device.tool}`), span(` ${dot} ${presence}`, 'quiet')];
};

/** The keys that make sense now, as many as fit. */
const keysLine = (state: ScreenState, columns: number): Line => {
  const hints = [...keysNow(state)];
  // Help, which names them all, and the way out stay to the last.
  while (hints.length > LAST_KEYS && lengthOf(hints) > columns) hints.splice(-LAST_KEYS - 1, 1);
  while (hints.length > 0 && lengthOf(hints) > columns) hints.pop();
  return hints.flatMap(([key, what], index): Span[] => [
    span(index === 0 ? ' ' : '  '),
    span(key, 'strong'),
    span(` ${what}`),
  ]);
};

const LAST_KEYS = 2;
const lengthOf = (hints: KeyHints): number =>
  hints.reduce((sum, [key, what]) => sum + key.length + what.length + 3, -1);

type KeyHints = readonly (readonly [key: string, what: string])[];

const keysNow = (state: ScreenState): KeyHints => {
  if (state.prompt !== undefined) return promptKeys(state.prompt);
  if (ringingCallOf(state) !== undefined) {
    return [
      ['a', 'answer'],
      ['r', 'refuse'],
      ['Tab', 'next call'],
      ['l', 'ladder'],
      ['?', 'help'],
      ['q', 'quit'],
    ];
  }
  switch (state.view) {
    case 'ladder':
      return [
        ['up, down', 'choose'],
        ['Enter', 'all of it'],
        ['f', state.ladder.only === undefined ? 'only this Call-ID' : 'all Call-IDs'],
        ['l', 'back'],
      ];
    case 'message':
      return [
        ['up, down', 'scroll'],
        ['left, right', 'the one before, after'],
        ['Esc', 'back'],
      ];
    case 'pairs':
      return [
        ['up, down', 'choose'],
        ['Tab', 'next call'],
        ['i', 'back'],
      ];
    case 'help':
      return [
        ['up, down', 'scroll'],
        ['?', 'back'],
      ];
    default:
      return mainKeys(state);
  }
};

const mainKeys = (state: ScreenState): KeyHints => {
  const call = chosenCallOf(state);
  if (call === undefined) {
    return [
      ['Enter', 'call'],
      ['d', 'dial'],
      ['w', 'write'],
      ['+', 'add'],
      ['-', 'remove'],
      ['l', 'ladder'],
      ['?', 'help'],
      ['q', 'quit'],
    ];
  }
  if (!isUp(call))
    return [
      ['x', 'hang up'],
      ['l', 'ladder'],
      ['i', 'ICE'],
      ['?', 'help'],
      ['q', 'quit'],
    ];
  return [
    ['x', 'hang up'],
    ['h', call.isHeld ? 'take back' : 'hold'],
    ['m', call.isMuted ? 'unmute' : 'mute'],
    ['t', 'transfer'],
    ['k', 'keys'],
    ['l', 'ladder'],
    ['i', 'ICE'],
    ['?', 'help'],
    ['q', 'quit'],
  ];
};

const promptKeys = (prompt: Prompt): KeyHints => {
  switch (prompt.kind) {
    case 'sure to quit':
    case 'sure to remove':
      return [
        ['y', 'yes'],
        ['Esc', 'no'],
      ];
    case 'keypad':
      return [['Esc', 'close']];
    case 'text':
      return [
        ['Enter', 'send'],
        ['up, down', 'scroll'],
        ['Esc', 'back'],
      ];
    case 'transfer':
    case 'dial':
      return [
        ['Enter', 'go'],
        ['up, down', 'choose'],
        ['Esc', 'leave'],
      ];
    default:
      return [
        ['Enter', 'go on'],
        ['Esc', 'leave'],
      ];
  }
};

/** Who rings, over the whole width; undefined while nobody does. */
export const banner = (state: ScreenState, columns: number): Line | undefined => {
  const ringing = ringingCallOf(state);
  if (ringing === undefined) return undefined;
  const keys = state.prompt === undefined ? 'a answers, r refuses' : 'Esc, then a answers';
  const text = ` ${nameOf(state, ringing.peer)} is calling: ${keys}`;
  return [span(`${text}${' '.repeat(Math.max(0, columns - width(text)))}`, 'chosen')];
};
