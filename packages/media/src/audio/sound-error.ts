/** Sound that cannot be had or kept: the message says what happened, why, and what to do next. */
export class SoundError extends Error {
  override readonly name = 'SoundError';
  readonly what: string;
  readonly why: string;
  readonly next: string;

  constructor(
    parts: { readonly what: string; readonly why: string; readonly next: string },
    cause?: unknown,
  ) {
    super(`${parts.what} ${parts.why} ${parts.next}`, cause === undefined ? undefined : { cause });
    this.what = parts.what;
    this.why = parts.why;
    this.next = parts.next;
  }
}

/** What the system says, for people: its code where it has one. */
export const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  return (code === undefined ? undefined : REASONS[code]) ?? cause.message;
};

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'this user may not do that (EACCES)',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full (ENOSPC)',
  EROFS: 'the disk is read-only (EROFS)',
};
