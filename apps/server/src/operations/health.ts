/** How long a trouble is told after it was last noted. */
const TOLD_MS = 30_000;
/** Messages that wait longer than this are answered too late to be of use. */
const LONGEST_WAIT_MS = 2_000;

/** What /healthz says: why this server should get no new work just now. */
export class Health {
  private readonly now: () => number;
  private readonly queueDelayMs: () => number;
  private trouble: { readonly why: string; readonly at: number } | undefined = undefined;
  private isStopping = false;

  /** @param now a monotonic clock in milliseconds */
  constructor(now: () => number, queueDelayMs: () => number) {
    this.now = now;
    this.queueDelayMs = queueDelayMs;
  }

  /** Something that the server cannot do without failed just now. */
  note(why: string): void {
    this.trouble = { why, at: this.now() };
  }

  stopping(): void {
    this.isStopping = true;
  }

  /** Why the server is not well; undefined where it is. */
  why(): string | undefined {
    if (this.isStopping) return 'stopping';
    if (this.trouble !== undefined && this.now() - this.trouble.at < TOLD_MS) return this.trouble.why;
    return this.queueDelayMs() > LONGEST_WAIT_MS ? 'overloaded: messages wait for seconds' : undefined;
  }
}
