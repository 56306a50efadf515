/** Why something did not come about, or ended: for a user to read. */
export interface Cause {
  /** The status that said so; undefined where nobody answered or we ended it ourselves. */
  readonly status?: number;
  /** What happened, one sentence. */
  readonly what: string;
  /** What can be done about it, one sentence. */
  readonly next: string;
  /** How long the other side asks us to wait (RFC 3261 §20.33). */
  readonly retryAfterMs?: number;
}

/** Who ended a call. `network`: nobody meant it. */
export type EndedBy = 'us' | 'peer' | 'network';

/** Whose doing a refusal is: a server that cannot is nobody. */
export const refusedBy = (status: number): EndedBy =>
  status === 408 || status === 430 || (status >= 500 && status < 600) ? 'network' : 'peer';

/** What ended without a status: the user agent's own reasons. */
export const causes = Object.freeze({
  hungUp: { what: 'We hung up.', next: 'Nothing is to be done.' },
  peerHungUp: { what: 'The other side hung up.', next: 'Nothing is to be done.' },
  cancelled: { what: 'We gave up before the call was answered.', next: 'Call again.' },
  answeredElsewhere: { what: 'The call was answered at another phone.', next: 'Nothing is to be done.' },
  declinedElsewhere: { what: 'The call was declined at another phone.', next: 'Nothing is to be done.' },
  callerGaveUp: { what: 'The caller gave up before we answered.', next: 'Call back.' },
  missed: { what: 'We missed the call: nobody answered it here.', next: 'Call back.' },
  refused: { what: 'We refused the call.', next: 'Call back if it was meant otherwise.' },
  noAnswer: { what: 'Nobody answered.', next: 'Call again later.' },
  noNetwork: { what: 'The server cannot be reached.', next: 'Check the network and the name of the domain.' },
  silence: { what: 'The server does not answer.', next: 'Check the network, or try again later.' },
  unacknowledged: {
    what: 'We answered and the caller did not acknowledge it.',
    next: 'Call back; the network loses messages.',
  },
  expired: {
    what: 'The other side has gone without hanging up.',
    next: 'Call again.',
  },
  transferred: { what: 'The call was handed over.', next: 'Nothing is to be done.' },
  replaced: { what: 'Another call took the place of this one.', next: 'Nothing is to be done.' },
  unwatched: { what: 'We watch no more.', next: 'Nothing is to be done.' },
  asked: {
    what: 'Who was reached asks for the password of our account, which is for the server alone.',
    next: 'He was shown nothing; ask him what he wants with it.',
  },
  unreadable: { what: 'The other side answered what cannot be read.', next: 'Tell its operator.' },
} as const satisfies Readonly<Record<string, Cause>>);

const words: Readonly<Record<number, readonly [what: string, next: string]>> = {
  300: ['The user is to be reached elsewhere, where we cannot call.', 'Ask for the new address.'],
  401: ['User name or password are wrong.', 'Enter them anew.'],
  403: ['The server forbids it.', 'Ask the operator whether the account may do this.'],
  404: ['There is no such user.', 'Check the address.'],
  405: ['The other side does not take such requests.', 'Ask its operator.'],
  407: ['User name or password are wrong.', 'Enter them anew.'],
  408: ['The other side did not answer in time.', 'Try again later.'],
  410: ['The user has gone for good.', 'Ask for the new address.'],
  423: ['The server finds any time that we ask for too brief (423).', 'Tell its operator.'],
  430: ['The connection of the other phone broke.', 'Call again in a moment.'],
  480: ['The user is not reachable at present.', 'Call again later.'],
  481: ['The other side does not know this call any more.', 'Call again.'],
  484: ['The number is not complete.', 'Dial all of it.'],
  486: ['The user is busy.', 'Call again later.'],
  487: ['The call was taken back.', 'Call again.'],
  488: ['Both sides have no codec or encryption in common.', 'Allow more of them on one side.'],
  489: ['The server has no presence.', 'Ask its operator for it.'],
  500: ['The server made a mistake.', 'Try again later.'],
  501: ['The other side does not take such requests.', 'Ask its operator.'],
  502: ['The server beyond this one did not answer properly.', 'Try again later.'],
  503: ['The server is overloaded or under repair.', 'Try again later.'],
  504: ['The server beyond this one did not answer in time.', 'Try again later.'],
  600: ['The user is busy everywhere.', 'Call again later.'],
  603: ['The user declined.', 'Do not call again at once.'],
  604: ['There is no such user anywhere.', 'Check the address.'],
  606: ['Both sides have no codec or encryption in common.', 'Allow more of them on one side.'],
};

/** Refusals that Retry-After goes with (RFC 3261 §20.33), and those of servers that could not reach anybody. */
const saysWhen = (status: number): boolean =>
  [404, 408, 413, 480, 486, 600, 603].includes(status) || (status >= 500 && status < 600);

/** `30 seconds`: no less than what was asked for. */
const timeInWords = (seconds: number): string => {
  const [size, name] =
    seconds < 120
      ? ([1, 'second'] as const)
      : seconds < 7_200
        ? ([60, 'minute'] as const)
        : ([3_600, 'hour'] as const);
  const count = Math.ceil(seconds / size);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
};

/** A refusal in words. `retryAfterSeconds`: when the other side says that it may be tried again. */
export const causeOf = (status: number, retryAfterSeconds?: number): Cause => {
  const [what, next] = words[status] ??
    words[Math.floor(status / 100) * 100] ?? [
      `The request was refused (${status}).`,
      'Ask the operator what that means.',
    ];
  if (retryAfterSeconds === undefined || !(retryAfterSeconds > 0)) return { status, what, next };
  return {
    status,
    what,
    next: saysWhen(status) ? `Try again in ${timeInWords(retryAfterSeconds)}.` : next,
    retryAfterMs: retryAfterSeconds * 1000,
  };
};

/** The same of a response, whose reason phrase tells a domain that is not found from a user who is not there. */
export const causeOfRefusal = (
  { status, reason }: { readonly status: number; readonly reason: string },
  retryAfterSeconds?: number,
): Cause => {
  const cause = causeOf(status, retryAfterSeconds);
  if (status !== 404 || !/\bdomain\b/i.test(reason)) return cause;
  return {
    ...cause,
    what: 'The server finds no such domain, or no way to it.',
    next: 'Check what stands behind the @.',
  };
};

/** Statuses by which a peer says that it will not be handed over: it does not know how, or does not want to. */
const UNWILLING: ReadonlySet<number> = new Set([403, 405, 420, 489, 501, 603, 606]);

/** What became of a transfer that somebody refused: the peer, whom it would be handed over from. */
export const causeOfTransfer = (status: number): Cause =>
  UNWILLING.has(status)
    ? {
        status,
        what: 'The other side refuses to be transferred.',
        next: 'Ask it to call there by itself.',
      }
    : causeOf(status);

/** What became of the call that the peer made for us; who declined it is not said. */
export const causeOfTransferredCall = (status: number): Cause =>
  status === 603
    ? { status, what: 'The other side would not call there, or was declined there.', next: 'Ask it.' }
    : causeOf(status);
