import { createHash, X509Certificate } from 'node:crypto';
import { makeSelfSignedCertificate } from '@ringdown/net';
import { instant, seededRandom, TimingWheel } from '@ringdown/sans-io';
import type { FingerprintValue } from '@ringdown/sdp';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDtls } from '../create-dtls.ts';
import type { Dtls, DtlsIdentity, DtlsOptions } from '../dtls.ts';
import { makeDtlsIdentity } from '../dtls-identity.ts';
import type { PacketGuard } from '../packet-guard.ts';
import { judgeCertificate } from './fingerprint.ts';

const identityOf = (names: readonly string[]): DtlsIdentity => {
  const { certificatePem, keyPem } = makeSelfSignedCertificate(names);
  const value = new X509Certificate(certificatePem).fingerprint256;
  return { certificatePem, keyPem, fingerprint: { hash: 'sha-256', value } };
};
/** About 5 kB. */
const large = identityOf(
  Array.from({ length: 50 }, (_, index) => `a-rather-long-name-${index}.radio.example`),
);
const [alice, bob, mallory] = [await makeDtlsIdentity(), await makeDtlsIdentity(), await makeDtlsIdentity()];

/** What becomes of a datagram: how many milliseconds each copy of it takes; none where it is lost. */
type Weather = (bytes: Uint8Array, from: 'client' | 'server') => readonly number[];
const FAIR: Weather = () => [10];

/** One end, and what it was told. */
interface End {
  dtls: Dtls;
  guard: PacketGuard | undefined;
  why: string | undefined;
  sent: Uint8Array[];
  readonly events: string[];
}

/** Two ends and the way between them, in virtual time. */
class World {
  readonly #wheel = new TimingWheel(instant(0));
  readonly #underway: {
    readonly at: number;
    readonly to: 'client' | 'server';
    readonly bytes: Uint8Array;
  }[] = [];
  #now = 0;
  weather: Weather;
  readonly client: End;
  readonly server: End;

  constructor(weather: Weather = FAIR, client: Partial<DtlsOptions> = {}, server: Partial<DtlsOptions> = {}) {
    this.weather = weather;
    this.server = this.#end('server', { identity: bob, fingerprints: [alice.fingerprint], ...server });
    this.client = this.#end('client', { identity: alice, fingerprints: [bob.fingerprint], ...client });
  }

  #end(role: 'client' | 'server', options: Omit<DtlsOptions, 'role'>): End {
    const end: Omit<End, 'dtls'> = { guard: undefined, why: undefined, sent: [], events: [] };
    const user = {
      transmit: (bytes: Uint8Array): void => {
        end.sent.push(bytes);
        this.send(role, bytes);
      },
      secured: (guard: PacketGuard): void => {
        end.events.push('secured');
        end.guard = guard;
      },
      failed: (why: string): void => {
        end.events.push('failed');
        end.why = why;
      },
    };
    const random = seededRandom(role === 'client' ? 1 : 2);
    const dtls = createDtls({ role, ...options }, user, { timers: this.#wheel, random });
    return Object.assign(end, { dtls });
  }

  send(from: 'client' | 'server', bytes: Uint8Array): void {
    const to = from === 'client' ? 'server' : 'client';
    for (const delay of this.weather(bytes, from)) this.#underway.push({ at: this.#now + delay, to, bytes });
  }

  /** Lets time pass until nothing is left to do, or so much has passed. */
  run(forMs = 60_000): void {
    const end = this.#now + forMs;
    for (;;) {
      this.#underway.sort((one, other) => one.at - other.at);
      const next = Math.min(this.#underway[0]?.at ?? Infinity, this.#wheel.deadline() ?? Infinity);
      if (next > end) break;
      this.#now = Math.max(this.#now, next);
      while ((this.#underway[0]?.at ?? Infinity) <= this.#now) {
        const { to, bytes } = this.#underway.shift()!;
        this[to].dtls.received(bytes);
      }
      this.#wheel.expire(instant(this.#now));
    }
    this.#now = end;
    this.#wheel.expire(instant(end));
  }

  get now(): number {
    return this.#now;
  }

  get timers(): number {
    return this.#wheel.deadline() === undefined ? 0 : 1;
  }
}

const packet = Uint8Array.from([0x80, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);

const speakToEachOther = (world: World): void => {
  expect(world.client.events).toEqual(['secured']);
  expect(world.server.events).toEqual(['secured']);
  const [one, other] = [world.client.guard!, world.server.guard!];
  expect(one.cipher).toBe('AES_CM_128_HMAC_SHA1_80');
  expect(other.cipher).toBe(one.cipher);
  expect(other.unprotectRtp(one.protectRtp(packet))).toEqual(packet);
  expect(one.unprotectRtp(other.protectRtp(packet))).toEqual(packet);
  // Each direction has a key of its own.
  expect(one.unprotectRtp(one.protectRtp(packet))).toBeUndefined();
};

const failedBoth = (world: World): readonly (string | undefined)[] => [world.client.why, world.server.why];

describe('DTLS for SRTP (RFC 5764)', () => {
  test('two ends agree on keys in three datagrams each way or less, none larger than fits', () => {
    const world = new World();
    world.run(1_000);
    speakToEachOther(world);
    const datagrams = [...world.client.sent, ...world.server.sent];
    expect(datagrams.length).toBeLessThanOrEqual(5);
    expect(Math.max(...datagrams.map(({ length }) => length))).toBeLessThanOrEqual(1_200);
    for (const [first] of datagrams) expect(first).toSatisfy((byte: number) => byte >= 20 && byte <= 63);
  });

  test('a server that is told nothing gives up after 30 seconds, and says that nothing came', () => {
    const world = new World(() => []);
    world.run();
    expect(failedBoth(world)).toEqual([
      'nothing of the peer’s DTLS handshake came within 30 seconds',
      'nothing of the peer’s DTLS handshake came within 30 seconds',
    ]);
    expect(world.timers).toBe(0);
    // 300, 600, 1,200, 2,400 and every 3,000 ms.
    expect(world.client.sent.length).toBeLessThan(16);
  });

  test.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'loss of a third, disorder and doubling: weather %i',
    (seed) => {
      const random = seededRandom(seed);
      const world = new World(() =>
        Array.from({ length: random.fraction() < 0.33 ? 0 : random.fraction() < 0.2 ? 2 : 1 }, () =>
          Math.floor(5 + random.fraction() * 400),
        ),
      );
      world.run(30_000);
      speakToEachOther(world);
      expect(world.client.sent.length + world.server.sent.length).toBeLessThan(120);
    },
  );

  test('each single datagram may be lost', () => {
    for (let lost = 0; lost < 6; lost++) {
      let count = 0;
      const world = new World(() => (count++ === lost ? [] : [10]));
      world.run(5_000);
      speakToEachOther(world);
    }
  });

  test('the last words are said again to a client that did not hear them', () => {
    let isLost = true;
    const world = new World((bytes, from) => {
      // ChangeCipherSpec begins the last flight of a server.
      const isLast = from === 'server' && bytes[0] === 20;
      if (isLast && isLost) {
        isLost = false;
        return [];
      }
      return [10];
    });
    world.run(100);
    expect(world.server.events).toEqual(['secured']);
    expect(world.client.events).toEqual([]);
    world.run(2_000);
    speakToEachOther(world);
  });

  test('messages in small pieces, in any order, are put together', () => {
    const random = seededRandom(4);
    const world = new World(
      (bytes) => {
        // A large certificate of the server's: see below.
        return bytes.length > 1_000 ? [300 * random.fraction()] : [10];
      },
      { fingerprints: [large.fingerprint] },
      { identity: large },
    );
    world.run(5_000);
    speakToEachOther(world);
    expect(Math.max(...world.server.sent.map(({ length }) => length))).toBeLessThanOrEqual(1_200);
    expect(world.server.sent.length).toBeGreaterThan(3);
  });

  test('a certificate that was not announced ends it, on both sides', () => {
    const ofServer = new World(FAIR, { fingerprints: [mallory.fingerprint] });
    ofServer.run(5_000);
    expect(ofServer.client.why).toBe('the peer’s certificate is not the one that its description announced');
    expect(ofServer.server.why).toBe('the peer refused DTLS: our certificate is bad to it');
    expect([ofServer.client.guard, ofServer.server.guard]).toEqual([undefined, undefined]);
    const ofClient = new World(FAIR, {}, { fingerprints: [mallory.fingerprint] });
    ofClient.run(5_000);
    expect(ofClient.server.why).toBe('the peer’s certificate is not the one that its description announced');
    expect(ofClient.client.why).toBe('the peer refused DTLS: our certificate is bad to it');
  });

  test('whoever shows the certificate of another without its key is found out, on both sides', () => {
    const stolen = (of: DtlsIdentity): DtlsIdentity => ({ ...of, keyPem: mallory.keyPem });
    const asServer = new World(FAIR, {}, { identity: stolen(bob) });
    asServer.run(5_000);
    expect(asServer.client.why).toBe('the peer showed a certificate whose key it does not have');
    expect(asServer.client.guard).toBeUndefined();
    const asClient = new World(FAIR, { identity: stolen(alice) });
    asClient.run(5_000);
    expect(asClient.server.why).toBe('the peer showed a certificate whose key it does not have');
    expect(asClient.server.guard).toBeUndefined();
  });

  test('any change of a datagram on its way is found out or healed; the two never disagree', () => {
    fc.assert(
      fc.property(fc.nat(5), fc.nat(1_200), fc.integer({ min: 1, max: 255 }), (which, at, mask) => {
        let count = 0;
        const world = new World((bytes) => {
          if (count++ === which) bytes[at % bytes.length]! ^= mask;
          return [10];
        });
        world.run(40_000);
        const isWell = world.client.guard !== undefined && world.server.guard !== undefined;
        if (isWell) {
          const [one, other] = [world.client.guard!, world.server.guard!];
          expect(other.unprotectRtp(one.protectRtp(packet))).toEqual(packet);
          expect(one.unprotectRtp(other.protectRtp(packet))).toEqual(packet);
        } else expect(world.client.why ?? world.server.why).toBeDefined();
      }),
      { numRuns: 150 },
    );
  });

  test('a forged beginning does not keep the true one out', () => {
    const world = new World();
    const other = new World();
    world.server.dtls.received(other.client.sent[0]!);
    world.run(5_000);
    speakToEachOther(world);
  });

  test('who speaks DTLS 1.0 alone is told at once, and we know why', () => {
    const old: Weather = (bytes, from) => {
      // The version within ClientHello: behind the heads of the record and of the message.
      if (from === 'client' && bytes[0] === 22) bytes.set([0xfe, 0xff], 25);
      return [10];
    };
    const world = new World(old);
    world.run(5_000);
    expect(world.server.why).toBe('the peer speaks DTLS 1.0 alone, which is no longer safe');
    expect(world.client.why).toBe('the peer refused DTLS: it does not speak DTLS 1.2');
  });

  test('a forged alert in the clear does not end what goes on', () => {
    const alert = Uint8Array.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 40]);
    const world = new World();
    world.client.dtls.received(alert);
    world.server.dtls.received(alert);
    world.run(5_000);
    speakToEachOther(world);
    world.client.dtls.received(alert);
    world.server.dtls.received(alert);
    world.run(5_000);
    expect([...world.client.events, ...world.server.events]).toEqual(['secured', 'secured']);
  });

  test('closing tells the peer, and leaves nothing behind', () => {
    const world = new World();
    world.run(1_000);
    world.client.dtls.close();
    world.client.dtls.close();
    world.run(1_000);
    expect(world.server.why).toBe('the peer closed DTLS');
    expect(world.client.events).toEqual(['secured']);
    expect(world.timers).toBe(0);
    const sent = world.client.sent.length;
    world.client.dtls.received(world.server.sent[0]!);
    world.run(10_000);
    expect(world.client.sent).toHaveLength(sent);
  });

  test('closing in the midst of the handshake ends the other side too', () => {
    const world = new World();
    world.run(15);
    world.client.dtls.close();
    world.run(5_000);
    expect(world.server.why).toBe('the peer refused DTLS: it closed the association');
    expect(world.timers).toBe(0);
  });

  test('whatever strangers send, nothing is thrown, little is sent, and the true peer comes through', () => {
    const example = new World();
    example.run(1_000);
    const real = [...example.client.sent, ...example.server.sent];
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.constantFrom(...real), fc.array(fc.tuple(fc.nat(1_200), fc.nat(255)), { maxLength: 8 }))
        .map(([bytes, changes]) => {
          const changed = bytes.slice();
          for (const [at, value] of changed.length === 0 ? [] : changes) changed[at % changed.length] = value;
          return changed;
        }),
    );
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 12 }), (datagrams) => {
        const world = new World(() => []);
        for (const bytes of datagrams) {
          const before = world.client.sent.length + world.server.sent.length;
          world.client.dtls.received(bytes);
          world.server.dtls.received(bytes);
          expect(world.client.sent.length + world.server.sent.length - before).toBeLessThanOrEqual(10);
        }
        expect(world.client.guard).toBeUndefined();
        expect(world.server.guard).toBeUndefined();
        world.run(40_000);
        expect(world.timers).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  test('a flood cannot make an end send for ever', () => {
    const world = new World();
    world.run(1_000);
    const hello = new World(() => []).client.sent[0]!;
    const before = world.server.sent.length;
    for (let count = 0; count < 10_000; count++) {
      world.server.dtls.received(hello);
      for (const bytes of world.client.sent.slice(0, 3)) world.server.dtls.received(bytes);
    }
    expect(world.server.sent.length - before).toBeLessThan(100);
    const waiting = new World(() => []);
    for (let count = 0; count < 10_000; count++) waiting.server.dtls.received(hello);
    expect(waiting.server.sent.length).toBeLessThan(200);
  });
});

test('one datagram leads to one flight, however often it repeats itself', () => {
  const world = new World(() => []);
  const hello = world.client.sent[0]!;
  const often = Uint8Array.from(Array.from({ length: 40 }, () => [...hello]).flat());
  world.server.dtls.received(hello);
  const flight = world.server.sent.length;
  world.server.dtls.received(often);
  expect(world.server.sent.length).toBe(2 * flight);
  const others = Array.from({ length: 40 }, (_, index) => {
    const other = hello.slice();
    other[30] = index;
    return [...other];
  });
  world.server.dtls.received(Uint8Array.from(others.flat()));
  expect(world.server.sent.length).toBe(3 * flight);
});

describe('fingerprints (RFC 8122)', () => {
  const der = Buffer.from(bob.certificatePem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const of = (hash: string): FingerprintValue => {
    const digest = createHash(hash.replace('-', '')).update(der).digest('hex').toUpperCase();
    return { hash, value: digest.match(/../g)!.join(':') };
  };

  test.each(['sha-1', 'sha-256', 'sha-384', 'sha-512'])('%s', (hash) => {
    expect(judgeCertificate(der, [of(hash)])).toMatchObject({ keyKind: 'ec' });
    expect(judgeCertificate(der, [{ ...of(hash), hash: hash.toUpperCase() }])).toMatchObject({
      keyKind: 'ec',
    });
    const value = of(hash).value.replace(/^../, (two) => (two === '00' ? '01' : '00'));
    expect(judgeCertificate(der, [{ hash, value }])).toMatch('not the one');
  });

  test('the strongest hash decides; one of several certificates is enough', () => {
    const wrong = { hash: 'sha-512', value: '00:11' };
    expect(judgeCertificate(der, [of('sha-1'), wrong])).toMatch('not the one');
    expect(judgeCertificate(der, [wrong, of('sha-512')])).toMatchObject({ keyKind: 'ec' });
    expect(judgeCertificate(der, [{ hash: 'md5', value: '00' }])).toMatch('hash that is known');
    expect(judgeCertificate(der, [])).toMatch('hash that is known');
    expect(judgeCertificate(Uint8Array.of(1, 2), [of('sha-1')])).toMatch('cannot be read');
    expect(judgeCertificate(new Uint8Array(0), [of('sha-1')])).toMatch('no certificate');
  });

  test('an identity says the SHA-256 of its certificate', async () => {
    expect(bob.fingerprint).toEqual(of('sha-256'));
    expect(bob.fingerprint.value).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect((await makeDtlsIdentity()).fingerprint).not.toEqual(bob.fingerprint);
  });
});
