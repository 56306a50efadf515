/** What a peer sent and the RFC does not allow. A value, never thrown. */
export class Malformed {
  readonly kind = 'malformed';
  /** One clause that names the thing, fit for a log line. */
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}
