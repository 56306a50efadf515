import { aesBlocks } from '@ringdown/net';
import { seededRandom } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PacketGuard } from '../packet-guard.ts';
import { PROTECTIONS, type ProtectionName } from './protection.ts';
import { type MasterKey, sessionKeys } from './session-keys.ts';
import { srtpGuard } from './srtp-guard.ts';
import { transformFor } from './transform.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
const hex = (given: Uint8Array | undefined): string | undefined =>
  given === undefined ? undefined : Buffer.from(given).toString('hex');

const random = seededRandom(11);
const master = (name: ProtectionName): MasterKey => ({
  key: random.bytes(PROTECTIONS[name].keyBytes),
  salt: random.bytes(PROTECTIONS[name].saltBytes),
});
const NAMES = Object.keys(PROTECTIONS) as ProtectionName[];

/** Two ends of one session. */
const pair = (name: ProtectionName = 'AES_CM_128_HMAC_SHA1_80', identifier?: Uint8Array) => {
  const extra = identifier === undefined ? {} : { identifier };
  const [a, b] = [
    { ...master(name), ...extra },
    { ...master(name), ...extra },
  ];
  return { alice: srtpGuard(PROTECTIONS[name], a, b), bob: srtpGuard(PROTECTIONS[name], b, a) };
};

const rtp = (sequence: number, ssrc = 0xcafebabe, payload = bytes('00112233445566778899')): Uint8Array => {
  const packet = new Uint8Array(12 + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint16(0, 0x8000);
  view.setUint16(2, sequence);
  view.setUint32(4, sequence * 160);
  view.setUint32(8, ssrc);
  packet.set(payload, 12);
  return packet;
};
const rtcp = (ssrc = 0xcafebabe): Uint8Array => {
  const packet = new Uint8Array(28);
  const view = new DataView(packet.buffer);
  view.setUint32(0, 0x80c80006);
  view.setUint32(4, ssrc);
  return packet;
};

describe('published vectors', () => {
  test('the key stream of AES in counter mode (RFC 3711 B.2)', () => {
    const encrypt = aesBlocks(bytes('2B7E151628AED2A6ABF7158809CF4F3C'));
    const counters = ['0000', '0001', '0002'].map((low) => `F0F1F2F3F4F5F6F7F8F9FAFBFCFD${low}`).join('');
    expect(hex(encrypt(bytes(counters)))).toBe(
      'e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0',
    );
  });

  test('derived keys (RFC 3711 B.3)', () => {
    const key = bytes('E1F97A0D3E018BE0D64FA32C06DE4139');
    const salt = bytes('0EC675AD498AFEEBB6960B3AABE6');
    const derived = sessionKeys(PROTECTIONS.AES_CM_128_HMAC_SHA1_80, { key, salt }, 'rtp');
    expect(hex(derived.cipherKey)).toBe('c61e7a93744f39ee10734afe3ff7a087');
    expect(hex(derived.salt)).toBe('30cbbc08863d8c85d49db34a9ae1');
    expect(hex(derived.authenticationKey)).toBe('cebe321f6ff7716b6fd4ab49af256a156d38baa4');
  });

  test('derived keys of 256 bits (RFC 6188 §7.3)', () => {
    const key = bytes('f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6');
    const salt = bytes('3b04803de51ee7c96423ab5b78d2');
    const derived = sessionKeys(PROTECTIONS.AES_256_CM_HMAC_SHA1_80, { key, salt }, 'rtp');
    expect(hex(derived.cipherKey)).toBe('5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4');
    expect(hex(derived.salt)).toBe('fa31791685ca444a9e07c6c64e93');
    expect(hex(derived.authenticationKey)).toBe('fd9c32d39ed5fbb5a9dc96b30818454d1313dc05');
  });

  // Published by libsrtp (test/srtp_driver.c: srtp_validate, srtp_validate_aes_256, srtp_validate_gcm). The short tag is the long one cut
  // off (RFC 3711 §4.2.1), but for RTCP (RFC 4568 §6.2.2). The first packets of AES-256 are those of rtpengine's tests, RTCP among them.
  const PLAIN_RTP = `800f1234decafbadcafebabe${'ab'.repeat(16)}`;
  const PLAIN_RTCP = `81c8000bcafebabe${'ab'.repeat(16)}`;
  test.each<[ProtectionName, string, string, string | undefined]>([
    [
      'AES_CM_128_HMAC_SHA1_80',
      'e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6',
      '800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb',
      '81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798',
    ],
    [
      'AES_CM_128_HMAC_SHA1_32',
      'e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6',
      '800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc',
      '81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798',
    ],
    [
      'AES_256_CM_HMAC_SHA1_80',
      'e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6c173 c317f2dabe357793b6960b3aabe6',
      '800f1234decafbadcafebabe0098219f7ebdba1c3d22f4936f1eac9906f6b227c84961a7b428',
      '81c8000bcafebabe0a865d339e312693592387d45b99a5578000000184f3b4f2b595615af9b5',
    ],
    [
      'AES_256_CM_HMAC_SHA1_80',
      'f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6 3b04803de51ee7c96423ab5b78d2',
      '800f1234decafbadcafebabef1d9de17ff251ff1aa007774b0b4b40da08d9d9a5b3a55d8873b',
      undefined,
    ],
    [
      'AEAD_AES_128_GCM',
      '000102030405060708090a0b0c0d0e0f a0a1a2a3a4a5a6a7a8a9aaab',
      '800f1234decafbadcafebabec5002ede04cfdd2eb91159e0880aa06ed2976826f796b201df3131a127e8a392',
      '81c8000bcafebabec98b8b5df0392a55852b6c21ac8e7025c52c6fbea2b3b446ea31123ba88ce61e80000001',
    ],
  ])('%s', (name, keyText, sealedRtp, sealedRtcp) => {
    const all = bytes(keyText);
    const { keyBytes } = PROTECTIONS[name];
    const key = { key: all.subarray(0, keyBytes), salt: all.subarray(keyBytes) };
    const guard = srtpGuard(PROTECTIONS[name], key, key);
    expect(hex(guard.protectRtp(bytes(PLAIN_RTP)))).toBe(sealedRtp);
    expect(hex(guard.unprotectRtp(bytes(sealedRtp)))).toBe(PLAIN_RTP);
    if (sealedRtcp === undefined) return;
    // Its index is 1, ours begin at 0 (RFC 3711 §3.4).
    guard.protectRtcp(bytes(PLAIN_RTCP));
    expect(hex(guard.protectRtcp(bytes(PLAIN_RTCP)))).toBe(sealedRtcp);
    expect(hex(guard.unprotectRtcp(bytes(sealedRtcp)))).toBe(PLAIN_RTCP);
  });

  // RFC 7714 §16.1.1 and §16.2.1: Gallia est omnis divisa in partes tres.
  test.each<[ProtectionName, string]>([
    [
      'AEAD_AES_128_GCM',
      'f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce',
    ],
    [
      'AEAD_AES_256_GCM',
      '32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13',
    ],
  ])('%s (RFC 7714 §16)', (name, sealedBody) => {
    const { keyBytes, tagBytes } = PROTECTIONS[name];
    const keys = {
      cipherKey: Uint8Array.from({ length: keyBytes }, (_, index) => index),
      salt: bytes('517569642070726f2071756f'),
      authenticationKey: new Uint8Array(0),
    };
    const head = '8040f17b8041f8d35501a0b2';
    const plain = bytes(head + Buffer.from('Gallia est omnis divisa in partes tres').toString('hex'));
    const transform = transformFor(PROTECTIONS[name], keys, tagBytes);
    const nonce = { ssrc: 0x5501a0b2, index: 0xf17b, isRtcp: false };
    expect(hex(transform.seal(plain, 12, nonce, new Uint8Array(0)))).toBe(head + sealedBody);
    expect(transform.open(bytes(head + sealedBody), 12, nonce, 0, false)).toEqual(plain);
  });
});

describe.each(NAMES)('%s', (name) => {
  test('what is sent comes as it was, in both directions, and its bytes are left alone', () => {
    const { alice, bob } = pair(name);
    for (let sequence = 0; sequence < 20; sequence++) {
      const packet = rtp(sequence);
      const copy = packet.slice();
      const sealed = alice.protectRtp(packet);
      const sealedCopy = sealed.slice();
      expect(sealed).toHaveLength(packet.length + PROTECTIONS[name].tagBytes);
      expect(sealed.subarray(0, 12)).toEqual(packet.subarray(0, 12));
      expect(sealed.subarray(12, 22)).not.toEqual(packet.subarray(12));
      expect(bob.unprotectRtp(sealed)).toEqual(packet);
      expect(alice.unprotectRtp(bob.protectRtp(packet))).toEqual(packet);
      const report = bob.protectRtcp(rtcp());
      expect(report).toHaveLength(28 + 4 + PROTECTIONS[name].rtcpTagBytes);
      expect(alice.unprotectRtcp(report)).toEqual(rtcp());
      expect(packet).toEqual(copy);
      expect(sealed).toEqual(sealedCopy);
    }
  });

  test('no byte may change', () => {
    const { alice, bob } = pair(name);
    const sealed = alice.protectRtp(rtp(1));
    const report = alice.protectRtcp(rtcp());
    const changed = (packet: Uint8Array, at: number, bit: number): Uint8Array => {
      const other = packet.slice();
      other[at]! ^= 1 << bit;
      return other;
    };
    for (let bit = 0; bit < 8; bit++) {
      for (let at = 0; at < sealed.length; at++)
        expect(bob.unprotectRtp(changed(sealed, at, bit))).toBeUndefined();
      for (let at = 0; at < report.length; at++)
        expect(bob.unprotectRtcp(changed(report, at, bit))).toBeUndefined();
    }
    expect(bob.unprotectRtp(sealed)).toEqual(rtp(1));
    expect(bob.unprotectRtcp(report)).toEqual(rtcp());
  });

  test('a packet that comes twice is heard once', () => {
    const { alice, bob } = pair(name);
    const sealed = Array.from({ length: 100 }, (_, sequence) => alice.protectRtp(rtp(sequence)));
    for (const packet of sealed) expect(bob.unprotectRtp(packet)).toBeDefined();
    for (const packet of sealed) expect(bob.unprotectRtp(packet)).toBeUndefined();
    const report = alice.protectRtcp(rtcp());
    expect(bob.unprotectRtcp(report)).toBeDefined();
    expect(bob.unprotectRtcp(report)).toBeUndefined();
  });

  test('the key has a name in each packet where it was given one', () => {
    const { alice, bob } = pair(name, Uint8Array.of(0, 7));
    const sealed = alice.protectRtp(rtp(1));
    expect(sealed).toHaveLength(22 + 2 + PROTECTIONS[name].tagBytes);
    expect(bob.unprotectRtp(sealed)).toEqual(rtp(1));
    expect(bob.unprotectRtcp(alice.protectRtcp(rtcp()))).toEqual(rtcp());
    const named = alice.protectRtp(rtp(2));
    named[named.length - 1 - (name.startsWith('AEAD') ? 0 : PROTECTIONS[name].tagBytes)]! ^= 1;
    expect(bob.unprotectRtp(named)).toBeUndefined();
  });

  test('contributing sources and extensions stand in the clear', () => {
    const { alice, bob } = pair(name);
    const packet = bytes('92001234decafbad cafebabe 00000001 00000002 bede0001 10ff0000 aabbccdd');
    const sealed = alice.protectRtp(packet);
    expect(hex(sealed.subarray(0, 28))).toBe(hex(packet.subarray(0, 28)));
    expect(bob.unprotectRtp(sealed)).toEqual(packet);
  });
});

/** Everything that a guard knows, as far as it can be asked: what it does with packets that it has not seen. */
const hears = (guard: PacketGuard, packets: readonly Uint8Array[]): readonly boolean[] =>
  packets.map((packet) => guard.unprotectRtp(packet) !== undefined);

describe('the index of packets (RFC 3711 §3.3.1)', () => {
  test('goes on where sequence numbers begin again, with loss and disorder around it', () => {
    const { alice, bob } = pair();
    const sent = Array.from({ length: 140_000 }, (_, count) => (65_000 + count) & 0xffff);
    const shuffled = seededRandom(5);
    let waiting: Uint8Array[] = [];
    let heard = 0;
    let arrived = 0;
    sent.forEach((sequence, count) => {
      // The network loses half of those at each turn, and most of the others, and mixes thirty at a time.
      const sealed = alice.protectRtp(rtp(sequence, 1, bytes('01')));
      const isNearTurn = sequence > 65_400 || sequence < 100;
      if (isNearTurn && shuffled.fraction() < 0.5) return;
      if (!isNearTurn && count % 20 !== 0) return;
      waiting.push(sealed);
      if (waiting.length < 30) return;
      waiting.sort(() => shuffled.fraction() - 0.5);
      for (const packet of waiting) if (bob.unprotectRtp(packet) !== undefined) heard++;
      arrived += waiting.length;
      waiting = [];
    });
    expect(heard).toBe(arrived);
    expect(arrived).toBeGreaterThan(2_000);
  });

  test('a silence of ten minutes over the turn is no end', () => {
    const { alice, bob } = pair();
    expect(bob.unprotectRtp(alice.protectRtp(rtp(40_000)))).toBeDefined();
    for (let count = 1; count <= 30_000; count++) alice.protectRtp(rtp((40_000 + count) & 0xffff));
    expect(bob.unprotectRtp(alice.protectRtp(rtp((40_000 + 30_001) & 0xffff)))).toBeDefined();
  });

  test('what is older than the window, or from before the beginning, is not heard', () => {
    const { alice, bob } = pair();
    const old = alice.protectRtp(rtp(10));
    for (let sequence = 11; sequence < 2_000; sequence++) bob.unprotectRtp(alice.protectRtp(rtp(sequence)));
    expect(bob.unprotectRtp(old)).toBeUndefined();
    expect(bob.unprotectRtp(rtp(65_000))).toBeUndefined();
  });

  test('what is forged moves nothing and makes nothing', () => {
    const { alice, bob } = pair();
    const good = Array.from({ length: 300 }, (_, index) => alice.protectRtp(rtp(65_400 + (index % 136))));
    expect(bob.unprotectRtp(good[0]!)).toBeDefined();
    for (let sequence = 0; sequence < 65_536; sequence += 7)
      expect(bob.unprotectRtp(Uint8Array.from([...rtp(sequence), ...new Array(10).fill(1)]))).toBeUndefined();
    for (let ssrc = 0; ssrc < 1_000; ssrc++)
      expect(bob.unprotectRtp(Uint8Array.from([...rtp(1, ssrc), ...new Array(10).fill(1)]))).toBeUndefined();
    expect(hears(bob, good.slice(1, 136))).toEqual(new Array(135).fill(true));
    // Another hundred sources have room, since the forged ones took none.
    for (let ssrc = 0; ssrc < 100; ssrc++)
      expect(bob.unprotectRtp(alice.protectRtp(rtp(1, ssrc)))).toBeDefined();
  });

  test('even those who have the key fill no more than so many sources', () => {
    const { alice, bob } = pair();
    const heard = Array.from({ length: 1_000 }, (_, ssrc) =>
      bob.unprotectRtp(alice.protectRtp(rtp(1, ssrc))),
    ).filter((packet) => packet !== undefined);
    expect(heard).toHaveLength(128);
    expect(bob.unprotectRtp(alice.protectRtp(rtp(2, 0)))).toBeDefined();
  });

  test('any order of any packets: each is heard at most once, and then as it was sent', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.array(fc.tuple(fc.nat(600), fc.boolean()), { maxLength: 80 }),
        (first, arrivals) => {
          const { alice, bob } = pair();
          const plain = Array.from({ length: 601 }, (_, index) => rtp((first + index) & 0xffff));
          const sealed = plain.map((packet) => alice.protectRtp(packet));
          // The first says where the index stands.
          const seen = new Set([0]);
          expect(bob.unprotectRtp(sealed[0]!)).toEqual(plain[0]);
          for (const [which, isDamaged] of arrivals) {
            const packet = sealed[which]!.slice();
            if (isDamaged) packet[13]! ^= 1;
            const opened = bob.unprotectRtp(packet);
            expect(opened).toEqual(isDamaged || seen.has(which) ? undefined : plain[which]);
            if (!isDamaged) seen.add(which);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('whatever comes, nothing is thrown', () => {
    const guards = NAMES.map((name) => pair(name).bob);
    const named = NAMES.map((name) => pair(name, Uint8Array.of(1)).bob);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (packet) => {
        for (const guard of [...guards, ...named]) {
          expect(guard.unprotectRtp(packet)).toBeUndefined();
          expect(guard.unprotectRtcp(packet)).toBeUndefined();
        }
      }),
    );
  });

  test('what is no packet cannot be protected', () => {
    const { alice } = pair();
    expect(() => alice.protectRtp(new Uint8Array(11))).toThrow('11 bytes');
    expect(() => alice.protectRtp(bytes('1f001234decafbadcafebabe'))).toThrow(RangeError);
    expect(() => alice.protectRtcp(new Uint8Array(7))).toThrow('7 bytes');
  });
});
