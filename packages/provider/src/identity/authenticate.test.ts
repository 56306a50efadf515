import { after, instant, seededRandom, wallTime } from '@ringdown/sans-io';
import {
  buildRequest,
  buildResponse,
  computeHa1,
  type DigestAlgorithm,
  DigestClient,
  type DigestCredentials,
  digestResponse,
  type Flow,
  formatCredentials,
  type HeaderLines,
  ha2,
  ha2OfBody,
  isMalformed,
  parseChallenges,
  parseCredentials,
} from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import { countingHashes, testHashes as hashes, testText as text } from '../../../../tools/testing/hashes.ts';
import type { Account, Domain } from '../accounts/account.ts';
import type { Verdict } from '../incoming.ts';
import { FloodLimit } from '../policy/flood.ts';
import { FailureThrottle } from '../policy/throttle.ts';
import { type AuthenticationKind, Authenticator, type Identified, isFailedAttempt } from './authenticate.ts';
import { NonceCounts } from './nonce-counts.ts';
import { Nonces } from './nonces.ts';

const PHONE = '192.0.2.1';
const URI = 'sip:example.org';
const ha1 = (user: string, realm: string, password: string) => {
  const computed = computeHa1(hashes, text, user, realm, password);
  if (isMalformed(computed)) throw new Error(computed.why);
  return computed;
};
const account = (username: string, password: string, more: Partial<Account> = {}): Account => ({
  id: 1,
  username,
  domain: 'example.org',
  realm: 'example.org',
  authUsername: username,
  displayName: undefined,
  ha1: ha1(more.authUsername ?? username, 'example.org', password),
  passwordVersion: 1,
  ...more,
});

const createWorld = (options: { answersPerSecond?: number; burst?: number } = {}) => {
  const accounts = new Map<string, Account>();
  const domain: Domain = { name: 'example.org', realm: 'example.org', algorithms: ['MD5'] };
  const live = new Set<string>();
  const counted = countingHashes();
  const random = seededRandom(1);
  let elapsedMs = 0;
  const authenticator = new Authenticator({
    hashes: counted,
    text,
    random,
    accounts: {
      byAddress: () => undefined,
      byCredentials: (user, realm) => (realm === domain.realm ? accounts.get(user) : undefined),
    },
    domains: { of: ({ host }) => (host === domain.name || host === '192.0.2.9' ? domain : undefined) },
    nonces: new Nonces({ hashes: counted, random }, new Uint8Array(32)),
    counts: new NonceCounts(),
    throttle: new FailureThrottle(),
    flood: new FloodLimit(options),
    hasLiveRegistration: (address, of) => live.has(of === undefined ? address : `${address} ${of.id}`),
  });
  const request = (headers: HeaderLines, method = 'REGISTER', body: Uint8Array = new Uint8Array(0)) =>
    buildRequest({ method, uri: URI, headers, body });
  const send = (
    headers: HeaderLines = [],
    { address = PHONE, method = 'REGISTER', kind = 'registrar' as AuthenticationKind, by = domain } = {},
    body?: Uint8Array,
  ): Identified | Verdict =>
    authenticator.authenticate(
      {
        request: request(headers, method, body),
        flow: { remote: { address, port: 5060 } } as Flow,
        now: after(instant(0), elapsedMs),
        wallTime: after(wallTime(1_790_000_000_000), elapsedMs),
      },
      kind,
      by,
    );
  return {
    accounts,
    domain,
    live,
    counted,
    request,
    send,
    pass: (milliseconds: number) => {
      elapsedMs += milliseconds;
    },
  };
};

const challengesOf = (answer: Identified | Verdict) => {
  if (answer.kind !== 'respond') throw new Error(`no answer but ${answer.kind}`);
  return parseChallenges((answer.headers ?? []).map(([, value]) => value));
};
const statusOf = (answer: Identified | Verdict) => (answer.kind === 'respond' ? answer.status : answer.kind);
const isStale = (answer: Identified | Verdict) => challengesOf(answer)[0]?.stale;

let world: ReturnType<typeof createWorld>;
beforeEach(() => {
  world = createWorld();
  world.accounts.set('alice', account('alice', 'secret'));
});

/** Asks for a challenge and answers it with whatever a test wants to be odd. */
const credentialsFor = (
  user: string,
  password: string,
  odd: Partial<DigestCredentials> = {},
  { method = 'REGISTER', address = PHONE } = {},
): string => {
  const nonce = odd.nonce ?? challengesOf(world.send([], { address }))[0]!.nonce;
  const credentials: DigestCredentials = {
    username: user,
    realm: 'example.org',
    nonce,
    uri: URI,
    response: '',
    algorithm: undefined,
    cnonce: 'c',
    opaque: undefined,
    qop: 'auth',
    nc: '00000001',
    userhash: false,
    ...odd,
  };
  const algorithm = (credentials.algorithm ?? 'MD5') as DigestAlgorithm;
  const secret = ha1(user, 'example.org', password)[algorithm];
  const response = digestResponse(
    hashes,
    algorithm,
    secret,
    ha2(hashes, algorithm, method, credentials.uri),
    credentials,
  );
  return formatCredentials({ ...credentials, response: odd.response ?? response });
};
const authorize = (credentials: string): HeaderLines => [['Authorization', credentials]];
const attempt = (user: string, password: string, odd?: Partial<DigestCredentials>, address = PHONE) =>
  world.send(authorize(credentialsFor(user, password, odd, { address })), { address });

describe('authentication', () => {
  it('challenges, and knows who answers, in the way of a registrar and of a proxy', () => {
    for (const [kind, status, method] of [
      ['registrar', 401, 'REGISTER'],
      ['proxy', 407, 'INVITE'],
    ] as const) {
      const phone = new DigestClient({ hashes, text, random: seededRandom(2) }, [
        { realm: '*', authUsername: 'alice', password: 'secret' },
      ]);
      const first = world.send([], { kind, method });
      expect(statusOf(first)).toBe(status);
      if (first.kind !== 'respond') throw new Error('no challenge');
      const request = world.request([], method);
      expect(
        phone.challenged(request, buildResponse(request, status, { headers: first.headers ?? [] })),
      ).toBe(true);
      for (let count = 0; count < 3; count++) {
        expect(world.send(phone.authorize(method, URI), { kind, method })).toMatchObject({
          kind: 'identified',
          account: { username: 'alice' },
        });
      }
    }
  });

  it('challenges each algorithm of the domain in its order, with its realm', () => {
    const by: Domain = { ...world.domain, algorithms: ['SHA-512-256', 'SHA-256', 'MD5'] };
    expect(challengesOf(world.send([], { by }))).toMatchObject([
      { algorithm: 'SHA-512-256', realm: 'example.org', qop: ['auth'], stale: false },
      { algorithm: 'SHA-256', realm: 'example.org' },
      { algorithm: 'MD5', realm: 'example.org' },
    ]);
    for (const algorithm of by.algorithms) {
      const headers = authorize(credentialsFor('alice', 'secret', { algorithm }));
      expect(world.send(headers, { by })).toMatchObject({ kind: 'identified' });
    }
  });

  it('takes no algorithm that was not offered', () => {
    for (const algorithm of ['SHA-256', 'MD5-sess', 'AKAv1-MD5']) {
      const credentials = credentialsFor('alice', 'secret').replace('qop=', `algorithm=${algorithm}, qop=`);
      expect(statusOf(world.send(authorize(credentials)))).toBe(401);
    }
    expect(statusOf(attempt('alice', 'secret', { algorithm: 'SHA-256' }))).toBe(401);
    const by: Domain = { ...world.domain, algorithms: ['SHA-256'] };
    expect(statusOf(world.send(authorize(credentialsFor('alice', 'secret')), { by }))).toBe(401);
  });

  it('takes its own realm among several credentials, and an offered algorithm among several of these', () => {
    const good = credentialsFor('alice', 'secret');
    const others = ['Basic YTpi', 'Digest realm="', credentialsFor('bob', 'x', { realm: 'b' })];
    const sha = credentialsFor('alice', 'secret', { algorithm: 'SHA-256' });
    const headers = [...others, sha, good].map((value) => ['Authorization', value] as const);
    expect(world.send(headers)).toMatchObject({ kind: 'identified' });
    expect(statusOf(world.send([['Authorization', others[2]!]]))).toBe(401);
    expect(statusOf(world.send([['Authorization', others[1]!]]))).toBe(400);
    expect(statusOf(world.send([['Authorization', others[0]!]]))).toBe(401);
  });

  it('answers unknown users as wrong passwords, after the same hashes', () => {
    const failed = (answer: Identified | Verdict) => answer.kind === 'respond' && isFailedAttempt(answer.why);
    expect(failed(world.send())).toBe(false);
    const costs = (user: string) => {
      const headers = authorize(credentialsFor(user, 'wrong'));
      const before = { ...world.counted.calls };
      const answer = world.send(headers);
      const { hex, digest, hmac } = world.counted.calls;
      return { answer, hashed: [hex - before.hex, digest - before.digest, hmac - before.hmac] };
    };
    // The first of all hashes method and URI too; then they are the same for everybody.
    costs('bob');
    const shape = (answer: Identified | Verdict) =>
      challengesOf(answer).map((one) => ({ ...one, nonce: '' }));
    for (let number = 0; number < 10; number++) {
      const [known, unknown] = [costs('alice'), costs('mallory')];
      expect(unknown.hashed).toEqual(known.hashed);
      expect(known.hashed).toEqual([number < 5 ? 1 : 0, 0, 0]);
      expect([statusOf(known.answer), statusOf(unknown.answer)]).toEqual(
        number < 5 ? [401, 401] : [403, 403],
      );
      if (number < 5) expect(shape(unknown.answer)).toEqual(shape(known.answer));
      if (number < 5) expect([known, unknown].map(({ answer }) => failed(answer))).toEqual([true, true]);
    }
  });

  it('takes auth-int and clients of RFC 2069, these with each nonce once', () => {
    const body = text.utf8Bytes('hello');
    const { nonce } = challengesOf(world.send())[0]!;
    const read = parseCredentials(
      credentialsFor('alice', 'secret', { nonce, qop: 'auth-int' }),
    ) as DigestCredentials;
    const secret = ha1('alice', 'example.org', 'secret').MD5;
    const uriHash = ha2OfBody(hashes, 'MD5', 'REGISTER', URI, body);
    const response = digestResponse(hashes, 'MD5', secret, uriHash, read);
    const headers = authorize(formatCredentials({ ...read, response }));
    expect(statusOf(world.send(headers, {}, text.utf8Bytes('hellO')))).toBe(401);
    expect(world.send(headers, {}, body)).toMatchObject({ kind: 'identified' });
    const old = authorize(
      credentialsFor('alice', 'secret', { qop: undefined, nc: undefined, cnonce: undefined }),
    );
    expect(world.send(old)).toMatchObject({ kind: 'identified' });
    expect(isStale(world.send(old))).toBe(true);
    expect(statusOf(attempt('alice', 'secret', { qop: 'auth,auth-int' }))).toBe(400);
  });

  it('wants the digest URI to mean the Request-URI', () => {
    expect(attempt('alice', 'secret', { uri: 'sip:192.0.2.9:5360;transport=udp' })).toMatchObject({
      kind: 'identified',
    });
    expect(statusOf(attempt('alice', 'secret', { uri: 'sip:bob@example.org' }))).toBe(400);
  });

  it('takes a digest URI that names this server and no user', () => {
    const { username, domain } = account('alice', 'secret');
    expect(attempt(username, 'secret', { uri: `sip:${domain}` })).toMatchObject({ kind: 'identified' });
    expect(statusOf(attempt(username, 'secret', { uri: 'sip:elsewhere.example' }))).toBe(400);
  });

  it('knows users whose names are not ASCII, hashed never', () => {
    const user = 'J\u00e4s\u00f8n';
    world.accounts.set(user, account(user, 'secret', { authUsername: user }));
    const bytes = text.latin1(text.utf8Bytes(user));
    const { nonce } = challengesOf(world.send())[0]!;
    const input = { nonce, qop: 'auth', nc: '1', cnonce: 'c' };
    const secret = ha1(user, 'example.org', 'secret').MD5;
    const response = digestResponse(hashes, 'MD5', secret, ha2(hashes, 'MD5', 'REGISTER', URI), input);
    const write = (name: string) =>
      authorize(
        `Digest ${name}, realm="example.org", nonce="${nonce}", uri="${URI}", response="${response.toUpperCase()}", qop=auth, nc=1, cnonce="c"`,
      );
    expect(statusOf(world.send(write(`username="${bytes}", userhash=true`)))).toBe(401);
    expect(statusOf(world.send(write('username="J\u00e4s\u00f8n"')))).toBe(401);
    expect(world.send(write("username*=UTF-8''J%C3%A4s%C3%B8n"))).toMatchObject({ kind: 'identified' });
    expect(isStale(world.send(write(`username="${bytes}"`)))).toBe(true);
  });

  it('never challenges ACK and CANCEL', () => {
    expect(world.send([], { method: 'ACK' }).kind).toBe('drop');
    expect(world.send([], { method: 'CANCEL' }).kind).toBe('drop');
  });
});

describe('nonces and passwords', () => {
  it('refuse what was said before, as stale', () => {
    const headers = authorize(credentialsFor('alice', 'secret'));
    expect(world.send(headers)).toMatchObject({ kind: 'identified' });
    expect(isStale(world.send(headers))).toBe(true);
  });

  it('refuse what was said before without qop, whatever count somebody else puts beside it', () => {
    const said = credentialsFor('alice', 'secret', { qop: undefined, nc: undefined, cnonce: undefined });
    expect(world.send(authorize(said))).toMatchObject({ kind: 'identified' });
    expect(isStale(world.send(authorize(`${said}, nc=00000002`)))).toBe(true);
  });

  it('refuse old nonces and those of other addresses as stale, and count no failure for them', () => {
    const headers = authorize(credentialsFor('alice', 'wrong'));
    for (let number = 0; number < 300; number++) {
      expect(isStale(world.send(headers, { address: '198.51.100.7' }))).toBe(true);
    }
    expect(attempt('alice', 'secret', {}, '198.51.100.7')).toMatchObject({ kind: 'identified' });
    world.pass(302_000);
    for (let number = 0; number < 10; number++) expect(isStale(world.send(headers))).toBe(true);
    expect(attempt('alice', 'secret')).toMatchObject({ kind: 'identified' });
  });

  it('end at once with a new password', () => {
    const { nonce } = challengesOf(world.send())[0]!;
    expect(attempt('alice', 'secret', { nonce })).toMatchObject({ kind: 'identified' });
    world.accounts.set('alice', account('alice', 'other', { passwordVersion: 2 }));
    const old = attempt('alice', 'secret', { nonce, nc: '00000002' });
    expect([statusOf(old), isStale(old)]).toEqual([401, false]);
    expect(isStale(attempt('alice', 'other', { nonce, nc: '00000003' }))).toBe(true);
    expect(attempt('alice', 'other')).toMatchObject({ kind: 'identified' });
  });

  it('end at once with the account, also where its name comes back', () => {
    const { nonce } = challengesOf(world.send())[0]!;
    expect(attempt('alice', 'secret', { nonce })).toMatchObject({ kind: 'identified' });
    world.accounts.delete('alice');
    expect(statusOf(attempt('alice', 'secret', { nonce, nc: '00000002' }))).toBe(401);
    world.accounts.set('alice', account('alice', 'new', { id: 2 }));
    expect(statusOf(attempt('alice', 'secret', { nonce, nc: '00000003' }))).toBe(401);
  });
});

describe('failures', () => {
  const failFiveTimes = (address = PHONE) => {
    for (let number = 0; number < 5; number++) {
      expect(statusOf(attempt('alice', `guess ${number}`, {}, address))).toBe(401);
    }
  };

  it('are refused after five, for a time, right passwords too', () => {
    failFiveTimes();
    const refused = attempt('alice', 'secret');
    expect(refused).toMatchObject({
      status: 403,
      reason: 'Too Many Failed Attempts',
      headers: [['Retry-After', '2']],
    });
    expect(attempt('alice', 'secret', {}, '198.51.100.7')).toMatchObject({ kind: 'identified' });
    world.pass(2_000);
    expect(attempt('alice', 'secret')).toMatchObject({ kind: 'identified' });
    expect(statusOf(attempt('alice', 'wrong'))).toBe(401);
  });

  it('cost no hash of a password while they are refused', () => {
    failFiveTimes();
    const headers = authorize(credentialsFor('alice', 'secret'));
    const { hex } = world.counted.calls;
    world.send(headers);
    expect(world.counted.calls.hex).toBe(hex);
  });

  it('do not shut out a phone of the account that is registered from that address', () => {
    world.live.add(`${PHONE} 1`);
    failFiveTimes();
    expect(statusOf(attempt('alice', 'wrong'))).toBe(403);
    expect(attempt('alice', 'secret')).toMatchObject({ kind: 'identified' });
    for (let guess = 0; guess < 3; guess++) attempt('alice', 'wrong');
    expect(statusOf(attempt('alice', 'secret'))).toBe(403);
    world.pass(1_000);
    expect(attempt('alice', 'secret')).toMatchObject({ kind: 'identified' });
  });

  it('of many users shut the address out, unless a phone is registered from there', () => {
    for (let user = 0; user < 200; user++) attempt(`user${user}`, 'guess');
    expect(statusOf(attempt('alice', 'secret'))).toBe(403);
    world.live.add(PHONE);
    expect(attempt('alice', 'secret')).toMatchObject({ kind: 'identified' });
  });
});

describe('floods', () => {
  it('of 50,000 requests a second without credentials take nothing from another address', () => {
    world = createWorld();
    world.accounts.set('alice', account('alice', 'secret'));
    const answers = { 401: 0, 503: 0, drop: 0 };
    for (let number = 0; number < 100_000; number++) {
      if (number % 50 === 0) world.pass(1);
      answers[statusOf(world.send([], { address: '203.0.113.5' })) as 401 | 503 | 'drop']++;
      if (number % 1_000 === 0) expect(attempt('alice', 'secret')).toMatchObject({ kind: 'identified' });
    }
    expect(answers[401]).toBeLessThanOrEqual(80_000);
    expect(answers[503]).toBeLessThanOrEqual(30);
    expect(answers.drop).toBeGreaterThan(19_000);
  });

  it('leave right credentials their answer, also at the flooded address', () => {
    world = createWorld({ answersPerSecond: 1, burst: 10 });
    world.accounts.set('alice', account('alice', 'secret'));
    const headers = authorize(credentialsFor('alice', 'secret'));
    while (world.send().kind !== 'drop');
    expect(world.send(headers)).toMatchObject({ kind: 'identified' });
    expect(world.send([['Authorization', 'Digest x']]).kind).toBe('respond');
    expect(world.send([['Authorization', 'Digest x']]).kind).toBe('drop');
  });

  it('are not what honest load is: each success gives back what its challenge took', () => {
    world = createWorld({ answersPerSecond: 1, burst: 100 });
    world.accounts.set('alice', account('alice', 'secret'));
    for (let number = 0; number < 5_000; number++) expect(attempt('alice', 'secret').kind).toBe('identified');
  });
});
