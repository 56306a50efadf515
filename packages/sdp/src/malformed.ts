/** What a peer wrote and the RFC does not allow. A value, never thrown. */
export class Malformed {
  readonly kind = 'malformed';
  /** One clause that names the thing, fit for a log line. */
  readonly why: string;
  /** Where it is written that this must not be, such as `RFC 8866 §5.2`. */
  readonly clause: string;

  constructor(why: string, clause: string) {
    this.why = why;
    this.clause = clause;
  }
}
