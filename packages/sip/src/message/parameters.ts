import {
  equalIgnoringCase,
  isSpace,
  parameterValueEnd,
  quotedStringEnd,
  tokenEnd,
  unquote,
} from './characters.ts';
import { Malformed } from './malformed.ts';

/**
 * `;name=value;flag` as it stands behind a URI, a Via or an address. Nothing is taken apart until asked for, and what was
 * not understood goes on as it came.
 */
export class Parameters {
  /** The parameters as written, from the first semicolon on; empty where there are none. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** A parameter's value, unquoted; the empty string for a parameter without one; undefined where it is absent. */
  get(name: string): string | undefined {
    const { text } = this;
    for (let start = text.indexOf(';'); start >= 0 && start < text.length; ) {
      const end = parameterEnd(text, start + 1);
      const value = valueIfNamed(text, start + 1, end, name);
      if (value !== undefined) return value;
      start = end;
    }
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Name and value of each, in order, names as written. */
  entries(): [name: string, value: string | undefined][] {
    const { text } = this;
    const entries: [string, string | undefined][] = [];
    for (let start = text.indexOf(';'); start >= 0 && start < text.length; ) {
      const end = parameterEnd(text, start + 1);
      const equals = text.indexOf('=', start);
      const nameEnd = equals < 0 || equals > end ? end : equals;
      const name = text.slice(start + 1, nameEnd).trim();
      if (name !== '')
        entries.push([name, nameEnd === end ? undefined : plain(text.slice(nameEnd + 1, end).trim())]);
      start = end;
    }
    return entries;
  }

  /** The same parameters with one set to a value (a flag with the empty string), at its place or at the end. */
  with(name: string, value: string): Parameters {
    const written = value === '' ? `;${name}` : `;${name}=${value}`;
    const { text } = this;
    for (let start = text.indexOf(';'); start >= 0 && start < text.length; ) {
      const end = parameterEnd(text, start + 1);
      if (valueIfNamed(text, start + 1, end, name) !== undefined) {
        return new Parameters(text.slice(0, start) + written + text.slice(end));
      }
      start = end;
    }
    return new Parameters(text + written);
  }

  /** The same parameters without one. */
  without(name: string): Parameters {
    const { text } = this;
    for (let start = text.indexOf(';'); start >= 0 && start < text.length; ) {
      const end = parameterEnd(text, start + 1);
      if (valueIfNamed(text, start + 1, end, name) !== undefined) {
        return new Parameters(text.slice(0, start) + text.slice(end));
      }
      start = end;
    }
    return this;
  }

  toString(): string {
    return this.text;
  }
}

export const noParameters = new Parameters('');

/** Where the parameter that starts at `start` ends: at the next semicolon outside quotes, or at the text's end. */
const parameterEnd = (text: string, start: number): number => {
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x3b) return index;
    if (code === 0x22) {
      const end = quotedStringEnd(text, index);
      if (end < 0) return text.length;
      index = end - 1;
    }
  }
  return text.length;
};

const plain = (value: string): string => (value.charCodeAt(0) === 0x22 ? unquote(value) : value);

const valueIfNamed = (text: string, start: number, end: number, name: string): string | undefined => {
  const first = skipSpace(text, start);
  const nameEnd = first + name.length;
  if (nameEnd > end || !isNamed(text, first, name)) return undefined;
  const equals = skipSpace(text, nameEnd);
  if (equals >= end) return '';
  return text.charCodeAt(equals) === 0x3d ? valueAt(text, equals + 1, end) : undefined;
};

/** The value between an equals sign and a parameter's end. Nearly all stand there alone, without quotes and white space. */
const valueAt = (text: string, start: number, end: number): string => {
  const value = text.slice(start, end);
  const isBare = text.charCodeAt(start) > 0x22 && text.charCodeAt(end - 1) > 0x20;
  return isBare ? value : plain(value.trim());
};

/** Whether a name, given in lower case, stands at an index, whatever its case there. */
const isNamed = (text: string, start: number, name: string): boolean => {
  if (text.startsWith(name, start)) return true;
  // Most parameters are other ones, and differ in their first letter.
  if ((text.charCodeAt(start) | 0x20) !== (name.charCodeAt(0) | 0x20)) return false;
  return equalIgnoringCase(text.slice(start, start + name.length), name);
};

/**
 * Checks `*( SEMI generic-param )` (RFC 3261 §25.1) from an index on: names are tokens, values tokens, hosts or quoted strings.
 * One pass over the characters where they stand, since every Via, From, To and Contact of every message comes through here.
 */
export const readParameters = (text: string, from = 0): Parameters | Malformed => {
  let index = skipSpace(text, from);
  if (index === text.length) return noParameters;
  const first = index;
  while (index < text.length) {
    if (text.charCodeAt(index) !== 0x3b)
      return new Malformed(`"${text.slice(index)}" where parameters were expected`);
    const start = skipSpace(text, index + 1);
    const nameEnd = tokenEnd(text, start);
    if (nameEnd === start) return new Malformed(`"${text.slice(index).trim()}" is not a parameter`);
    index = skipSpace(text, nameEnd);
    if (text.charCodeAt(index) !== 0x3d) continue;
    const value = skipSpace(text, index + 1);
    const end = valueEnd(text, value);
    if (end <= value)
      return new Malformed(`parameter ${text.slice(start, nameEnd)} has no value that may stand there`);
    index = skipSpace(text, end);
  }
  return new Parameters(text.slice(first).trimEnd());
};

const skipSpace = (text: string, start: number): number => {
  let index = start;
  while (index < text.length && isSpace(text.charCodeAt(index))) index++;
  return index;
};

/** Where a value ends: behind its closing quote, or where a character stands that no token and no host has. */
const valueEnd = (text: string, start: number): number =>
  text.charCodeAt(start) === 0x22 ? quotedStringEnd(text, start) : parameterValueEnd(text, start);
