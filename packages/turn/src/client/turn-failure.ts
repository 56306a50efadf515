import type { LongTermFailure } from '@ringdown/stun';

/** Why a TURN server did not do what it was asked for. */
export type TurnFailureCause =
  | 'bad request'
  | 'wrong credentials'
  | 'forbidden'
  | 'unknown attribute'
  | 'allocation mismatch'
  | 'family not supported'
  | 'transport not supported'
  | 'family mismatch'
  | 'quota reached'
  | 'no capacity'
  | 'server error'
  | 'redirected in a circle'
  | 'untrusted answers'
  | 'no answer'
  | 'expired'
  | 'unreachable'
  | 'other';

export interface TurnFailure {
  readonly cause: TurnFailureCause;
  /** The error code of the answer (RFC 8656 §19); undefined where there was none. */
  readonly code: number | undefined;
  /** A sentence for people: what happened, why, and what to do next. */
  readonly why: string;
}

/** Error codes: their cause, what they mean, and what to do next (RFC 8489 §14.8, RFC 8656 §19). */
const MEANINGS: ReadonlyMap<number, readonly [cause: TurnFailureCause, meaning: string, next: string]> =
  new Map([
    [300, ['redirected in a circle', 'it names other servers in a circle', 'check the redirection there']],
    [400, ['bad request', 'it calls the request malformed', 'check that this is a TURN server (RFC 8656)']],
    [403, ['forbidden', 'its policy forbids it', 'ask who runs the server, or use another one']],
    [420, ['unknown attribute', 'it does not know what was asked for', 'use a server that follows RFC 8656']],
    [
      437,
      ['allocation mismatch', 'it has an allocation for this address, or has none any more', 'allocate anew'],
    ],
    [440, ['family not supported', 'it does not relay that IP version', 'ask for the other one']],
    [
      441,
      ['wrong credentials', 'the allocation belongs to other credentials', 'use those that it was made with'],
    ],
    [442, ['transport not supported', 'it does not relay that transport', 'ask for UDP']],
    [443, ['family mismatch', 'the peer has another IP version than the relayed address', 'allocate both']],
    [
      486,
      ['quota reached', 'this user has all the allocations allowed', 'end another call or raise the quota'],
    ],
    [500, ['server error', 'it failed within', 'try again later, and look at its log']],
    [508, ['no capacity', 'it has no relay port free', 'try again later or use another server']],
  ]);

/** What an error answer says. `reason` is what the server adds, for people; it may be empty. */
export const refusal = (what: string, server: string, code: number, reason: string): TurnFailure => {
  const [cause, meaning, next] = MEANINGS.get(code) ?? [
    'other',
    reason === '' ? 'it does not say why' : `it says "${reason}"`,
    'look the code up in its documentation',
  ];
  return {
    cause,
    code,
    why: `TURN server ${server} refused ${what}: ${meaning} (${code}). Next: ${next}.`,
  };
};

const CREDENTIAL_FAILURES: Readonly<
  Record<LongTermFailure, readonly [cause: TurnFailureCause, meaning: string, next: string]>
> = {
  'wrong credentials': [
    'wrong credentials',
    'it does not accept the user name or the password',
    'check both',
  ],
  'bid down': [
    'untrusted answers',
    'someone on the way hides the stronger algorithms that it offers',
    'use TLS, or another network',
  ],
  'no common algorithm': [
    'other',
    'it knows neither MD5 nor SHA-256 for passwords',
    'allow one of them there',
  ],
  'bad challenge': [
    'server error',
    'it asks for credentials without saying how, or never likes its own nonces',
    'look at its log and its clock',
  ],
};

/** The credential did not work out; the code is that of the server's last challenge where it is about the password. */
export const unauthorized = (what: string, server: string, failed: LongTermFailure): TurnFailure => {
  const [cause, meaning, next] = CREDENTIAL_FAILURES[failed];
  const code = cause === 'wrong credentials' ? 401 : undefined;
  const said = code === undefined ? '' : ` (${code})`;
  return { cause, code, why: `TURN server ${server} refused ${what}: ${meaning}${said}. Next: ${next}.` };
};

/** What went wrong without an answer. */
export const failure = (
  cause: TurnFailureCause,
  what: string,
  next: string,
  code: number | undefined = undefined,
): TurnFailure => ({ cause, code, why: `${what}. Next: ${next}.` });
