/** One text that was written. */
export interface TextLine {
  readonly number: number;
  readonly direction: 'sent' | 'received';
  readonly text: string;
  readonly at: number;
  /** `failed` says why. Received ones are `arrived`. */
  readonly fate: 'on its way' | 'arrived' | { readonly failed: string };
}

/** Texts by the key of the other side. */
export type Conversations = ReadonlyMap<string, readonly TextLine[]>;

const MAX_LINES = 200;
/** With so many people at most: whoever was silent the longest is forgotten. */
const MAX_CONVERSATIONS = 100;
/** Of one text: what strangers send has a bound. */
const MAX_TEXT = 4000;

export const withLine = (conversations: Conversations, key: string, line: TextLine): Conversations => {
  const next = new Map(conversations);
  const lines = next.get(key) ?? [];
  next.delete(key);
  next.set(key, [...lines, { ...line, text: line.text.slice(0, MAX_TEXT) }].slice(-MAX_LINES));
  for (const oldest of next.keys()) {
    if (next.size <= MAX_CONVERSATIONS) break;
    next.delete(oldest);
  }
  return next;
};

export const withFate = (
  conversations: Conversations,
  key: string,
  number: number,
  fate: TextLine['fate'],
): Conversations =>
  new Map(conversations).set(
    key,
    (conversations.get(key) ?? []).map((line) => (line.number === number ? { ...line, fate } : line)),
  );
