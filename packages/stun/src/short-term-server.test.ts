import { nodeHashes } from '@ringdown/net/ports';
import { describe, expect, test } from 'vitest';
import { shortTermKey, Username } from './credentials.ts';
import { ErrorCode } from './error-code.ts';
import { BINDING, type StunClass } from './header.ts';
import { addIntegrity, type IntegrityAlgorithm } from './integrity.ts';
import { parseStun, StunMessage } from './message.ts';
import { MessageWriter } from './message-writer.ts';
import { authenticateShortTerm } from './short-term-server.ts';

const user = { name: 'abcd', key: shortTermKey('a password of ICE') };
const find = (username: string) => (username === 'abcd:efgh' ? user : undefined);
const message = (
  username: string | undefined,
  integrity: readonly IntegrityAlgorithm[],
  { key = user.key, stunClass = 'request' }: { key?: Uint8Array; stunClass?: StunClass } = {},
): StunMessage => {
  const writer = new MessageWriter(BINDING, stunClass, new Uint8Array(12));
  if (username !== undefined) writer.add(Username, username);
  for (const algorithm of integrity) addIntegrity(writer, algorithm, key, nodeHashes);
  return parseStun(writer.bytes) as StunMessage;
};
const check = (...parts: Parameters<typeof message>) =>
  authenticateShortTerm(message(...parts), find, nodeHashes);

describe('a short-term credential (RFC 8489 §9.1.3)', () => {
  test.each([
    [['sha1'], 'sha1'],
    [['sha256'], 'sha256'],
    [['sha1', 'sha256'], 'sha256'],
  ] as const)('with %s is answered with %s', (integrities, integrity) => {
    expect(check('abcd:efgh', integrities)).toEqual({
      kind: 'authenticated',
      user,
      key: user.key,
      integrity,
    });
  });

  test.each<[string, Parameters<typeof message>, number]>([
    ['no USERNAME', [undefined, ['sha1']], 400],
    ['no integrity', ['abcd:efgh', []], 400],
    ['another user', ['efgh:abcd', ['sha1']], 401],
    ['another password', ['abcd:efgh', ['sha1'], { key: shortTermKey('guessed') }], 401],
  ])('%s', (_, parts, code) => {
    const verdict = check(...parts);
    if (verdict.kind !== 'refused') throw new Error(verdict.kind);
    const answer = parseStun(verdict.answer);
    if (!(answer instanceof StunMessage)) throw new Error(answer.why);
    expect([verdict.code, answer.get(ErrorCode)?.code, answer.bytes.length]).toEqual([code, code, 28]);
  });

  test('indications that do not hold are dropped, answers always', () => {
    const indication = { stunClass: 'indication' } as const;
    expect(check('abcd:efgh', ['sha1'], indication).kind).toBe('authenticated');
    expect(check('efgh:abcd', ['sha1'], indication).kind).toBe('dropped');
    expect(check(undefined, [], indication).kind).toBe('dropped');
    expect(check('abcd:efgh', ['sha1'], { stunClass: 'success' }).kind).toBe('dropped');
  });
});
