import { seededRandom } from '@ringdown/sans-io';
import { Crypto, type CryptoSuite, type CryptoValue } from '@ringdown/sdp';
import { describe, expect, test } from 'vitest';
import { makeSdesKeys, SDES_SUITES, sdesGuard } from './sdes.ts';

const random = seededRandom(2);
const value = (suite: CryptoSuite, parts: Partial<CryptoValue> = {}): CryptoValue => ({
  tag: 1,
  suite,
  key: makeSdesKeys(random, suite),
  ...parts,
});
const packet = Uint8Array.from([0x80, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);

describe('keys that stand in descriptions (RFC 4568)', () => {
  test.each(SDES_SUITES)('%s: made keys go through a description and protect both ways', (suite) => {
    const [ours, theirs] = [value(suite), value(suite)];
    const written = Crypto.decode(Crypto.encode(ours) ?? '');
    expect(written).toEqual(ours);
    const [alice, bob] = [sdesGuard(ours, theirs), sdesGuard(theirs, ours)];
    expect(alice.cipher).toBe(suite);
    expect(bob.unprotectRtp(alice.protectRtp(packet))).toEqual(packet);
    expect(alice.unprotectRtp(bob.protectRtp(packet))).toEqual(packet);
  });

  test('the master key index goes with each packet', () => {
    const masterKeyIndex = { value: 258, bytes: 4 };
    const [ours, theirs] = [
      value('AES_CM_128_HMAC_SHA1_80', { masterKeyIndex }),
      value('AES_CM_128_HMAC_SHA1_80'),
    ];
    const sealed = sdesGuard(ours, theirs).protectRtp(packet);
    expect([...sealed.subarray(16, 20)]).toEqual([0, 0, 1, 2]);
    expect(sdesGuard(theirs, ours).unprotectRtp(sealed)).toEqual(packet);
  });

  test('two suites, one that is not known, and a key of a wrong length are refused', () => {
    expect(() => sdesGuard(value('AES_CM_128_HMAC_SHA1_80'), value('AES_CM_128_HMAC_SHA1_32'))).toThrow(
      'one suite holds for both',
    );
    expect(() => makeSdesKeys(random, 'F8_128_HMAC_SHA1_80')).toThrow('not known here');
    const short = value('AES_CM_128_HMAC_SHA1_80', { key: 'AAAA' });
    expect(() => sdesGuard(short, short)).toThrow('3 bytes');
  });
});
