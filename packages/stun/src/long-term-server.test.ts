import { nodeHashes } from '@ringdown/net/ports';
import { instant, seededRandom, wallTime } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finishSigned, successTo, unknownAttributesTo } from './answer.ts';
import {
  longTermKey,
  Nonce,
  PasswordAlgorithm,
  type PasswordAlgorithmName,
  PasswordAlgorithms,
  passwordAlgorithm,
  Realm,
  Userhash,
  Username,
  userhash,
} from './credentials.ts';
import { ErrorCode } from './error-code.ts';
import { addFingerprint, fingerprintHolds } from './fingerprint.ts';
import { BINDING, type StunClass } from './header.ts';
import {
  addIntegrity,
  type IntegrityAlgorithm,
  integrityHolds,
  MessageIntegrity,
  MessageIntegritySha256,
} from './integrity.ts';
import { LongTermServer, type LongTermServerOptions, type LongTermUser } from './long-term-server.ts';
import { parseStun, StunMessage } from './message.ts';
import { MessageWriter } from './message-writer.ts';
import { securityFeatures } from './nonce.ts';
import type { CredentialVerdict } from './verdict.ts';

const ID = Uint8Array.from({ length: 12 }, (_, index) => index + 1);
const source = { address: '192.0.2.7', port: 40_123 };
const realm = 'example.org';
const credential = { username: 'alice', realm, password: 'secret' };
const keyOf = (algorithm: PasswordAlgorithmName, password = 'secret'): Uint8Array =>
  longTermKey(algorithm, { ...credential, password }, nodeHashes);
const alice = { name: 'alice', keys: { MD5: keyOf('MD5'), 'SHA-256': keyOf('SHA-256') } };
const bob = { name: 'bob', keys: { 'SHA-256': keyOf('SHA-256') } };
type User = LongTermUser & { readonly name: string };

const parsed = (bytes: Uint8Array): StunMessage => {
  const message = parseStun(bytes);
  if (message instanceof StunMessage) return message;
  throw new Error(message.why);
};

const serverWith = (options: Partial<LongTermServerOptions> = {}, key = new Uint8Array(32).fill(7)) => {
  let now = 1_700_000_000_000;
  const users = {
    find: (username: string): User | undefined => [alice, bob].find(({ name }) => name === username),
    findByHash: (hash: Uint8Array): User | undefined =>
      [alice, bob].find(({ name }) => userhash(name, realm, nodeHashes).join() === hash.join()),
  };
  const server = new LongTermServer<User>({ realm, ...options }, users, {
    clock: { now: () => instant(now), wallTime: () => wallTime(now) },
    hashes: nodeHashes,
    random: seededRandom(1),
    key,
  });
  return { server, pass: (milliseconds: number): number => (now += milliseconds) };
};

type Server = ReturnType<typeof serverWith>['server'];

interface RequestParts {
  readonly username?: string | undefined;
  readonly hash?: Uint8Array;
  readonly realm?: string | undefined;
  readonly nonce?: string | undefined;
  readonly list?: readonly PasswordAlgorithmName[];
  readonly chosen?: PasswordAlgorithmName;
  readonly integrity?: readonly IntegrityAlgorithm[];
  readonly key?: Uint8Array;
  readonly stunClass?: StunClass;
  readonly fingerprint?: boolean;
}

const requestOf = (parts: RequestParts): StunMessage => {
  const writer = new MessageWriter(BINDING, parts.stunClass ?? 'request', ID);
  const { username = 'username' in parts ? undefined : 'alice' } = parts;
  if (username !== undefined && parts.hash === undefined) writer.add(Username, username);
  if (parts.hash !== undefined) writer.add(Userhash, parts.hash);
  const said = 'realm' in parts ? parts.realm : realm;
  if (said !== undefined) writer.add(Realm, said);
  if (parts.nonce !== undefined) writer.add(Nonce, parts.nonce);
  if (parts.list !== undefined) writer.add(PasswordAlgorithms, parts.list.map(passwordAlgorithm));
  if (parts.chosen !== undefined) writer.add(PasswordAlgorithm, passwordAlgorithm(parts.chosen));
  for (const algorithm of parts.integrity ?? ['sha1'])
    addIntegrity(writer, algorithm, parts.key ?? keyOf(parts.chosen ?? 'MD5'), nodeHashes);
  return parsed((parts.fingerprint === true ? addFingerprint(writer) : writer).bytes);
};

const challengeOf = (server: Server, from = source): StunMessage => {
  const verdict = server.authenticate(parsed(new MessageWriter(BINDING, 'request', ID).bytes), from);
  if (verdict.kind !== 'refused') throw new Error(verdict.kind);
  return parsed(verdict.answer);
};
const nonceOf = (server: Server, from = source): string => challengeOf(server, from).get(Nonce)!;
const codeOf = (verdict: CredentialVerdict<User>): number | string =>
  verdict.kind === 'refused' ? verdict.code : verdict.kind;

describe('a server with long-term credentials', () => {
  test('challenges a request without integrity, and says no more than it must', () => {
    const { server } = serverWith();
    const answer = challengeOf(server);
    expect([answer.class, answer.get(ErrorCode)]).toEqual(['error', { code: 401, reason: '' }]);
    expect(answer.get(Realm)).toBe(realm);
    expect(securityFeatures(answer.get(Nonce)!)).toEqual({
      passwordAlgorithms: false,
      usernameAnonymity: false,
    });
    expect(answer.has(PasswordAlgorithms)).toBe(false);
    expect(answer.bytes.length).toBeLessThanOrEqual(84);
  });

  test('lets in who knows the password, as RFC 5389 has it', () => {
    const { server } = serverWith();
    const verdict = server.authenticate(requestOf({ nonce: nonceOf(server) }), source);
    expect(verdict).toEqual({ kind: 'authenticated', user: alice, key: alice.keys.MD5, integrity: 'sha1' });
  });

  test('the same where algorithms are offered to a client that does not know them', () => {
    const { server } = serverWith({ passwordAlgorithms: ['SHA-256', 'MD5'] });
    const verdict = server.authenticate(requestOf({ nonce: nonceOf(server) }), source);
    expect(verdict).toMatchObject({ kind: 'authenticated', key: alice.keys.MD5, integrity: 'sha1' });
  });

  test('SHA-256 where it is offered and chosen, and the answer is signed alike', () => {
    const { server } = serverWith({ passwordAlgorithms: ['SHA-256', 'MD5'] });
    const answer = challengeOf(server);
    expect(answer.get(PasswordAlgorithms)?.map(({ algorithm }) => algorithm)).toEqual([2, 1]);
    expect(securityFeatures(answer.get(Nonce)!)?.passwordAlgorithms).toBe(true);
    const request = requestOf({
      nonce: answer.get(Nonce)!,
      list: ['SHA-256', 'MD5'],
      chosen: 'SHA-256',
      integrity: ['sha256'],
      fingerprint: true,
    });
    const verdict = server.authenticate(request, source);
    if (verdict.kind !== 'authenticated') throw new Error(verdict.kind);
    expect([verdict.key, verdict.integrity]).toEqual([alice.keys['SHA-256'], 'sha256']);
    const signed = parsed(finishSigned(successTo(request), request, verdict, nodeHashes));
    expect(integrityHolds(signed, 'sha256', verdict.key, nodeHashes)).toBe(true);
    expect([signed.has(MessageIntegrity), fingerprintHolds(signed)]).toEqual([false, true]);
  });

  test.each<[string, RequestParts]>([
    ['a list without a choice', { list: ['SHA-256', 'MD5'], integrity: ['sha256'] }],
    ['a choice without a list', { chosen: 'MD5', integrity: ['sha256'] }],
    ['a list from which the best was taken', { list: ['MD5'], chosen: 'MD5', integrity: ['sha256'] }],
    ['a list in another order', { list: ['MD5', 'SHA-256'], chosen: 'MD5', integrity: ['sha256'] }],
    ['a choice with the weaker integrity', { list: ['SHA-256', 'MD5'], chosen: 'SHA-256' }],
  ])('400 to %s: someone bids down (RFC 8489 §9.2.1)', (_, parts) => {
    const { server } = serverWith({ passwordAlgorithms: ['SHA-256', 'MD5'] });
    const verdict = server.authenticate(requestOf({ ...parts, nonce: nonceOf(server) }), source);
    expect(codeOf(verdict)).toBe(400);
    if (verdict.kind !== 'refused') return;
    const answer = parsed(verdict.answer);
    expect([Realm, Nonce, Username, MessageIntegrity].some((one) => answer.has(one))).toBe(false);
  });

  test('a nonce whose cookie was changed on the way is none of ours: 438', () => {
    const { server } = serverWith({ passwordAlgorithms: ['SHA-256', 'MD5'] });
    const nonce = nonceOf(server).replace('obMatJos2gAAA', 'obMatJos2AAAA');
    expect(codeOf(server.authenticate(requestOf({ nonce }), source))).toBe(438);
  });

  test.each<[string, RequestParts]>([
    ['USERNAME', { username: undefined }],
    ['REALM', { realm: undefined }],
    ['NONCE', { nonce: undefined }],
    ['a USERNAME that may be read', { username: 'a'.repeat(509) }],
  ])('400 without %s', (_, parts) => {
    const { server } = serverWith();
    expect(codeOf(server.authenticate(requestOf({ nonce: nonceOf(server), ...parts }), source))).toBe(400);
  });

  test.each<[string, RequestParts]>([
    ['a wrong password', { key: keyOf('MD5', 'guessed') }],
    ['an unknown user', { username: 'mallory' }],
    ['a user without a key of that kind', { username: 'bob' }],
    ['another realm', { realm: 'example.com' }],
    ['an unknown USERHASH', { hash: new Uint8Array(32) }],
  ])('401 to %s, and all of them look alike', (_, parts) => {
    const { server } = serverWith();
    const nonce = nonceOf(server);
    const refusal = (request: RequestParts): Uint8Array => {
      const verdict = server.authenticate(requestOf({ nonce, ...request }), source);
      if (verdict.kind !== 'refused') throw new Error(verdict.kind);
      return verdict.answer;
    };
    expect(refusal(parts)).toEqual(refusal({ key: keyOf('MD5', 'wrong') }));
    expect(parsed(refusal(parts)).get(ErrorCode)?.code).toBe(401);
  });

  test('the stronger of two integrities counts', () => {
    const { server } = serverWith();
    const both = requestOf({ nonce: nonceOf(server), integrity: ['sha1', 'sha256'] });
    expect(codeOf(server.authenticate(both, source))).toBe('authenticated');
    const broken = both.bytes.slice();
    broken[broken.length - 1]! ^= 1;
    expect(codeOf(server.authenticate(parsed(broken), source))).toBe(401);
  });

  test('a client that has MESSAGE-INTEGRITY-SHA256 only is answered with it', () => {
    const { server } = serverWith();
    const request = requestOf({ nonce: nonceOf(server), integrity: ['sha256'] });
    expect(server.authenticate(request, source)).toMatchObject({ integrity: 'sha256' });
  });

  test('USERHASH instead of USERNAME', () => {
    const { server } = serverWith({ usernameAnonymity: true });
    const nonce = nonceOf(server);
    expect(securityFeatures(nonce)).toEqual({ passwordAlgorithms: false, usernameAnonymity: true });
    const hash = userhash('alice', realm, nodeHashes);
    expect(server.authenticate(requestOf({ nonce, hash }), source)).toMatchObject({ user: alice });
  });

  test('anonymity without a way to find who hides is refused at the start', () => {
    const make = () =>
      new LongTermServer<User>(
        { realm, usernameAnonymity: true },
        { find: () => alice },
        {
          clock: { now: () => instant(0), wallTime: () => wallTime(0) },
          hashes: nodeHashes,
          random: seededRandom(1),
        },
      );
    expect(make).toThrow(/findByHash/);
  });

  test('a nonce grows stale: 438 with a new one, to those who know the password only', () => {
    const { server, pass } = serverWith({ nonceLifetimeMs: 600_000 });
    const nonce = nonceOf(server);
    pass(600_000);
    expect(codeOf(server.authenticate(requestOf({ nonce }), source))).toBe('authenticated');
    pass(2_000);
    const verdict = server.authenticate(requestOf({ nonce }), source);
    if (verdict.kind !== 'refused') throw new Error(verdict.kind);
    const answer = parsed(verdict.answer);
    expect([answer.get(ErrorCode)?.code, answer.get(Realm)]).toEqual([438, realm]);
    const again = requestOf({ nonce: answer.get(Nonce)! });
    expect(codeOf(server.authenticate(again, source))).toBe('authenticated');
    const guessed = requestOf({ nonce, key: keyOf('MD5', 'guessed') });
    expect(codeOf(server.authenticate(guessed, source))).toBe(401);
  });

  test('a nonce is good only where it was sent, and where it was signed', () => {
    const { server } = serverWith();
    const nonce = nonceOf(server);
    for (const from of [
      { ...source, port: 1 },
      { ...source, address: '192.0.2.8' },
    ]) {
      expect(codeOf(server.authenticate(requestOf({ nonce }), from))).toBe(438);
      expect(nonceOf(server, from)).not.toBe(nonce);
    }
    const restarted = serverWith().server;
    expect(codeOf(restarted.authenticate(requestOf({ nonce }), source))).toBe('authenticated');
    for (const other of [
      serverWith({}, new Uint8Array(32)).server,
      serverWith({ realm: 'example.net' }).server,
    ])
      expect(codeOf(other.authenticate(requestOf({ nonce }), source))).not.toBe('authenticated');
    for (const made of ['', 'x', 'obMatJos2AAAA', `${nonce}x`, nonce.replace('AAAA', 'AAAB')])
      expect(codeOf(server.authenticate(requestOf({ nonce: made }), source))).toBe(438);
  });

  test('what is no request is dropped', () => {
    const { server } = serverWith();
    for (const stunClass of ['indication', 'success', 'error'] as const)
      expect(codeOf(server.authenticate(requestOf({ stunClass }), source))).toBe('dropped');
  });

  test('a 420 after it is signed', () => {
    const { server } = serverWith();
    const request = requestOf({ nonce: nonceOf(server) });
    const verdict = server.authenticate(request, source);
    if (verdict.kind !== 'authenticated') throw new Error(verdict.kind);
    const answer = finishSigned(unknownAttributesTo(request, [0x24]), request, verdict, nodeHashes);
    expect(integrityHolds(parsed(answer), 'sha1', verdict.key, nodeHashes)).toBe(true);
  });

  test('any attributes in any order: never an exception, never let in, never a large answer', () => {
    const types = [0x06, 0x08, 0x14, 0x15, 0x1c, 0x1d, 0x1e, 0x8002, 0x8028];
    const attribute = fc.tuple(fc.constantFrom(...types), fc.uint8Array({ maxLength: 40 }));
    const { server } = serverWith({ passwordAlgorithms: ['SHA-256', 'MD5'], usernameAnonymity: true });
    const nonce = nonceOf(server);
    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 10 }), fc.boolean(), (attributes, withNonce) => {
        const writer = new MessageWriter(BINDING, 'request', ID);
        if (withNonce) writer.add(Nonce, nonce).add(Username, 'alice').add(Realm, realm);
        for (const [type, value] of attributes) writer.addBytes(type, value);
        const verdict = server.authenticate(parsed(writer.bytes), source);
        if (verdict.kind !== 'refused') throw new Error(verdict.kind);
        expect(verdict.answer.length).toBeLessThanOrEqual(104);
        expect(parsed(verdict.answer).has(MessageIntegritySha256)).toBe(false);
      }),
    );
  });
});
