import { isSpace, isToken } from '../message/characters.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/**
 * One pass over `#auth-param` (RFC 7235 §2.1): name, `=`, then a token or a quoted string, with white space wherever a peer
 * may have put it and empty list elements skipped. What is not a token is taken unquoted too, up to the comma.
 */
export class AuthParamReader {
  /** Where the name of the parameter that {@link next} came to starts and ends. */
  nameStart = 0;
  nameEnd = 0;
  /** Its value without quotes and escapes. */
  value = '';
  /** What ended the pass early; undefined where the text ended or another scheme begins. */
  defect: string | undefined = undefined;
  /** Where the pass stands: at the text's end, or where another scheme begins. */
  index: number;
  private readonly text: string;
  private readonly escapes: boolean;

  constructor(text: string, index: number) {
    this.text = text;
    this.index = index;
    this.escapes = text.includes('\\');
  }

  /** The parameter's name as written. */
  get name(): string {
    return this.text.slice(this.nameStart, this.nameEnd);
  }

  /** Whether the parameter has this name, given in lower case. Every credentials come by here: it makes no string. */
  isNamed(name: string): boolean {
    const { text, nameStart } = this;
    if (this.nameEnd - nameStart !== name.length) return false;
    for (let index = 0; index < name.length; index++) {
      if ((text.charCodeAt(nameStart + index) | 0x20) !== name.charCodeAt(index)) return false;
    }
    return true;
  }

  /** Moves to the next parameter; false at the end, before another scheme and at a defect. */
  next(): boolean {
    const { text } = this;
    const start = skipSeparators(text, this.index);
    let nameEnd = start;
    while (nameEnd < text.length && isNameCode(text.charCodeAt(nameEnd))) nameEnd++;
    const equals = skipSpace(text, nameEnd);
    if (equals === text.length || text.charCodeAt(equals) !== EQUALS)
      return this.endAt(start, nameEnd, equals);
    this.nameStart = start;
    this.nameEnd = nameEnd;
    const valueStart = skipSpace(text, equals + 1);
    const valueEnd =
      text.charCodeAt(valueStart) === QUOTE ? this.quoted(valueStart) : this.unquoted(valueStart);
    if (valueEnd < 0) return false;
    this.index = skipSpace(text, valueEnd);
    if (this.index < text.length && text.charCodeAt(this.index) !== COMMA)
      return this.fail(`no comma stands behind the parameter ${this.printableName()}`);
    return true;
  }

  private endAt(start: number, nameEnd: number, behind: number): boolean {
    const { text } = this;
    this.index = start;
    if (start === text.length) return false;
    // "Basic realm=…" behind a comma: a token, white space and another token open the next challenge.
    const opensScheme = behind > nameEnd && nameEnd > start && isToken(text, behind, behind + 1);
    return opensScheme ? false : this.fail('a parameter has no value');
  }

  private unquoted(start: number): number {
    const { text } = this;
    let end = text.indexOf(',', start);
    if (end < 0) end = text.length;
    while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
    for (let index = start; index < end; index++) {
      const code = text.charCodeAt(index);
      if (code === QUOTE || isSpace(code)) {
        this.fail(`the parameter ${this.printableName()} has no value that may stand there`);
        return -1;
      }
    }
    this.value = text.slice(start, end);
    return end;
  }

  private quoted(start: number): number {
    const { text } = this;
    let close = text.indexOf('"', start + 1);
    if (this.escapes && close >= 0) {
      close = start + 1;
      while (close < text.length && text.charCodeAt(close) !== QUOTE)
        close += text.charCodeAt(close) === BACKSLASH ? 2 : 1;
    }
    if (close < 0 || close >= text.length) {
      this.fail(`the quotes of the parameter ${this.printableName()} do not close`);
      return -1;
    }
    const inner = text.slice(start + 1, close);
    this.value = this.escapes && inner.includes('\\') ? inner.replace(/\\([\s\S])/g, '$1') : inner;
    return close + 1;
  }

  private fail(defect: string): false {
    this.defect = defect;
    this.index = this.text.length;
    return false;
  }

  /** The name where it is one: a defect ends in log lines and reason phrases. */
  private printableName(): string {
    const { name } = this;
    return isToken(name) && name.length <= 40 ? name : 'without a name';
  }
}

/**
 * Where the parameters begin behind the scheme `Digest`, whatever its case; -1 where the text, from `start` on, is of another
 * scheme.
 */
export const behindDigest = (text: string, start = 0): number => {
  const end = start + 6;
  if (!text.startsWith('Digest', start) && text.slice(start, end).toLowerCase() !== 'digest') return -1;
  return end === text.length || isSpace(text.charCodeAt(end)) ? end : -1;
};

/** Letters, which names are made of, all stand behind the equals sign. */
const isNameCode = (code: number): boolean =>
  code > EQUALS || (code !== EQUALS && code !== COMMA && code !== QUOTE && !isSpace(code));

const skipSpace = (text: string, index: number): number => {
  while (index < text.length && isSpace(text.charCodeAt(index))) index++;
  return index;
};

const skipSeparators = (text: string, index: number): number => {
  while (index < text.length && (isSpace(text.charCodeAt(index)) || text.charCodeAt(index) === COMMA))
    index++;
  return index;
};
