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
  /** Where this field's decoded value is kept in a message. */
  readonly slot: number;
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
const names: string[] = [];
let slots = 0;

/**
 * Numbers a header's name: the same for every spelling and for the compact form. Names that nobody defined have none:
 * a message finds those by comparing names.
 */
export const headerNumber = (name: string): number | undefined =>
  numbers.get(name) ?? numbers.get(name.toLowerCase());

const numberFor = (name: string, compact: string | undefined): number => {
  const known = headerNumber(name);
  const number = known ?? names.push(name) - 1;
  for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) numbers.set(spelling, number);
  if (compact !== undefined) {
    numbers.set(compact, number);
    numbers.set(compact.toUpperCase(), number);
  }
  return number;
};

/** Defines a header field. Two fields may read the same header differently. */
export const defineField = <T>(definition: FieldDefinition<T>): Field<T> => ({
  name: definition.name,
  header: numberFor(definition.name, definition.compact),
  slot: slots++,
  list: definition.list ?? false,
  decode: definition.decode,
  encode: definition.encode ?? String,
});
