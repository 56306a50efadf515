import { nodeHashes } from '@ringdown/net/ports';
import { instant, seededRandom, wallTime } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorTo, finishSigned, successTo } from './answer.ts';
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
import { BINDING } from './header.ts';
import { MessageIntegrity, MessageIntegritySha256 } from './integrity.ts';
import { LongTermClient, type LongTermClientOptions, type SignedRequest } from './long-term-client.ts';
import { LongTermServer, type LongTermServerOptions } from './long-term-server.ts';
import { parseStun, StunMessage } from './message.ts';
import { MessageWriter } from './message-writer.ts';

const source = { address: '192.0.2.7', port: 40_123 };
const realm = 'example.org';
const parsed = (bytes: Uint8Array): StunMessage => {
  const message = parseStun(bytes);
  if (message instanceof StunMessage) return message;
  throw new Error(message.why);
};
const keyOf = (algorithm: PasswordAlgorithmName, inRealm = realm) =>
  longTermKey(algorithm, { username: 'alice', realm: inRealm, password: 'secret' }, nodeHashes);
const request = (): MessageWriter => new MessageWriter(BINDING, 'request', new Uint8Array(12).fill(9));
const clientWith = (options: Partial<LongTermClientOptions> = {}): LongTermClient =>
  new LongTermClient({ username: 'alice', password: 'secret', ...options }, nodeHashes);

const serverWith = (options: Partial<LongTermServerOptions> = {}) => {
  let now = 1_700_000_000_000;
  const alice = { keys: { MD5: keyOf('MD5'), 'SHA-256': keyOf('SHA-256') } };
  const hash = userhash('alice', realm, nodeHashes).join();
  const server = new LongTermServer(
    { realm, ...options },
    {
      find: (username) => (username === 'alice' ? alice : undefined),
      findByHash: (given) => (given.join() === hash ? alice : undefined),
    },
    {
      clock: { now: () => instant(now), wallTime: () => wallTime(now) },
      hashes: nodeHashes,
      random: seededRandom(1),
    },
  );
  const answer = (signed: SignedRequest): StunMessage => {
    const asked = parsed(signed.bytes);
    const verdict = server.authenticate(asked, source);
    if (verdict.kind === 'dropped') throw new Error('no request');
    if (verdict.kind === 'refused') return parsed(verdict.answer);
    return parsed(finishSigned(successTo(asked), asked, verdict, nodeHashes));
  };
  return { answer, pass: (milliseconds: number) => (now += milliseconds) };
};

/** Attempts until the end, and how that was. */
const exchange = (client: LongTermClient, answer: (signed: SignedRequest) => StunMessage) => {
  for (let signed = client.sign(request()); ; signed = client.sign(request(), signed)) {
    const response = answer(signed);
    if (!signed.accepts(response)) return { end: 'ignored', signed, response };
    const step = signed.step(response);
    if (step.kind !== 'again')
      return { end: step.kind === 'failed' ? step.cause : response.class, signed, response };
  }
};

const challenge = (
  signed: SignedRequest,
  { code = 401, inRealm = realm, nonce = 'n' }: { code?: number; inRealm?: string; nonce?: string },
): MessageWriter => errorTo(parsed(signed.bytes), code).add(Realm, inRealm).add(Nonce, nonce);

describe('a client with a long-term credential', () => {
  test('shows nothing at first, then what the server asked for, then that at once', () => {
    const { answer } = serverWith();
    const client = clientWith();
    const first = client.sign(request());
    expect(first.bytes.length).toBe(20);
    const { end, signed } = exchange(client, answer);
    expect([end, signed.attempt, client.realm]).toEqual(['success', 2, realm]);
    expect(parsed(signed.bytes).has(MessageIntegrity)).toBe(true);
    expect(exchange(client, answer)).toMatchObject({ end: 'success', signed: { attempt: 1 } });
  });

  test('takes a new nonce where the old one has grown stale', () => {
    const { answer, pass } = serverWith({ nonceLifetimeMs: 1_000 });
    const client = clientWith();
    exchange(client, answer);
    pass(5_000);
    expect(exchange(client, answer)).toMatchObject({ end: 'success', signed: { attempt: 2 } });
  });

  test.each([
    [['SHA-256', 'MD5'], 2],
    [['MD5', 'SHA-256'], 1],
  ] as const)('of %s it takes the first, and signs with SHA-256', (passwordAlgorithms, algorithm) => {
    const { end, signed } = exchange(clientWith(), serverWith({ passwordAlgorithms }).answer);
    const sent = parsed(signed.bytes);
    expect(end).toBe('success');
    expect(sent.get(PasswordAlgorithm)?.algorithm).toBe(algorithm);
    expect([sent.has(MessageIntegritySha256), sent.has(MessageIntegrity)]).toEqual([true, false]);
  });

  test('hides its name where the server wants that, unless it is told not to', () => {
    const { answer } = serverWith({ usernameAnonymity: true });
    const hidden = exchange(clientWith(), answer);
    expect(hidden.end).toBe('success');
    expect([Userhash, Username].map((one) => parsed(hidden.signed.bytes).has(one))).toEqual([true, false]);
    const shown = exchange(clientWith({ usernameAnonymity: false }), answer);
    expect([shown.end, parsed(shown.signed.bytes).has(Username)]).toEqual(['success', true]);
  });

  test('a wrong password fails after one try', () => {
    const { end, signed } = exchange(clientWith({ password: 'guessed' }), serverWith().answer);
    expect([end, signed.attempt]).toEqual(['wrong credentials', 2]);
  });

  test('another realm is another try, but not for ever', () => {
    let realms = 0;
    const { end, signed } = exchange(clientWith(), (one) =>
      parsed(challenge(one, { inRealm: `realm ${realms++}` }).bytes),
    );
    expect([end, signed.attempt]).toEqual(['bad challenge', 4]);
  });

  test('a server that calls its own fresh nonces stale is left', () => {
    const { end } = exchange(clientWith(), (one) => parsed(challenge(one, { code: 438 }).bytes));
    expect(end).toBe('bad challenge');
    const bare = exchange(clientWith(), (one) => parsed(errorTo(parsed(one.bytes), 401).bytes));
    expect(bare.end).toBe('bad challenge');
  });

  test('a challenge whose algorithms were taken away on the way is not answered (RFC 8489 §9.2.5)', () => {
    const { answer } = serverWith({ passwordAlgorithms: ['SHA-256'] });
    const { end } = exchange(clientWith(), (one) =>
      parsed(challenge(one, { nonce: answer(one).get(Nonce)! }).bytes),
    );
    expect(end).toBe('bid down');
    const client = clientWith();
    exchange(client, answer);
    expect(exchange(client, (one) => parsed(challenge(one, { code: 438 }).bytes)).end).toBe('bid down');
  });

  test('algorithms that are not known are no way in', () => {
    const unknown = [{ algorithm: 77, parameters: new Uint8Array(0) }];
    const { end } = exchange(clientWith(), (one) =>
      parsed(challenge(one, {}).add(PasswordAlgorithms, unknown).bytes),
    );
    expect(end).toBe('no common algorithm');
  });

  test('answers that are not signed, or with another key, are ignored', () => {
    const { answer } = serverWith();
    const client = clientWith();
    exchange(client, answer);
    const signed = client.sign(request());
    const asked = parsed(signed.bytes);
    const key = keyOf('MD5', 'another.example');
    const forged = finishSigned(successTo(asked), asked, { key, integrity: 'sha1' }, nodeHashes);
    for (const response of [successTo(asked).bytes, errorTo(asked, 400).bytes, forged])
      expect(signed.accepts(parsed(response))).toBe(false);
    expect(signed.violated).toBe(true);
    expect(signed.accepts(answer(signed))).toBe(true);
  });

  test('where algorithms were offered an answer with the weaker integrity is ignored', () => {
    const { answer } = serverWith({ passwordAlgorithms: ['MD5'] });
    const client = clientWith();
    exchange(client, answer);
    const signed = client.sign(request());
    const asked = parsed(signed.bytes);
    const weak = { key: keyOf('MD5'), integrity: 'sha1' } as const;
    expect(signed.accepts(parsed(finishSigned(successTo(asked), asked, weak, nodeHashes)))).toBe(false);
  });

  test('other answers with a nonce that hides its algorithms are ignored, too', () => {
    const signed = clientWith().sign(request());
    const answer = successTo(parsed(signed.bytes)).add(Nonce, 'obMatJos2gAAAx');
    expect(signed.accepts(parsed(answer.bytes))).toBe(false);
    answer.add(PasswordAlgorithms, [passwordAlgorithm('MD5')]);
    expect(signed.accepts(parsed(answer.bytes))).toBe(true);
  });

  test('any answer: never an exception, and never a success that is not signed', () => {
    const types = [0x06, 0x08, 0x09, 0x14, 0x15, 0x1c, 0x1d, 0x1e, 0x20, 0x8002];
    const value = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom('obMatJos2wAAA', 'obMatJos2!AAA').map((text) => Buffer.from(text)),
      fc
        .constantFrom(401, 438, 400, 300)
        .map((code) => Uint8Array.of(0, 0, Math.floor(code / 100), code % 100)),
    );
    const attributes = fc.array(fc.tuple(fc.constantFrom(...types), value), { maxLength: 8 });
    fc.assert(
      fc.property(attributes, fc.constantFrom('success', 'error'), fc.boolean(), (list, stunClass, known) => {
        const client = clientWith();
        if (known) exchange(client, serverWith().answer);
        const signed = client.sign(request());
        const answer = new MessageWriter(BINDING, stunClass, new Uint8Array(12).fill(9));
        for (const [type, bytes] of list) answer.addBytes(type, bytes);
        const response = parsed(answer.bytes);
        const accepted = signed.accepts(response);
        if (known && stunClass === 'success') expect(accepted).toBe(false);
        if (accepted && signed.step(response).kind === 'again')
          expect(parsed(client.sign(request(), signed).bytes).has(Nonce)).toBe(true);
      }),
    );
  });
});
