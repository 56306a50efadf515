import type { AnswerIntegrity } from './answer.ts';

/** What came of the check of a request's credential. */
export type CredentialVerdict<User> =
  | Authenticated<User>
  | RefusedCredential
  /** An indication that does not hold, or what is no request at all: silence. */
  | { readonly kind: 'dropped' };

export interface RefusedCredential {
  readonly kind: 'refused';
  readonly code: 400 | 401 | 438;
  /** The whole error response. */
  readonly answer: Uint8Array;
  /** The request has the right integrity, and a nonce that was sent to where it comes from: that is not forged. */
  readonly proven?: boolean;
}

/** Every answer to such a request is signed with what the request was signed with: `finishSigned(answer, request, it, hashes)`. */
export interface Authenticated<User> extends AnswerIntegrity {
  readonly kind: 'authenticated';
  readonly user: User;
}
