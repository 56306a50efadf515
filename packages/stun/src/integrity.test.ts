import { nodeHashes } from '@ringdown/net/ports';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { longTermKey, Nonce, Realm, shortTermKey, Username } from './credentials.ts';
import { addFingerprint, fingerprintHolds } from './fingerprint.ts';
import { BINDING } from './header.ts';
import {
  addIntegrity,
  type IntegrityAlgorithm,
  integrityHolds,
  MessageIntegrity,
  MessageIntegritySha256,
} from './integrity.ts';
import { parseStun, StunMessage } from './message.ts';
import { MessageWriter } from './message-writer.ts';
import { textAttribute } from './text-attribute.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s+/g, ''), 'hex'));
const parsed = (bytes: Uint8Array): StunMessage => {
  const message = parseStun(bytes);
  if (message instanceof StunMessage) return message;
  throw new Error(message.why);
};
const id = Uint8Array.from({ length: 12 }, (_, index) => index);
const key = shortTermKey('a password');
const written = (algorithm: IntegrityAlgorithm, end = false): Uint8Array => {
  const writer = new MessageWriter(BINDING, 'request', id).add(Username, 'alice:bob');
  addIntegrity(writer, algorithm, key, nodeHashes);
  return (end ? addFingerprint(writer) : writer).bytes.slice();
};

describe('message integrity', () => {
  test('holds for the long-term vector of RFC 5769 §2.4', () => {
    const message = parsed(
      hex(`00 01 00 60 21 12 a4 42 78 ad 34 33 c6 ad 72 c0 29 da 41 2e
           00 06 00 12 e3 83 9e e3 83 88 e3 83 aa e3 83 83 e3 82 af e3 82 b9 00 00
           00 15 00 1c 66 2f 2f 34 39 39 6b 39 35 34 64 36 4f 4c 33 34 6f 4c 39 46 53 54 76 79 36 34 73 41
           00 14 00 0b 65 78 61 6d 70 6c 65 2e 6f 72 67 00
           00 08 00 14 f6 70 24 65 6d d6 4a 3e 02 b8 e0 71 2e 85 c9 a2 8c a8 96 66`),
    );
    const username = message.get(Username)!;
    const realm = message.get(Realm)!;
    expect(Buffer.from(username, 'latin1').toString()).toBe('マトリックス');
    expect([realm, message.get(Nonce)]).toEqual(['example.org', 'f//499k954d6OL34oL9FSTvy64sA']);
    const made = longTermKey('MD5', { username, realm, password: 'TheMatrIX' }, nodeHashes);
    expect(integrityHolds(message, 'sha1', made, nodeHashes)).toBe(true);
    const other = longTermKey('MD5', { username, realm, password: 'TheMatrix' }, nodeHashes);
    expect(integrityHolds(message, 'sha1', other, nodeHashes)).toBe(false);
  });

  test('holds for the short-term vector of RFC 5769 §2.1, with a FINGERPRINT behind it', () => {
    const message = parsed(
      hex(`00 01 00 58 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
           80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74
           00 24 00 04 6e 00 01 ff 80 29 00 08 93 2f f9 b1 51 26 3b 36
           00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20
           00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2
           80 28 00 04 e5 7a 3b cf`),
    );
    const password = shortTermKey('VOkJxbRl1RmTxUk/WvJxBt');
    expect(integrityHolds(message, 'sha1', password, nodeHashes)).toBe(true);
    expect(integrityHolds(message, 'sha256', password, nodeHashes)).toBe(undefined);
  });

  test.each(['sha1', 'sha256'] as const)('of %s breaks with any bit before it', (algorithm) => {
    const bytes = written(algorithm);
    expect(integrityHolds(parsed(bytes), algorithm, key, nodeHashes)).toBe(true);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const broken = bytes.slice();
        broken[at]! ^= 1 << bit;
        const message = parseStun(broken);
        if (message instanceof StunMessage)
          expect(integrityHolds(message, algorithm, key, nodeHashes)).not.toBe(true);
      }),
    );
  });

  test('of SHA-256 may be cut to 16 bytes, in steps of four, and no further', () => {
    const whole = parsed(written('sha256')).get(MessageIntegritySha256)!;
    for (const [length, holds] of [
      [32, true],
      [28, true],
      [16, true],
      [12, false],
      [18, false],
      [0, false],
    ] as const) {
      const writer = new MessageWriter(BINDING, 'request', id).add(Username, 'alice:bob');
      const value = nodeHashes.hmac('sha256', key, writer.announce(4 + length)).subarray(0, length);
      const cut = parsed(writer.addBytes(MessageIntegritySha256.type, value).bytes);
      expect(whole.length).toBe(32);
      expect([length, integrityHolds(cut, 'sha256', key, nodeHashes)]).toEqual([length, holds]);
    }
  });

  test('both kinds may stand there, the one of SHA-1 first', () => {
    const writer = new MessageWriter(BINDING, 'request', id);
    addIntegrity(writer, 'sha1', key, nodeHashes);
    addIntegrity(writer, 'sha256', key, nodeHashes);
    const message = parsed(addFingerprint(writer).bytes);
    expect(integrityHolds(message, 'sha1', key, nodeHashes)).toBe(true);
    expect(integrityHolds(message, 'sha256', key, nodeHashes)).toBe(true);
    expect(fingerprintHolds(message)).toBe(true);
  });

  test('hides what stands behind it, whatever it is (RFC 8489 §14.5)', () => {
    const late = textAttribute('LATE', 0x7abc, 10);
    const writer = new MessageWriter(BINDING, 'request', id);
    addIntegrity(writer, 'sha1', key, nodeHashes).add(Username, 'mallory').add(late, 'x');
    const message = parsed(writer.bytes);
    expect([message.has(Username), message.has(late), message.unknown(new Set([8]))]).toEqual([
      false,
      false,
      [],
    ]);
    expect(message.has(MessageIntegrity)).toBe(true);
  });
});
