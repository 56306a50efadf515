import type { Key as InkKey } from 'ink';
import type { Key, KeyName } from './state/key.ts';

const named = (name: KeyName): readonly Key[] => [{ kind: 'named', name }];

const NAMES: readonly (readonly [keyof InkKey, KeyName])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'page up'],
  ['pageDown', 'page down'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
];

const CONTROLS: Readonly<Record<string, KeyName>> = { c: 'ctrl-c', l: 'ctrl-l', u: 'ctrl-u', h: 'backspace' };

/** What ink read, as keys of ours: several where they came at once. */
export const readKeys = (input: string, key: InkKey): readonly Key[] => {
  const name = NAMES.find(([flag]) => key[flag] === true)?.[1];
  if (name !== undefined) return named(name);
  if (key.ctrl) return CONTROLS[input] === undefined ? [] : named(CONTROLS[input]);
  if (key.meta) return [];
  return [...input].flatMap((text): readonly Key[] => {
    if (text === '\r' || text === '\n') return named('enter');
    if (text === '\t') return named('tab');
    return /\p{Cc}/u.test(text) ? [] : [{ kind: 'character', text }];
  });
};
