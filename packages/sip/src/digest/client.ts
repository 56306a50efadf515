import type { Hashes, Random, Text } from '@ringdown/sans-io';
import { To } from '../message/address.ts';
import type { HeaderLines } from '../message/build.ts';
import { Authorization, ProxyAuthenticate, ProxyAuthorization, WwwAuthenticate } from '../message/fields.ts';
import { Malformed } from '../message/malformed.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { type DigestAlgorithm, hashOf } from './algorithm.ts';
import { type DigestChallenge, parseChallenges } from './challenge.ts';
import { formatCredentials, parseCredentials } from './credentials.ts';
import { prepareOpaqueString } from './opaque-string.ts';
import { asBytes, digestResponse, ha2, readAlgorithm, userHash } from './response.ts';

/** What a client's user knows: the data of an account. */
export interface DigestIdentity {
  /**
   * The protection domain that these are for; `*` answers any. Undefined: any until a registrar took them, and then what it took
   * them for (see {@link DigestClient.registered}).
   */
  readonly realm: string | undefined;
  readonly authUsername: string;
  readonly password: string;
}

export interface DigestPorts {
  readonly hashes: Hashes;
  readonly text: Text;
  readonly random: Random;
}

/** One use of a challenge. */
export interface ChallengeUse {
  readonly method: string;
  /** The digest URI: the Request-URI as the client writes it. */
  readonly uri: string;
  /** How often the challenge's nonce has been used, with this time: from 1. */
  readonly count: number;
  readonly cnonce: string;
}

/**
 * The credentials that answer a challenge (RFC 7616 §3.4). Malformed where the identity's strings cannot be prepared, or
 * the algorithm is none of ours; see {@link selectChallenges}.
 */
export const answerChallenge = (
  { hashes, text }: Pick<DigestPorts, 'hashes' | 'text'>,
  challenge: DigestChallenge,
  identity: Omit<DigestIdentity, 'realm'>,
  use: ChallengeUse,
): string | Malformed => {
  const algorithm = readAlgorithm(challenge.algorithm);
  if (algorithm === undefined) return new Malformed('the algorithm of the challenge is not known');
  const user = prepareOpaqueString(identity.authUsername);
  const secret = prepareOpaqueString(identity.password);
  if (user instanceof Malformed || secret instanceof Malformed)
    return new Malformed('user name or password have what may not stand in them');
  const { realm, nonce, opaque, userhash } = challenge;
  const ha1 = hashes.hex(hashOf[algorithm], `${asBytes(text, user)}:${realm}:${asBytes(text, secret)}`);
  const counted = challenge.qop.length > 0;
  const input = {
    nonce,
    qop: counted ? 'auth' : undefined,
    nc: counted ? use.count.toString(16).padStart(8, '0') : undefined,
    cnonce: counted ? use.cnonce : undefined,
  };
  return formatCredentials({
    username: userhash ? hashUser(hashes, text, algorithm, user, realm) : asBytes(text, user),
    realm,
    uri: use.uri,
    response: digestResponse(hashes, algorithm, ha1, ha2(hashes, algorithm, use.method, use.uri), input),
    algorithm: challenge.algorithm,
    opaque,
    userhash,
    ...input,
  });
};

const hashUser = (
  hashes: Hashes,
  text: Text,
  algorithm: DigestAlgorithm,
  user: string,
  realm: string,
): string => userHash(hashes, text, algorithm, user, text.utf8(text.latin1Bytes(realm)));

/** The first challenge of each realm that can be answered: servers put what they prefer first (RFC 8760 §2.4). */
export const selectChallenges = (challenges: readonly DigestChallenge[]): DigestChallenge[] => {
  const selected = new Map<string, DigestChallenge>();
  for (const challenge of challenges) {
    const possible =
      readAlgorithm(challenge.algorithm) !== undefined &&
      (challenge.qop.length === 0 || challenge.qop.includes('auth'));
    if (possible && !selected.has(challenge.realm)) selected.set(challenge.realm, challenge);
  }
  return [...selected.values()];
};

interface Session {
  readonly challenge: DigestChallenge;
  readonly identity: DigestIdentity;
  readonly header: 'Authorization' | 'Proxy-Authorization';
  /** Whose requests it is for; a proxy's stand between us and everybody. */
  readonly destination: string | undefined;
  count: number;
}

/** How many realms a client keeps nonces of; the oldest goes. */
const SESSIONS = 16;

/**
 * The client's side of digest (RFC 3261 §22.2, §22.3): takes challenges, counts nonces, and writes the credentials of
 * the next request of any method.
 */
export class DigestClient {
  private readonly ports: DigestPorts;
  private readonly identities: readonly DigestIdentity[];
  private readonly sessions = new Map<string, Session>();
  /** What the registrar took. */
  private realms: ReadonlySet<string> = new Set();

  constructor(ports: DigestPorts, identities: readonly DigestIdentity[]) {
    this.ports = ports;
    this.identities = identities;
  }

  /**
   * Takes the challenges of a 401 or 407 to `request`. True where a request with {@link authorize} has a chance; false where
   * the password is wrong (fresh credentials were refused, and not for their nonce) or no challenge can be answered.
   */
  challenged(request: SipRequest, response: SipResponse): boolean {
    const proxy = response.status === 407;
    const challenges = parseChallenges(response.texts(proxy ? ProxyAuthenticate : WwwAuthenticate));
    let answerable = false;
    for (const challenge of selectChallenges(challenges)) {
      const identity = this.identityFor(challenge.realm, request);
      if (identity === undefined) continue;
      if (!challenge.stale && hasFreshCredentials(request, proxy, challenge.realm)) continue;
      this.remember({
        challenge,
        identity,
        header: proxy ? 'Proxy-Authorization' : 'Authorization',
        destination: proxy ? undefined : (request.get(To)?.uri.text ?? request.uri),
        count: 0,
      });
      answerable = true;
    }
    return answerable;
  }

  /**
   * The registrar took this request: whose realm was not known has it now. A REGISTER goes to the server itself, while any phone
   * that is called can ask for credentials, in a realm of its choice, and try passwords on them.
   */
  registered(request: SipRequest): void {
    const realms = [ProxyAuthorization, Authorization].flatMap((field) =>
      request.texts(field).flatMap((text) => {
        const credentials = parseCredentials(text);
        return credentials === undefined || credentials instanceof Malformed ? [] : [credentials.realm];
      }),
    );
    if (realms.length > 0) this.realms = new Set(realms);
  }

  /**
   * The header lines that a request carries; none before a challenge came. What one user asked for others are not shown
   * (RFC 3261 §22.2): of them knows who reads a request on its way, and who gets it.
   *
   * @param destination the URI of its To
   */
  authorize(method: string, uri: string, destination = uri): HeaderLines {
    const lines: [string, string][] = [];
    for (const session of this.sessions.values()) {
      if (session.destination !== undefined && session.destination !== destination) continue;
      session.count++;
      const cnonce = this.ports.random.token(16);
      const use = { method, uri, count: session.count, cnonce };
      const written = answerChallenge(this.ports, session.challenge, session.identity, use);
      if (typeof written === 'string') lines.push([session.header, written]);
    }
    return lines;
  }

  private identityFor(asked: string, { method }: SipRequest): DigestIdentity | undefined {
    const isKnown = method === 'REGISTER' || this.realms.size === 0 || this.realms.has(asked);
    return this.identities.find(
      ({ realm }) => realm === asked || realm === '*' || (realm === undefined && isKnown),
    );
  }

  private remember(session: Session): void {
    const key = `${session.header} ${session.challenge.realm} ${session.destination ?? ''}`;
    this.sessions.delete(key);
    this.sessions.set(key, session);
    if (this.sessions.size <= SESSIONS) return;
    for (const oldest of this.sessions.keys()) {
      this.sessions.delete(oldest);
      return;
    }
  }
}

/** Whether the request already answered a challenge of the realm with a nonce that had not been used before. */
const hasFreshCredentials = (request: SipRequest, proxy: boolean, realm: string): boolean => {
  for (const text of request.texts(proxy ? ProxyAuthorization : Authorization)) {
    const credentials = parseCredentials(text);
    if (credentials === undefined || credentials instanceof Malformed || credentials.realm !== realm)
      continue;
    if (Number.parseInt(credentials.nc ?? '1', 16) === 1) return true;
  }
  return false;
};
