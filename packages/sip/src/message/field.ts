import type { Malformed } from './malformed.ts';

/**
 * A header field as a value: what the message does not know, the field does. A new header is a new `Field`, never a new
 * method of the message.
 */
export interface Field<T> {
  /** The header's name in its canonical spelling. */
  readonly name: string;
  /** The number of the header in the table of names; see {@link headerNumber}. */
  readonly header: number;
  /** Whether several values may share a line, separated by commas (RFC 3261 §7.3.1). */
  readonly list: boolean;
  /** Reads one value, unfolded and trimmed. */
  decode(text: string): T | Malformed;
  encode(value: T): string;
}

/** What a new field is defined by. */
export interface FieldDefinition<T> {
  readonly name: string;
  /** The one-letter form (RFC 3261 §7.3.3). */
  readonly compact?: string;
  readonly list?: boolean;
  readonly decode: (text: string) => T | Malformed;
  readonly encode?: (value: T) => string;
}

const numbers = new Map<string, number>();
/** The spellings in use, by length and first letter: a head's names are compared where they stand, without cutting them out. */
const spellings: { readonly name: string; readonly number: number }[][] = [];
let headers = 0;

/**
 * Numbers a header's name: the same for every spelling and for the compact form. Names that nobody defined have none:
 * a message finds those by comparing names.
 */
export const headerNumber = (name: string): number | undefined =>
  numbers.get(name) ?? numbers.get(name.toLowerCase());

/** The same for the name that stands in a head from `start` to `end`. */
export const headerNumberAt = (head: string, start: number, end: number): number | undefined => {
  const candidates = spellings[spellingIndex(end - start, head.charCodeAt(start))];
  if (candidates !== undefined) {
    for (const { name, number } of candidates) if (head.startsWith(name, start)) return number;
  }
  return headerNumber(head.slice(start, end));
};

const spellingIndex = (length: number, firstCode: number): number => (length << 5) | (firstCode & 31);

const numberFor = (name: string, compact: string | undefined): number => {
  const number = headerNumber(name) ?? headers++;
  const written = [name, name.toLowerCase(), name.toUpperCase()];
  if (compact !== undefined) written.push(compact, compact.toUpperCase());
  for (const spelling of written) {
    if (numbers.has(spelling)) continue;
    numbers.set(spelling, number);
    const index = spellingIndex(spelling.length, spelling.charCodeAt(0));
    spellings[index] ??= [];
    spellings[index].push({ name: spelling, number });
  }
  return number;
};

/** Defines a header field. Two fields may read the same header differently. */
export const defineField = <T>(definition: FieldDefinition<T>): Field<T> => ({
  name: definition.name,
  header: numberFor(definition.name, definition.compact),
  list: definition.list ?? false,
  decode: definition.decode,
  encode: definition.encode ?? String,
});
