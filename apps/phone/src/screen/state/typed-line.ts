import type { Key } from './key.ts';

/** A line that is being typed. */
export interface TypedLine {
  /** One entry for each character as people count them. */
  readonly characters: readonly string[];
  /** Before which of them the next one goes. */
  readonly cursor: number;
}

const MAX_CHARACTERS = 1000;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

export const typedLine = (text = ''): TypedLine => {
  const characters = [...graphemes.segment(text)].map(({ segment }) => segment);
  return { characters, cursor: characters.length };
};

export const textOf = ({ characters }: TypedLine): string => characters.join('').trim();

/** The line after a key; the same line where the key means nothing to it. */
export const typed = (line: TypedLine, key: Key): TypedLine => {
  if (key.kind !== 'named') return inserted(line, key.text);
  const { characters, cursor } = line;
  switch (key.name) {
    case 'left':
      return { characters, cursor: Math.max(0, cursor - 1) };
    case 'right':
      return { characters, cursor: Math.min(characters.length, cursor + 1) };
    case 'home':
      return { characters, cursor: 0 };
    case 'end':
      return { characters, cursor: characters.length };
    case 'backspace':
      return cursor === 0 ? line : { characters: characters.toSpliced(cursor - 1, 1), cursor: cursor - 1 };
    case 'delete':
      return { characters: characters.toSpliced(cursor, 1), cursor };
    case 'ctrl-u':
      return typedLine();
    default:
      return line;
  }
};

const inserted = ({ characters, cursor }: TypedLine, text: string): TypedLine => {
  const room = MAX_CHARACTERS - characters.length;
  const added = typedLine(text.replace(/[\r\n\t]+/g, ' ').replace(/\p{Cc}/gu, '')).characters.slice(0, room);
  return { characters: characters.toSpliced(cursor, 0, ...added), cursor: cursor + added.length };
};
