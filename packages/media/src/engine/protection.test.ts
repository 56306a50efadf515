import { seededRandom } from '@ringdown/sans-io';
import type { AgreedSecurity, CryptoValue } from '@ringdown/sdp';
import { describe, expect, test } from 'vitest';
import type { DtlsOptions, DtlsUser } from '../secure/dtls.ts';
import { openGuard, type PacketGuard } from '../secure/packet-guard.ts';
import { makeSdesKeys, sdesGuard } from '../secure/sdes.ts';
import { Protection } from './protection.ts';

const random = seededRandom(1);
const SUITE = 'AES_CM_128_HMAC_SHA1_80';
const crypto = (tag = 1): CryptoValue => ({ tag, suite: SUITE, key: makeSdesKeys(random, SUITE) });
const packet = (sequence: number): Uint8Array => {
  const bytes = new Uint8Array(172).fill(7);
  bytes.set([0x80, 0, sequence >> 8, sequence & 0xff, 0, 0, 0, 0, 1, 2, 3, 4]);
  return bytes;
};

const listener = () => {
  const told: string[] = [];
  const guards: PacketGuard[] = [];
  const sent: Uint8Array[] = [];
  return {
    told,
    guards,
    sent,
    user: {
      protect: (guard: PacketGuard) => void guards.push(guard),
      unprotect: () => void told.push('unprotect'),
      transmit: (bytes: Uint8Array) => void sent.push(bytes),
      failed: (why: string) => void told.push(`failed: ${why}`),
    },
  };
};

const sdes = { keys: () => ({}), guard: sdesGuard };

describe('keys of the description', () => {
  test('a peer that comes with a new key finds our stream where it was, beyond the first roll-over', () => {
    const [ours, first, second] = [crypto(), crypto(), crypto(2)];
    const { user, guards } = listener();
    const protection = new Protection({ sdes }, user);
    protection.agree({ kind: 'sdes', local: ours, remote: first });
    const peer = sdesGuard(first, ours);
    for (let sequence = 0; sequence < 0x1_0010; sequence += 1_000)
      expect(peer.unprotectRtp(guards[0]!.protectRtp(packet(sequence & 0xffff)))).toBeDefined();
    protection.agree({ kind: 'sdes', local: { ...ours, tag: 2 }, remote: second });
    expect(guards).toHaveLength(2);
    // Its receiver goes on, too, for our key is the same.
    expect(peer.unprotectRtp(guards[1]!.protectRtp(packet(0x20)))).toEqual(packet(0x20));
    const its = sdesGuard(second, ours);
    expect(guards[1]!.unprotectRtp(its.protectRtp(packet(5)))).toEqual(packet(5));
    expect(guards[1]!.unprotectRtp(peer.protectRtp(packet(6)))).toBeUndefined();
  });
});

test('what is agreed once more changes nothing', () => {
  const { user, guards, told } = listener();
  const protection = new Protection({ sdes }, user);
  protection.agree({ kind: 'none' });
  protection.agree({ kind: 'none' });
  expect(guards).toEqual([openGuard]);
  expect(told).toEqual(['unprotect']);
});

describe('DTLS', () => {
  const security: AgreedSecurity = {
    kind: 'dtls-srtp',
    role: 'server',
    fingerprints: [{ hash: 'sha-256', value: '00' }],
  };
  const opened = () => {
    const openings: { options: DtlsOptions; user: DtlsUser; received: Uint8Array[]; isClosed: boolean }[] =
      [];
    const identity = { certificatePem: '', keyPem: '', fingerprint: { hash: 'sha-256', value: '11' } };
    const port = {
      identity,
      open: (options: DtlsOptions, user: DtlsUser) => {
        const one = { options, user, received: [] as Uint8Array[], isClosed: false };
        openings.push(one);
        return {
          received: (bytes: Uint8Array) => void one.received.push(bytes),
          close: () => {
            one.isClosed = true;
          },
        };
      },
    };
    return { openings, port };
  };

  test('begins when there is a way, with what came before its time; another peer begins another', () => {
    const { openings, port } = opened();
    const { user, guards } = listener();
    const protection = new Protection({ dtls: port }, user);
    for (let at = 0; at < 20; at++) protection.received(Uint8Array.of(22, at));
    protection.agree(security);
    expect(openings).toHaveLength(0);
    protection.usable(true);
    protection.usable(false);
    protection.usable(true);
    expect(openings).toHaveLength(1);
    expect(openings[0]!.received).toHaveLength(8);
    openings[0]!.user.secured(openGuard);
    expect(guards).toEqual([openGuard]);
    protection.agree({ ...security, fingerprints: [{ hash: 'sha-256', value: '22' }] });
    expect(openings.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    // What the old one has still to say is nobody's.
    openings[0]!.user.failed('too late');
    openings[0]!.user.secured(openGuard);
    expect(guards).toHaveLength(1);
  });

  test.each(['server', 'client'] as const)('as %s: another peer in the same place', (role) => {
    const { openings, port } = opened();
    const { user, guards, told, sent } = listener();
    const protection = new Protection({ dtls: port }, user);
    protection.agree({ ...security, role });
    protection.usable(true);
    protection.received(Uint8Array.of(22, 1));
    protection.startOver();
    protection.received(Uint8Array.of(22, 2));
    const isServer = role === 'server';
    expect(openings.map(({ isClosed }) => isClosed)).toEqual(isServer ? [true, false] : [false]);
    expect(openings.at(-1)!.received.map((bytes) => bytes[1])).toEqual(isServer ? [2] : [1, 2]);
    if (!isServer) return;
    // Nothing of the one before is said to the one who is there now.
    const before = openings[0]!.user;
    before.transmit(Uint8Array.of(21));
    before.failed('it was a stranger');
    before.secured(openGuard);
    expect([sent, guards, told]).toEqual([[], [], ['unprotect']]);
  });

  test('may fail before it is handed over', () => {
    const { port } = opened();
    const { user, told } = listener();
    const open = (_: DtlsOptions, { failed }: DtlsUser) => {
      failed('its certificate is another');
      return { received: () => {}, close: () => {} };
    };
    const protection = new Protection({ dtls: { ...port, open } }, user);
    protection.usable(true);
    protection.agree(security);
    expect(told).toEqual(['unprotect', 'failed: its certificate is another']);
  });
});
