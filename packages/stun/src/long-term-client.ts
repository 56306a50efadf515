import type { Hashes } from '@ringdown/sans-io';
import {
  longTermKey,
  Nonce,
  PasswordAlgorithm,
  type PasswordAlgorithmName,
  PasswordAlgorithms,
  type PasswordAlgorithmValue,
  passwordAlgorithm,
  passwordAlgorithmName,
  Realm,
  Userhash,
  Username,
  userhash,
} from './credentials.ts';
import { ErrorCode } from './error-code.ts';
import { addIntegrity, type IntegrityAlgorithm, integrityHolds } from './integrity.ts';
import type { StunMessage } from './message.ts';
import type { MessageWriter } from './message-writer.ts';
import { securityFeatures } from './nonce.ts';

export interface LongTermClientOptions {
  /** Byte strings, prepared by OpaqueString (RFC 8265). */
  readonly username: string;
  readonly password: string;
  /**
   * Whether to hide the user name where the server can find it by its hash, as RFC 8489 §9.2.5 demands; `false` for servers
   * that say so and cannot.
   */
  readonly usernameAnonymity?: boolean;
}

/** What an answer that was accepted means for who asked. */
export type LongTermStep =
  /** A success, or an error that has nothing to do with the credential. */
  | { readonly kind: 'final' }
  /** Ask again, in a new transaction: the credential is good for it now. */
  | { readonly kind: 'again' }
  | { readonly kind: 'failed'; readonly cause: LongTermFailure };

export type LongTermFailure =
  /** It was refused with this very user name, realm and password. */
  | 'wrong credentials'
  /** Someone on the way has taken the list of algorithms away (RFC 8489 §9.2.1). */
  | 'bid down'
  /** None of the server's algorithms is known here. */
  | 'no common algorithm'
  /** A challenge without realm or nonce, or nonces that are all stale. */
  | 'bad challenge';

/** What a server has asked for. */
interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly anonymous: boolean;
  /** As it came, to be said back; undefined where the server offered none. */
  readonly offered: readonly PasswordAlgorithmValue[] | undefined;
  readonly algorithm: PasswordAlgorithmName;
  readonly key: Uint8Array;
}

type Take = (answer: StunMessage, stale: boolean) => LongTermStep;

/** How a request was signed, and who is told what came of it. */
interface Making {
  readonly challenge: Challenge | undefined;
  readonly take: Take;
  readonly hashes: Hashes;
}

/** Servers that change their realm or their nonce with each answer are left after so many. */
const MOST_ATTEMPTS = 4;

/**
 * A long-term credential that makes itself good (RFC 8489 §9.2.3, §9.2.5): the first request goes without it, the server's
 * challenge says how to sign the next one, and all later ones use what is known. One of these for each server.
 *
 * @example
 * const credential = new LongTermClient({ username: 'alice', password: 'secret' }, hashes);
 * const signed = credential.sign(new MessageWriter(BINDING, 'request', newTransactionId(random)));
 * transactions.start({
 *   bytes: signed.bytes,
 *   send,
 *   accepts: (response) => signed.accepts(response),
 *   done: (outcome) => { if (outcome.kind === 'response') signed.step(outcome.message); },
 * });
 */
export class LongTermClient {
  readonly #options: LongTermClientOptions;
  readonly #hashes: Hashes;
  #challenge: Challenge | undefined = undefined;

  constructor(options: LongTermClientOptions, hashes: Hashes) {
    this.#options = options;
    this.#hashes = hashes;
  }

  /** The realm that the server asked for last. */
  get realm(): string | undefined {
    return this.#challenge?.realm;
  }

  /**
   * Signs a request as far as its server's wishes are known. Nothing but FINGERPRINT may be added after it.
   *
   * @param before the request of which this is the next attempt
   */
  sign(request: MessageWriter, before?: SignedRequest): SignedRequest {
    const challenge = this.#challenge;
    const attempt = (before?.attempt ?? 0) + 1;
    if (challenge === undefined) return this.#attempt(request, attempt, undefined);
    const { username } = this.#options;
    if (challenge.anonymous) request.add(Userhash, userhash(username, challenge.realm, this.#hashes));
    else request.add(Username, username);
    request.add(Realm, challenge.realm).add(Nonce, challenge.nonce);
    if (challenge.offered !== undefined) {
      request.add(PasswordAlgorithms, challenge.offered);
      request.add(PasswordAlgorithm, passwordAlgorithm(challenge.algorithm));
    }
    addIntegrity(request, integrityOf(challenge), challenge.key, this.#hashes);
    return this.#attempt(request, attempt, challenge);
  }

  #attempt(request: MessageWriter, attempt: number, made: Challenge | undefined): SignedRequest {
    const take: Take = (answer, stale) => this.#take(answer, made, stale);
    return new SignedRequest(request.bytes, attempt, { challenge: made, take, hashes: this.#hashes });
  }

  /** Takes up what a 401 or 438 to a request made so asks for. */
  #take(answer: StunMessage, made: Challenge | undefined, stale: boolean): LongTermStep {
    const nonce = answer.get(Nonce);
    const realm = answer.get(Realm) ?? (stale ? made?.realm : undefined);
    if (nonce === undefined || realm === undefined) return failed('bad challenge');
    const offered = answer.get(PasswordAlgorithms);
    if (hidesAlgorithms(answer)) return failed('bid down');
    // An attacker may also take the bit away together with the list: once seen, both have to stay.
    if (made?.offered !== undefined && offered === undefined && made.realm === realm)
      return failed('bid down');
    const algorithm = offered === undefined ? 'MD5' : firstKnown(offered);
    if (algorithm === undefined) return failed('no common algorithm');
    const anonymous =
      (this.#options.usernameAnonymity ?? true) && securityFeatures(nonce)?.usernameAnonymity === true;
    const same = made?.realm === realm && made.algorithm === algorithm && made.anonymous === anonymous;
    if (same && !stale) return failed('wrong credentials');
    if (same && made.nonce === nonce) return failed('bad challenge');
    const { username, password } = this.#options;
    const key = same ? made.key : longTermKey(algorithm, { username, realm, password }, this.#hashes);
    this.#challenge = { realm, nonce, anonymous, offered, algorithm, key };
    return { kind: 'again' };
  }
}

/** One attempt at a request: what it was signed with tells which answers may be trusted. */
export class SignedRequest {
  /** The whole request, for the wire. */
  readonly bytes: Uint8Array;
  /** 1 for the first. */
  readonly attempt: number;
  /** Whether an answer came that could not be trusted: then it is not silence that went wrong. */
  violated = false;
  readonly #challenge: Challenge | undefined;
  readonly #take: Take;
  readonly #hashes: Hashes;

  constructor(bytes: Uint8Array, attempt: number, { challenge, take, hashes }: Making) {
    this.bytes = bytes;
    this.attempt = attempt;
    this.#challenge = challenge;
    this.#take = take;
    this.#hashes = hashes;
  }

  /** Whether an answer may be trusted; one that may not is to be ignored over UDP, and ends all over a stream. */
  accepts(response: StunMessage): boolean {
    const holds = this.#holds(response);
    this.violated ||= !holds;
    return holds;
  }

  /** What an answer that was accepted means. */
  step(response: StunMessage): LongTermStep {
    const code = challengeCode(response);
    if (code === undefined) return { kind: 'final' };
    if (this.attempt >= MOST_ATTEMPTS) return failed('bad challenge');
    return this.#take(response, code === 438);
  }

  #holds(response: StunMessage): boolean {
    // A challenge cannot be signed before its server knows whom it speaks with.
    if (challengeCode(response) !== undefined) return true;
    if (hidesAlgorithms(response)) return false;
    if (this.#challenge === undefined) return true;
    const { key } = this.#challenge;
    const strong = integrityHolds(response, 'sha256', key, this.#hashes);
    if (strong !== undefined || integrityOf(this.#challenge) === 'sha256') return strong === true;
    return integrityHolds(response, 'sha1', key, this.#hashes) === true;
  }
}

/** All requests to a server that offers algorithms are signed with SHA-256 (RFC 8489 §9.2.5). */
const integrityOf = ({ offered }: Challenge): IntegrityAlgorithm =>
  offered === undefined ? 'sha1' : 'sha256';

const challengeCode = (response: StunMessage): 401 | 438 | undefined => {
  const code = response.class === 'error' ? response.get(ErrorCode)?.code : undefined;
  return code === 401 || code === 438 ? code : undefined;
};

/** The nonce cookie says that there are algorithms, and there are none. */
const hidesAlgorithms = (response: StunMessage): boolean => {
  const nonce = response.get(Nonce);
  return (
    nonce !== undefined &&
    securityFeatures(nonce)?.passwordAlgorithms === true &&
    response.get(PasswordAlgorithms) === undefined
  );
};

const firstKnown = (offered: readonly PasswordAlgorithmValue[]): PasswordAlgorithmName | undefined => {
  for (const one of offered) {
    const name = passwordAlgorithmName(one);
    if (name !== undefined) return name;
  }
  return undefined;
};

const failed = (cause: LongTermFailure): LongTermStep => ({ kind: 'failed', cause });
