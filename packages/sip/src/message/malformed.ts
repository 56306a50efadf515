/** What a peer sent and the grammar does not allow. A value, never thrown: peers do wrong every day. */
export class Malformed {
  readonly kind = 'malformed';
  /** One clause that names the thing, fit for a log line or a reason phrase. */
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

export const isMalformed = (value: unknown): value is Malformed => value instanceof Malformed;
