import type { Clock, Hashes, Random } from '@ringdown/sans-io';
import { errorTo, finishAnswer } from './answer.ts';
import {
  Nonce,
  PasswordAlgorithm,
  type PasswordAlgorithmName,
  PasswordAlgorithms,
  passwordAlgorithm,
  passwordAlgorithmName,
  Realm,
  Userhash,
  Username,
} from './credentials.ts';
import {
  type IntegrityAlgorithm,
  integrityHolds,
  MessageIntegrity,
  MessageIntegritySha256,
} from './integrity.ts';
import type { StunMessage } from './message.ts';
import { Nonces } from './nonce.ts';
import type { TransportAddress } from './transport-address.ts';
import type { CredentialVerdict, RefusedCredential } from './verdict.ts';

/** A user whose keys are those of {@link longTermKey}, by password algorithm: the HA1 of SIP's digest does. */
export interface LongTermUser {
  readonly keys: Readonly<Partial<Record<PasswordAlgorithmName, Uint8Array>>>;
}

/** Who has a credential. Asked within a request, so from memory. */
export interface LongTermUsers<User extends LongTermUser> {
  /** @param username a byte string, as it came */
  find(username: string): User | undefined;
  /** By {@link userhash}, 32 bytes; servers that do not have it know nobody by that. */
  findByHash?(userhash: Uint8Array): User | undefined;
}

export interface LongTermServerOptions {
  /** A byte string of at most 763 bytes: the provider's domain is recommended. */
  readonly realm: string;
  /**
   * The algorithms to offer, the one liked best first. None: the server is as RFC 5389 has it, MD5 and MESSAGE-INTEGRITY, and
   * its refusals are the smallest. Clients that do not know them go on with MD5 where some are offered.
   */
  readonly passwordAlgorithms?: readonly PasswordAlgorithmName[];
  /** Asks clients that can to show the hash of their user name only. Needs `findByHash`. */
  readonly usernameAnonymity?: boolean;
  /** How long a nonce is good for. */
  readonly nonceLifetimeMs?: number;
}

export const longTermServerDefaults = Object.freeze({
  passwordAlgorithms: Object.freeze<PasswordAlgorithmName[]>([]),
  usernameAnonymity: false,
  // RFC 8656 §5: at least once every hour.
  nonceLifetimeMs: 3_600_000,
});

/** What the check needs of the process. */
export interface LongTermServerPorts {
  readonly clock: Clock;
  readonly hashes: Hashes;
  readonly random: Random;
  /** At least 32 random bytes that outlive the process, so that nonces do too; new ones without it. */
  readonly key?: Uint8Array;
}

/** The key that a request was made with, as far as it says. */
interface Chosen {
  readonly password: PasswordAlgorithmName;
  readonly integrity: IntegrityAlgorithm;
}

const KEY_BYTES: Readonly<Record<PasswordAlgorithmName, number>> = { MD5: 16, 'SHA-256': 32 };

/**
 * The long-term credential of a request, as a server checks it (RFC 8489 §9.2.4). Keeps nothing between two requests: nonces
 * are signed, and good only for the address that they were sent to.
 *
 * @example
 * const server = new LongTermServer({ realm: 'example.org' }, users, { clock, hashes, random });
 * const verdict = server.authenticate(request, source);
 * if (verdict.kind === 'refused') send(verdict.answer);
 * if (verdict.kind === 'authenticated') send(finishSigned(successTo(request), request, verdict, hashes));
 */
export class LongTermServer<User extends LongTermUser> {
  readonly #realm: string;
  readonly #users: LongTermUsers<User>;
  readonly #offered: readonly PasswordAlgorithmName[];
  readonly #clock: Clock;
  readonly #hashes: Hashes;
  readonly #nonces: Nonces;
  /** What a request of nobody's is checked with, so that it takes the time that one of somebody's does. */
  readonly #nobody: Readonly<Record<PasswordAlgorithmName, Uint8Array>>;

  constructor(options: LongTermServerOptions, users: LongTermUsers<User>, ports: LongTermServerPorts) {
    const { realm, passwordAlgorithms, usernameAnonymity, nonceLifetimeMs } = {
      ...longTermServerDefaults,
      ...options,
    };
    if (usernameAnonymity && users.findByHash === undefined)
      throw new TypeError('usernameAnonymity needs users with findByHash');
    this.#realm = realm;
    this.#users = users;
    this.#offered = passwordAlgorithms;
    this.#clock = ports.clock;
    this.#hashes = ports.hashes;
    this.#nonces = new Nonces(ports.hashes, ports.key ?? ports.random.bytes(32), {
      features: { passwordAlgorithms: passwordAlgorithms.length > 0, usernameAnonymity },
      context: `${realm} ${passwordAlgorithms.join()}`,
      lifetimeMs: nonceLifetimeMs,
    });
    this.#nobody = {
      MD5: ports.random.bytes(KEY_BYTES.MD5),
      'SHA-256': ports.random.bytes(KEY_BYTES['SHA-256']),
    };
  }

  /**
   * Who made a request; the checks stand in the order of RFC 8489 §9.2.4. A user that is not there is refused as one whose
   * password is wrong, after the same work. Unknown attributes are looked at after this (§6.3), so that their 420 is signed.
   */
  authenticate(request: StunMessage, source: TransportAddress): CredentialVerdict<User> {
    if (request.class !== 'request') return { kind: 'dropped' };
    if (!request.has(MessageIntegrity) && !request.has(MessageIntegritySha256))
      return this.#challenge(401, request, source);
    const nonce = request.get(Nonce);
    const realm = request.get(Realm);
    const username = request.get(Username);
    const hash = request.get(Userhash);
    if (nonce === undefined || realm === undefined || (username === undefined && hash === undefined))
      return badRequest(request);

    const age = this.#nonces.check(nonce, source, this.#clock.wallTime());
    const chosen = this.#chosen(request, age !== 'foreign');
    if (chosen === undefined) return badRequest(request);

    const user = username === undefined ? this.#users.findByHash?.(hash!) : this.#users.find(username);
    const key = realm === this.#realm ? user?.keys[chosen.password] : undefined;
    const tried = key ?? this.#nobody[chosen.password];
    const holds = integrityHolds(request, signedBy(request), tried, this.#hashes) === true;
    if (user === undefined || key === undefined || !holds) return this.#challenge(401, request, source);
    if (age !== 'valid') return { ...this.#challenge(438, request, source), proven: age === 'stale' };
    return { kind: 'authenticated', user, key, integrity: chosen.integrity };
  }

  /**
   * Which key and which integrity a request has; undefined where someone on the way, or its client, has mixed them up.
   *
   * @param ours whether the nonce came from here: then it is known what was offered with it
   */
  #chosen(request: StunMessage, ours: boolean): Chosen | undefined {
    const said = request.has(PasswordAlgorithm);
    const offered = this.#offered.length > 0;
    if (!said && !request.has(PasswordAlgorithms)) {
      // As though it were MD5; MESSAGE-INTEGRITY answers it, unless only the other one was there.
      return { password: 'MD5', integrity: request.has(MessageIntegrity) ? 'sha1' : 'sha256' };
    }
    // Known but not expected: passed over where nothing was offered (RFC 8489 §6.3).
    if (!offered) return { password: 'MD5', integrity: signedBy(request) };
    const one = request.get(PasswordAlgorithm);
    const password = one === undefined ? undefined : passwordAlgorithmName(one);
    if (password === undefined || !this.#offered.includes(password)) return undefined;
    if (ours && !this.#offeredIs(request)) return undefined;
    return request.has(MessageIntegritySha256) ? { password, integrity: 'sha256' } : undefined;
  }

  /** Whether the client saw the list as it was sent (the bid-down protection of RFC 8489 §9.2.1). */
  #offeredIs(request: StunMessage): boolean {
    const list = request.get(PasswordAlgorithms);
    return (
      list?.length === this.#offered.length &&
      list.every((one, index) => passwordAlgorithmName(one) === this.#offered[index])
    );
  }

  #challenge(code: 401 | 438, request: StunMessage, source: TransportAddress): RefusedCredential {
    const answer = errorTo(request, code)
      .add(Realm, this.#realm)
      .add(Nonce, this.#nonces.issue(source, this.#clock.wallTime()));
    if (this.#offered.length > 0) answer.add(PasswordAlgorithms, this.#offered.map(passwordAlgorithm));
    return { kind: 'refused', code, answer: finishAnswer(answer, request) };
  }
}

/** The stronger of the two where both are there: the other need not be looked at (RFC 8489 §9.2.4). */
const signedBy = (request: StunMessage): IntegrityAlgorithm =>
  request.has(MessageIntegritySha256) ? 'sha256' : 'sha1';

const badRequest = (request: StunMessage): { kind: 'refused'; code: 400; answer: Uint8Array } => ({
  kind: 'refused',
  code: 400,
  answer: finishAnswer(errorTo(request, 400), request),
});
