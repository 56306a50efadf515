/** Longer texts are rare and not worth their memory. */
const LONGEST = 200;

/**
 * Remembers what the last few hundred texts were read as. One call carries the same From and To in a dozen messages, one
 * phone the same Contact in each of its REGISTERs; what they are read as never changes. Two generations bound it: when the
 * younger is full, the older is forgotten.
 */
export class Memo<T> {
  private readonly read: (text: string) => T;
  private readonly entries: number;
  private young = new Map<string, T>();
  private old = new Map<string, T>();

  /** @param entries how many texts each generation has */
  constructor(read: (text: string) => T, entries = 512) {
    this.read = read;
    this.entries = entries;
  }

  get(text: string): T {
    if (text.length > LONGEST) return this.read(text);
    const known = this.young.get(text) ?? this.old.get(text);
    if (known !== undefined) return known;
    // A copy: the text is cut out of a message, which would stay as long as the entry does.
    const own = copied(text);
    const value = this.read(own);
    if (this.young.size >= this.entries) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(own, value);
    return value;
  }
}

/** The same characters in a string of their own: engines cut a slice out of what was joined, not out of the message. */
const copied = (text: string): string => ` ${text}`.slice(1);
