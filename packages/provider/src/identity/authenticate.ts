import { constantTimeEqual, type Hashes, type Random, type Text } from '@ringdown/sans-io';
import {
  Authorization,
  type DigestAlgorithm,
  type DigestCredentials,
  digestResponse,
  formatChallenge,
  type Ha1,
  type HeaderLines,
  ha2,
  ha2OfBody,
  isMalformed,
  type Malformed,
  ProxyAuthorization,
  parseCredentials,
  prepareOpaqueString,
  readAlgorithm,
  type SipRequest,
} from '@ringdown/sip';
import type { Account, Accounts, Domain } from '../accounts/account.ts';
import { type Incoming, refuse, type Verdict } from '../incoming.ts';
import type { FloodLimit } from '../policy/flood.ts';
import type { FailureThrottle } from '../policy/throttle.ts';
import { isDigestUriOf } from './digest-uri.ts';
import type { NonceCounts } from './nonce-counts.ts';
import type { Nonces } from './nonces.ts';
import type { DomainNames } from './ownership.ts';

/** Who asks for the identity: a registrar or another server of ours (401), or the proxy (407) (RFC 3261 §22.2, §22.3). */
export type AuthenticationKind = 'registrar' | 'proxy';

export interface AuthenticatorParts {
  readonly hashes: Hashes;
  readonly text: Text;
  readonly random: Random;
  readonly accounts: Accounts;
  readonly domains: DomainNames;
  readonly nonces: Nonces;
  readonly counts: NonceCounts;
  readonly throttle: FailureThrottle;
  readonly flood: FloodLimit;
  /** Whether a binding came from this address and has not expired; of this account, where one is given. */
  readonly hasLiveRegistration: (address: string, account?: Account) => boolean;
}

export type Identified = { readonly kind: 'identified'; readonly account: Account };

/** What of a request on its way is looked at. */
export type Unproven = Pick<Incoming, 'request' | 'flow' | 'now' | 'wallTime'>;

/** What credentials of our realm became once they were read. */
interface Claim {
  readonly credentials: DigestCredentials;
  readonly algorithm: DigestAlgorithm;
  /** As accounts have it: UTF-8 decoded and prepared. */
  readonly user: string;
  readonly account: Account | undefined;
}

/** The last HA2, for phones that register at one domain all have the same. */
interface LastHa2 {
  algorithm: DigestAlgorithm;
  method: string;
  uri: string;
  ha2: string;
}

/** Seconds after which a flooded source may try again. */
const RETRY_AFTER_FLOOD = 5;
/** Characters of a stranger's user name that a log line shows. */
const SHOWN_USER = 64;

/**
 * Finds out who sent a request, by digest (RFC 3261 §22, RFC 7616, RFC 8760): gives the account, or the challenge or
 * refusal to answer with. An unknown user is answered like a wrong password, after the same work.
 */
export class Authenticator {
  private readonly parts: AuthenticatorParts;
  /** What unknown users are compared with: nobody knows a password for it. */
  private readonly nobody: Ha1;
  private readonly lastHa2: Record<AuthenticationKind, LastHa2> = { registrar: noHa2(), proxy: noHa2() };

  constructor(parts: AuthenticatorParts) {
    this.parts = parts;
    const secret = parts.random.token(64);
    this.nobody = { MD5: secret.slice(32), 'SHA-256': secret, 'SHA-512-256': secret };
  }

  /** `domain` is the one whose accounts may act here: its realm is challenged. */
  authenticate(incoming: Unproven, kind: AuthenticationKind, domain: Domain): Identified | Verdict {
    const { request } = incoming;
    // RFC 3261 §22.1: neither can be sent again with credentials.
    if (request.method === 'ACK' || request.method === 'CANCEL')
      return { kind: 'drop', why: `${request.method} is never challenged` };
    const found = findCredentials(request, kind, domain);
    if (found === undefined) return this.challenge(incoming, kind, domain, false, 'no credentials');
    if (isMalformed(found)) return this.answer(incoming, refuse(400, found.why));
    return this.verify(incoming, kind, domain, found);
  }

  private verify(
    incoming: Unproven,
    kind: AuthenticationKind,
    domain: Domain,
    credentials: DigestCredentials,
  ): Identified | Verdict {
    const { request, flow, wallTime } = incoming;
    const algorithm = readAlgorithm(credentials.algorithm);
    if (algorithm === undefined || !domain.algorithms.includes(algorithm))
      return this.challenge(
        incoming,
        kind,
        domain,
        false,
        'credentials of an algorithm that was not offered',
      );
    const quality = credentials.qop?.toLowerCase();
    if (quality !== undefined && quality !== 'auth' && quality !== 'auth-int')
      return this.answer(incoming, refuse(400, 'credentials of a qop that was not offered'));
    if (!isDigestUriOf(this.parts.domains, credentials.uri, request.uri))
      return this.answer(incoming, refuse(400, 'the digest URI is not the Request-URI'));
    const nonce = this.parts.nonces.check(credentials.nonce, flow.remote.address, wallTime);
    // RFC 7616 §3.3: stale says that the nonce was refused, so the phone does not ask its user for another password.
    if (nonce !== 'valid')
      return this.challenge(
        incoming,
        kind,
        domain,
        true,
        nonce === 'stale' ? 'an old nonce' : 'a nonce that is not ours',
      );
    const user = this.userOf(credentials);
    const account = credentials.userhash ? undefined : this.parts.accounts.byCredentials(user, domain.realm);
    return this.judge(incoming, kind, domain, { credentials, algorithm, user, account });
  }

  private judge(
    incoming: Unproven,
    kind: AuthenticationKind,
    domain: Domain,
    claim: Claim,
  ): Identified | Verdict {
    const { flow, now, wallTime } = incoming;
    const { throttle, flood, counts } = this.parts;
    const { address } = flow.remote;
    const { credentials, user, account } = claim;
    const refusedMs = this.refusedMs(incoming, user);
    if (refusedMs > 0 && !this.isExcepted(incoming, user, account))
      return this.refuseAttempt(incoming, user, refusedMs);
    const right = this.isRight(incoming.request, kind, claim) && account !== undefined;
    if (!right && refusedMs > 0) return this.refuseAttempt(incoming, user, refusedMs);
    if (!right) {
      throttle.failed(address, user, now);
      return this.challenge(incoming, kind, domain, false, whyWrong(user, account));
    }
    // Without qop the hash does not cover nc (RFC 7616 §3.4.1): whoever repeats the credentials could write another.
    const { qop, nc = '1' } = credentials;
    const count = qop === undefined ? 1 : Number.parseInt(nc, 16);
    if (!counts.use(account, credentials.nonce, count, wallTime))
      return this.challenge(incoming, kind, domain, true, 'credentials that were used before');
    throttle.succeeded(address, user);
    flood.giveBack(address);
    return { kind: 'identified', account };
  }

  /** For how long attempts of this user at this address are not looked at. */
  private refusedMs({ flow, now }: Unproven, user: string): number {
    const { throttle, hasLiveRegistration } = this.parts;
    const { address } = flow.remote;
    const userMs = throttle.userRefusedMs(address, user, now);
    if (userMs > 0) return userMs;
    const addressMs = throttle.addressRefusedMs(address, now);
    return addressMs > 0 && !hasLiveRegistration(address) ? addressMs : 0;
  }

  /** A phone that is registered here is not shut out by whoever shares its address: its right password still counts. */
  private isExcepted({ flow, now }: Unproven, user: string, account: Account | undefined): boolean {
    const { throttle, hasLiveRegistration } = this.parts;
    const { address } = flow.remote;
    return (
      account !== undefined && hasLiveRegistration(address, account) && throttle.mayTry(address, user, now)
    );
  }

  private refuseAttempt(incoming: Unproven, user: string, refusedMs: number): Verdict {
    return this.answer(incoming, {
      kind: 'respond',
      status: 403,
      reason: 'Too Many Failed Attempts',
      headers: [['Retry-After', String(Math.ceil(refusedMs / 1000))]],
      why: `too many failed attempts of user "${user.slice(0, SHOWN_USER)}"`,
      stateless: true,
    });
  }

  /** The same hashes whether there is an account or not. */
  private isRight(request: SipRequest, kind: AuthenticationKind, claim: Claim): boolean {
    const { credentials, algorithm, account } = claim;
    const expected = digestResponse(
      this.parts.hashes,
      algorithm,
      (account?.ha1 ?? this.nobody)[algorithm],
      this.ha2(request, kind, algorithm, credentials),
      credentials,
    );
    return constantTimeEqual(credentials.response.toLowerCase(), expected);
  }

  private ha2(
    request: SipRequest,
    kind: AuthenticationKind,
    algorithm: DigestAlgorithm,
    { uri, qop }: DigestCredentials,
  ): string {
    const { hashes } = this.parts;
    const { method, body } = request;
    if (qop !== undefined && qop.length > 4) return ha2OfBody(hashes, algorithm, method, uri, body);
    const last = this.lastHa2[kind];
    if (last.uri !== uri || last.method !== method || last.algorithm !== algorithm) {
      last.ha2 = ha2(hashes, algorithm, method, uri);
      last.algorithm = algorithm;
      last.method = method;
      last.uri = uri;
    }
    return last.ha2;
  }

  private userOf({ username }: DigestCredentials): string {
    if (isAscii(username)) return username;
    const { text } = this.parts;
    const prepared = prepareOpaqueString(text.utf8(text.latin1Bytes(username)));
    return isMalformed(prepared) ? '' : prepared;
  }

  private challenge(
    incoming: Unproven,
    kind: AuthenticationKind,
    { realm, algorithms }: Domain,
    stale: boolean,
    why: string,
  ): Verdict {
    const { flow, now, wallTime } = incoming;
    const flooded = this.parts.flood.take(flow.remote.address, now);
    if (flooded !== 'answer') return overLimit(flooded);
    const nonce = this.parts.nonces.issue(flow.remote.address, wallTime);
    const name = kind === 'registrar' ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const headers: HeaderLines = algorithms.map((algorithm) => [
      name,
      formatChallenge({ realm, nonce, algorithm, qop: QOP, opaque: undefined, stale, userhash: false }),
    ]);
    return refuse(kind === 'registrar' ? 401 : 407, why, headers);
  }

  /** An answer to somebody who did not prove who he is, where his source may still have one. */
  private answer({ flow, now }: Unproven, verdict: Verdict): Verdict {
    const flooded = this.parts.flood.take(flow.remote.address, now);
    return flooded === 'answer' ? verdict : overLimit(flooded);
  }
}

const QOP = ['auth'] as const;

const noHa2 = (): LastHa2 => ({ algorithm: 'MD5', method: '', uri: '', ha2: '' });

/** What a source over its limit gets (see `FloodLimit`). */
export const overLimit = (flooded: 'refuse' | 'drop'): Verdict =>
  flooded === 'drop'
    ? { kind: 'drop', why: 'too many requests without credentials' }
    : refuse(503, 'too many requests without credentials', [['Retry-After', String(RETRY_AFTER_FLOOD)]]);

/** For the log only: the answer is the same. */
const whyWrong = (user: string, account: Account | undefined): string =>
  `${account === undefined ? UNKNOWN_USER : WRONG_PASSWORD} "${user.slice(0, SHOWN_USER)}"`;

const UNKNOWN_USER = 'unknown user';
const WRONG_PASSWORD = 'wrong password of user';

/** Whether a challenge's `why` says that credentials were wrong: all others belong to an ordinary exchange. */
export const isFailedAttempt = (why: string | undefined): boolean =>
  why !== undefined && (why.startsWith(UNKNOWN_USER) || why.startsWith(WRONG_PASSWORD));

/**
 * The credentials of the domain's realm: the first of an algorithm that was offered, else the first. Malformed only where
 * there are no others; undefined where there are none at all.
 */
const findCredentials = (
  request: SipRequest,
  kind: AuthenticationKind,
  { realm, algorithms }: Domain,
): DigestCredentials | Malformed | undefined => {
  let other: DigestCredentials | undefined;
  let malformed: Malformed | undefined;
  for (const text of request.texts(kind === 'registrar' ? Authorization : ProxyAuthorization)) {
    const credentials = parseCredentials(text);
    if (credentials === undefined) continue;
    if (isMalformed(credentials)) malformed ??= credentials;
    else if (credentials.realm === realm) {
      const algorithm = readAlgorithm(credentials.algorithm);
      if (algorithm !== undefined && algorithms.includes(algorithm)) return credentials;
      other ??= credentials;
    }
  }
  return other ?? malformed;
};

const isAscii = (text: string): boolean => {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7e) return false;
  return true;
};
