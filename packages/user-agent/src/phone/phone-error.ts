import type { Cause } from '../cause.ts';

/** What did not come about: why, and what can be done about it. */
export class PhoneError extends Error {
  override readonly name = 'PhoneError';
  override readonly cause: Cause;

  constructor(cause: Cause) {
    super(`${cause.what} ${cause.next}`);
    this.cause = cause;
  }
}
