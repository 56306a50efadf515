import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Malformed,
  parseRtcp,
  parseRtp,
  type RtcpPacket,
  RtpPacket,
  writeRtcp,
  writeRtp,
} from '../src/index.ts';
import { at, call, Party, Stage } from './stage.ts';

const packetOf = (bytes: Uint8Array): RtpPacket => {
  const packet = parseRtp(bytes);
  if (!(packet instanceof RtpPacket)) throw new Error(packet.why);
  return packet;
};

const stranger = at('203.0.113.66', 6_666);

/** A voice that is nobody's. */
const forged = (ssrc: number, sequence: number, timestamp = 160 * sequence): Uint8Array =>
  writeRtp({ payloadType: 0, ssrc, sequence, timestamp, payload: new Uint8Array(160).fill(0xff) });

describe('a call', () => {
  test('every packet arrives once, in a validated source; the first is not lost by its validation', () => {
    const { stage, alice, bob } = call(1);
    alice.speak(50);
    stage.run(2_000);
    expect(bob.heard).toHaveLength(50);
    expect(bob.of('source')).toEqual([{ kind: 'source', ssrc: alice.session.ssrc, previous: undefined }]);
    expect(bob.session.statistics.received).toMatchObject({ packets: 50, cumulativeLost: 0, octets: 8_000 });
    expect(bob.session.statistics.received!.jitterMs).toBeLessThan(0.5);
  });

  test('loss, jitter and the round trip are what the path does, on both sides', () => {
    const { stage, alice, bob } = call(2, { latencyMs: 40, jitterMs: 30, loss: 0.1 });
    alice.speak();
    bob.speak();
    stage.run(60_000);
    const { received, roundTripMs, peer } = bob.session.statistics;
    expect(received!.lossRatio).toBeGreaterThan(0.08);
    expect(received!.lossRatio).toBeLessThan(0.12);
    // Differences of two evenly spread delays have a mean of a third of the spread.
    expect(received!.jitterMs).toBeGreaterThan(6);
    expect(received!.jitterMs).toBeLessThan(14);
    expect(roundTripMs).toBeGreaterThan(75);
    expect(roundTripMs).toBeLessThan(145);
    expect(peer!.lossRatio).toBeGreaterThan(0.02);
    expect(peer!.jitterMs).toBeGreaterThan(6);
  });

  test('duplicates and overtaking: each once, and counted', () => {
    const { stage, alice, bob } = call(3, { jitterMs: 60, duplication: 0.3 });
    alice.speak(500);
    stage.run(11_000);
    expect(new Set(bob.heard).size).toBe(bob.heard.length);
    const sent = alice.of('transmit').filter(({ channel }) => channel === 'rtp');
    const missing = sent.map(({ bytes }) => packetOf(bytes).sequence).map((one) => !bob.heard.includes(one));
    // Only those may be missing that came before two stood in a row.
    expect(missing.lastIndexOf(true)).toBeLessThan(8);
    const { dropped } = bob.session.statistics;
    expect(dropped.duplicates).toBeGreaterThan(100);
  });

  test('sequence numbers go over their end', () => {
    const stage = new Stage(4);
    const bob = new Party(stage, at('192.0.2.2'));
    for (let index = 0; index < 140_000; index++) {
      bob.session.received(forged(9, index & 0xffff), stranger);
      bob.told.length = 0;
    }
    expect(bob.session.statistics.received).toMatchObject({ packets: 140_000, cumulativeLost: 0 });
  });

  test('who has gone says so, and is gone', () => {
    const { stage, alice, bob } = call(5);
    alice.speak(10);
    stage.run(1_000);
    alice.session.close('later');
    stage.run(1_000);
    const ended = { kind: 'source ended', ssrc: alice.session.ssrc, why: 'bye', reason: 'later' };
    expect(bob.of('source ended')).toEqual([ended]);
    expect(bob.session.statistics.received).toBeUndefined();
    const sent = alice.told.length;
    alice.speak(5);
    stage.run(60_000);
    expect(alice.told).toHaveLength(sent);
  });

  test('who falls silent is forgotten after five intervals', () => {
    const { stage, alice, bob } = call(6);
    alice.speak(10);
    stage.run(1_000);
    alice.connect(new Party(stage, at('192.0.2.99')));
    stage.run(60_000);
    expect(bob.of('source ended')).toMatchObject([{ why: 'silent' }]);
  });

  test('only who listens learns the round trip by reference times (RFC 3611 §4.4)', () => {
    const { stage, alice, bob } = call(7, { latencyMs: 60 }, { referenceTimes: true });
    alice.speak();
    bob.session.send({ payloadType: 0, payload: new Uint8Array(1), timestamp: 0 });
    bob.session.send({ payloadType: 0, payload: new Uint8Array(1), timestamp: 160 });
    stage.run(120_000);
    const late = bob
      .of('transmit')
      .filter(({ channel }) => channel === 'rtcp')
      .at(-1)!;
    const packets = parseRtcp(late.bytes);
    if (packets instanceof Malformed) throw new Error(packets.why);
    expect(packets[0]!.kind).toBe('receiver report');
    expect(bob.session.statistics.roundTripMs).toBeGreaterThan(118);
    expect(bob.session.statistics.roundTripMs).toBeLessThan(123);
  });

  test('what is reported of others is not about us', () => {
    const { alice, bob } = call(9);
    const report = (ssrc: number) => ({
      ssrc,
      fractionLost: 128,
      cumulativeLost: 5,
      highestSequence: 1,
      jitter: 80,
      lastSenderReport: 0,
      delaySinceLastSenderReport: 0,
    });
    const send = (about: number): void =>
      bob.session.received(
        writeRtcp([{ kind: 'receiver report', ssrc: 3, reports: [report(about)] }]),
        alice.address,
      );
    send(bob.session.ssrc + 1);
    expect(bob.session.statistics.peer).toBeUndefined();
    send(bob.session.ssrc);
    const expected = { lossRatio: 0.5, cumulativeLost: 5, jitterMs: 10, roundTripMs: undefined };
    expect(bob.session.statistics.peer).toEqual(expected);
  });

  test('RTCP without mux goes to the next port, and then to where it came from', () => {
    const { stage, alice, bob } = call(8, {}, { rtcpMux: false });
    alice.speak(5);
    bob.speak(5);
    stage.run(10_000);
    const reports = (): number[] =>
      bob
        .of('transmit')
        .filter(({ channel }) => channel === 'rtcp')
        .map(({ to }) => to.port);
    expect(reports()[0]).toBe(4_001);
    const report = writeRtcp([{ kind: 'receiver report', ssrc: alice.session.ssrc, reports: [] }]);
    bob.session.received(report, at('192.0.2.1', 7_000));
    stage.run(20_000);
    expect(reports().at(-1)).toBe(7_000);
  });
});

describe('symmetric RTP', () => {
  test('packets go to where the peer is seen, and not where it says to be', () => {
    const stage = new Stage(10);
    const alice = new Party(stage, at('10.0.0.1'), { remote: at('192.0.2.2') });
    const bob = new Party(stage, at('192.0.2.2'), { remote: at('10.0.0.1') });
    alice.connect(bob, {}, () => at('198.51.100.1', 31_000));
    alice.speak(5);
    stage.run(1_000);
    expect(bob.session.remote).toEqual(at('198.51.100.1', 31_000));
    expect(bob.of('peer')).toHaveLength(1);
  });

  test('a stranger changes nothing: not with a stream, a guess, a replay, a BYE or a report', () => {
    const run = (attack: boolean): unknown => {
      const { stage, alice, bob } = call(11);
      alice.speak(200);
      const { ssrc } = alice.session;
      stage.later(1_000, () => {
        if (!attack) return;
        const replayed = alice.of('transmit')[20]!.bytes;
        for (let index = 0; index < 100; index++) {
          bob.session.received(forged(0x666, index), stranger);
          bob.session.received(forged(ssrc, 30_000 + index), stranger);
          bob.session.received(forged(bob.session.ssrc, index), stranger);
          bob.session.received(replayed, stranger);
          bob.session.received(
            writeRtcp([
              { kind: 'receiver report', ssrc, reports: [] },
              { kind: 'bye', ssrcs: [ssrc], reason: undefined },
            ]),
            stranger,
          );
        }
      });
      stage.run(10_000);
      const { dropped, ...statistics } = bob.session.statistics;
      expect(dropped.strangers).toBe(attack ? 500 : 0);
      return {
        statistics,
        told: bob.told.map(({ kind }) => kind),
        remote: bob.session.remote,
        heard: bob.heard,
      };
    };
    expect(run(true)).toEqual(run(false));
  });

  test('a replay from the peer itself is heard once', () => {
    const { stage, alice, bob } = call(12);
    alice.speak(50);
    stage.run(2_000);
    for (const { bytes } of alice.of('transmit')) bob.session.received(bytes.slice(), alice.address);
    expect(bob.heard).toHaveLength(50);
    expect(bob.session.statistics.dropped.duplicates).toBe(50);
  });

  test('a peer whose NAT gives it another port is found again once the old one is silent', () => {
    const { stage, alice, bob } = call(13);
    let seen = alice.address;
    alice.connect(bob, {}, () => seen);
    alice.speak();
    stage.run(2_000);
    seen = at('192.0.2.1', 5_555);
    stage.run(1_500);
    expect(bob.session.remote).toEqual(alice.address);
    stage.run(1_500);
    expect(bob.session.remote).toEqual(seen);
    expect(bob.of('source')).toHaveLength(1);
    const before = bob.heard.length;
    stage.run(1_000);
    expect(bob.heard.length - before).toBe(50);
  });

  test('a stranger who waits for silence does not know where the stream goes on', () => {
    const { stage, alice, bob } = call(14);
    alice.speak(50);
    stage.run(8_000);
    const last = packetOf(
      alice
        .of('transmit')
        .filter(({ channel }) => channel === 'rtp')
        .at(-1)!.bytes,
    );
    const heard = bob.heard.length;
    for (let index = 0; index < 50; index++) {
      bob.session.received(forged(0x666, index), stranger);
      bob.session.received(forged(last.ssrc, (last.sequence + 30_000 + index) & 0xffff), stranger);
      bob.session.received(forged(last.ssrc, (last.sequence - 50 + index) & 0xffff), stranger);
    }
    expect(bob.heard).toHaveLength(heard);
    expect(bob.session.remote).toEqual(alice.address);
  });

  test('a new description is believed, and so is who is there', () => {
    const { stage, alice, bob } = call(15);
    alice.speak(50);
    stage.run(1_500);
    const carol = new Party(stage, at('192.0.2.3'), { remote: bob.address });
    carol.connect(bob);
    bob.session.setRemote(carol.address);
    carol.speak(20);
    stage.run(1_000);
    expect(bob.session.remote).toEqual(carol.address);
    const { ssrc } = carol.session;
    expect(bob.of('source').at(-1)).toEqual({ kind: 'source', ssrc, previous: alice.session.ssrc });
    expect(bob.session.statistics.received).toMatchObject({ ssrc, packets: 20 });
  });

  test('a pinned source is the only one; another source from the peer takes its place where none is', () => {
    for (const pinned of [true, false]) {
      const stage = new Stage(16);
      const bob = new Party(stage, at('192.0.2.2'), pinned ? { pinnedSsrc: 5 } : {});
      const from = at('192.0.2.1');
      for (let index = 0; index < 10; index++) bob.session.received(forged(5, index), from);
      for (let index = 0; index < 10; index++) bob.session.received(forged(6, index), from);
      expect(bob.session.statistics.received!.ssrc).toBe(pinned ? 5 : 6);
      expect(bob.session.statistics.dropped.otherSource).toBe(pinned ? 10 : 0);
    }
  });
});

describe('what peers do wrong', () => {
  test('a jump is believed when it goes on, and not before', () => {
    const stage = new Stage(20);
    const bob = new Party(stage, at('192.0.2.2'));
    const from = at('192.0.2.1');
    for (let index = 0; index < 10; index++) bob.session.received(forged(5, index), from);
    bob.session.received(forged(5, 20_000), from);
    bob.session.received(forged(5, 40_000), from);
    bob.session.received(forged(5, 10), from);
    expect(bob.heard).toHaveLength(11);
    expect(bob.of('restarted')).toHaveLength(0);
    bob.session.received(forged(5, 50_000), from);
    bob.session.received(forged(5, 50_001), from);
    bob.session.received(forged(5, 50_002), from);
    expect(bob.of('restarted')).toHaveLength(1);
    expect(bob.heard.slice(-2)).toEqual([50_001, 50_002]);
    expect(bob.session.statistics.dropped.jumped).toBe(3);
  });

  test('our own SSRC from the peer: another is drawn, once for each address (RFC 3550 §8.2)', () => {
    const { stage, alice, bob } = call(21);
    alice.speak(5);
    bob.speak(5);
    stage.run(500);
    const before = bob.session.ssrc;
    for (let index = 0; index < 20; index++)
      bob.session.received(forged(bob.session.ssrc, index), alice.address);
    expect(bob.of('own ssrc')).toEqual([{ kind: 'own ssrc', ssrc: bob.session.ssrc, previous: before }]);
    expect(bob.session.ssrc).not.toBe(before);
    expect(bob.session.statistics.dropped.looped).toBe(19);
    const bye = parseRtcp(
      bob
        .of('transmit')
        .filter(({ channel }) => channel === 'rtcp')
        .at(-1)!.bytes,
    );
    expect((bye as RtcpPacket[]).at(-1)).toMatchObject({ kind: 'bye', ssrcs: [before] });
  });

  test('any datagrams from anywhere: nothing is thrown, and what is kept stays small', () => {
    const datagram = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .record({ ssrc: fc.nat(40), sequence: fc.nat(0xffff) })
        .map(({ ssrc, sequence }) => forged(ssrc, sequence)),
      fc
        .tuple(fc.nat(31), fc.integer({ min: 200, max: 207 }), fc.uint8Array({ maxLength: 60 }))
        .map(([count, type, body]) => Uint8Array.of(0x80 | count, type, 0, body.length >> 2, ...body)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(datagram, fc.nat(3)), { maxLength: 60 }), (given) => {
        const stage = new Stage(22);
        const bob = new Party(stage, at('192.0.2.2'), { reducedSize: true, maxSources: 4 });
        for (const [bytes, host] of given) bob.session.received(bytes, at(`192.0.2.${host}`));
        stage.run(10_000);
        const { received } = bob.session.statistics;
        expect(received === undefined || received.packets <= given.length).toBe(true);
      }),
    );
  });

  test('payload types that were not agreed upon are dropped; sending one is refused', () => {
    const { bob, alice } = call(23);
    bob.session.received(
      writeRtp({ payloadType: 99, ssrc: 1, sequence: 1, timestamp: 1, payload: new Uint8Array(1) }),
      alice.address,
    );
    expect(bob.session.statistics.dropped.unknownPayload).toBe(1);
    const frame = { payloadType: 99, payload: new Uint8Array(1), timestamp: 0 };
    expect(() => bob.session.send(frame)).toThrow(RangeError);
  });

  test('deliver may not call back', () => {
    const stage = new Stage(24);
    const party: Party = new Party(stage, at('192.0.2.1'), { remote: at('192.0.2.2') });
    const other = new Party(stage, at('192.0.2.2'));
    party.connect(other);
    let thrown: unknown;
    const { told } = party;
    told.push = (...outputs) => {
      try {
        party.session.close();
      } catch (error) {
        thrown = error;
      }
      return outputs.length;
    };
    party.speak(1);
    expect(String(thrown)).toMatch('deliver must not call');
  });
});

describe('sent twice (RFC 7198)', () => {
  test('what is lost once comes with its copy, and nothing comes twice', () => {
    const stage = new Stage(30);
    const alice = new Party(stage, at('192.0.2.1'), {
      remote: at('192.0.2.2'),
      ssrc: 1,
      duplication: { delayMs: 100, ssrc: 2 },
    });
    const bob = new Party(stage, at('192.0.2.2'), { duplicateSsrcs: [1, 2] });
    alice.connect(bob, { loss: 0.1, jitterMs: 10 });
    alice.speak(1_000);
    stage.run(25_000);
    const { heard } = bob;
    expect(new Set(heard).size).toBe(heard.length);
    // A hundredth is lost twice; without copies it would be a tenth.
    expect(heard.length).toBeGreaterThan(980);
    expect(heard.length).toBeLessThan(1_000);
    expect(bob.of('source')).toHaveLength(1);
    const report = alice
      .of('transmit')
      .filter(({ channel }) => channel === 'rtcp')
      .at(-1)!;
    const packets = parseRtcp(report.bytes);
    if (packets instanceof Malformed) throw new Error(packets.why);
    expect(packets.map((one) => ('ssrc' in one ? one.ssrc : one.kind))).toEqual([1, 2, 'source description']);
  });

  test('to another address the copy is the packet itself, and who closes sends no more', () => {
    const stage = new Stage(31);
    const elsewhere = at('198.51.100.2');
    const alice = new Party(stage, at('192.0.2.1'), {
      remote: at('192.0.2.2'),
      duplication: { delayMs: 50, to: elsewhere },
    });
    alice.speak(3);
    stage.run(75);
    alice.session.close();
    stage.run(1_000);
    const sent = alice.of('transmit').filter(({ channel }) => channel === 'rtp');
    const copies = sent.filter(({ to }) => to === elsewhere);
    expect(sent).toHaveLength(5);
    expect(copies.map(({ bytes }) => bytes)).toEqual(
      sent
        .filter(({ to }) => to !== elsewhere)
        .slice(0, 2)
        .map(({ bytes }) => bytes),
    );
  });

  test('a burst that is shorter than the delay is not heard; what is lost is told after merging', () => {
    const stage = new Stage(32);
    const alice = new Party(stage, at('192.0.2.1'), {
      remote: at('192.0.2.2'),
      ssrc: 1,
      duplication: { delayMs: 200, ssrc: 2 },
    });
    const bob = new Party(stage, at('192.0.2.2'), { duplicateSsrcs: [1, 2] });
    let isDown = false;
    alice.connect(bob, {}, () => at(isDown ? '203.0.113.9' : '192.0.2.1'));
    alice.speak(1_500);
    // Once a second nothing gets through for 180 ms: a fifth of all packets.
    stage.every(1_000, () => {
      stage.later(500, () => {
        isDown = true;
      });
      stage.later(680, () => {
        isDown = false;
      });
    });
    stage.run(10_050);
    expect(bob.session.statistics.received).toMatchObject({ ssrc: 1, cumulativeLost: 0, lossRatio: 0 });
    // Copies that are under way are no loss.
    stage.run(620);
    expect(bob.session.statistics.received?.cumulativeLost).toBe(0);
    stage.run(25_000);
    expect(bob.heard).toHaveLength(1_500);
    expect(bob.session.statistics.received).toMatchObject({ packets: 1_500, cumulativeLost: 0 });
  });

  test('it begins and ends in the middle of a stream', () => {
    const { stage, alice, bob } = call(33, { loss: 0.2 }, {});
    alice.speak(1_500);
    stage.run(10_000);
    const before = bob.heard.length;
    expect(before).toBeLessThan(430);
    bob.session.setDuplicateSsrcs([alice.session.ssrc, 77]);
    alice.session.setDuplication({ delayMs: 100, ssrc: 77 });
    stage.run(10_000);
    const doubled = bob.heard.length - before;
    expect(doubled).toBeGreaterThan(465);
    expect(doubled).toBeLessThan(510);
    alice.session.setDuplication(undefined);
    stage.run(100);
    bob.session.setDuplicateSsrcs([]);
    stage.run(10_000);
    expect(bob.heard.length - before - doubled).toBeLessThan(430);
    expect(new Set(bob.heard).size).toBe(bob.heard.length);
    expect(bob.of('source')).toHaveLength(1);
  });

  test('a stream that jumps is begun anew once, and its late copies are heard no second time', () => {
    const { stage, bob, send } = twins();
    for (let sequence = 0; sequence < 50; sequence++) send(1, sequence);
    for (let sequence = 0; sequence < 45; sequence++) send(2, sequence);
    for (let sequence = 20_000; sequence < 20_010; sequence++) {
      send(1, sequence);
      send(2, sequence - 20_000 + 45);
    }
    for (let sequence = 20_000; sequence < 20_010; sequence++) send(2, sequence);
    stage.run(100);
    expect(bob.of('restarted')).toHaveLength(1);
    expect(bob.heard.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, at) => at));
    // By RFC 3550 A.1 the first packet behind a jump is not taken; here its copy is.
    expect(bob.heard.slice(50).toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 9 }, (_, at) => 20_001 + at),
    );
  });

  test('numbers go over their end in both streams', () => {
    const { bob, send } = twins();
    for (let at = 0; at < 200; at++) {
      if (at % 3 !== 0) send(1, (65_450 + at) & 0xffff);
      if (at >= 5 && at % 7 !== 0) send(2, (65_450 + at - 5) & 0xffff);
    }
    expect(new Set(bob.heard).size).toBe(bob.heard.length);
    const { packets = 0, cumulativeLost = 0 } = bob.session.statistics.received ?? {};
    expect(packets).toBe(bob.heard.length);
    expect(packets + cumulativeLost).toBeGreaterThan(190);
    expect(packets + cumulativeLost).toBeLessThanOrEqual(200);
  });

  test('an SSRC that collides ends the copies: the peer knows them as those of the old one', () => {
    const stage = new Stage(35);
    const alice = new Party(stage, at('192.0.2.1'), {
      remote: at('192.0.2.2'),
      ssrc: 1,
      duplication: { delayMs: 50, ssrc: 2 },
    });
    alice.speak(20);
    stage.run(200);
    alice.session.received(
      writeRtp({ payloadType: 0, ssrc: 2, sequence: 9, timestamp: 0, payload: new Uint8Array(1) }),
      at('192.0.2.2'),
    );
    const before = alice.told.length;
    stage.run(1_000);
    const later = alice.told.slice(before).filter((one) => one.kind === 'transmit' && one.channel === 'rtp');
    expect(alice.of('own ssrc')).toMatchObject([{ previous: 1 }]);
    expect(later).toHaveLength(9);
  });
});

/** One to whom both streams are sent by hand. */
const twins = () => {
  const stage = new Stage(34);
  const bob = new Party(stage, at('192.0.2.2'), { duplicateSsrcs: [1, 2] });
  const send = (ssrc: number, sequence: number): void =>
    bob.session.received(
      writeRtp({ payloadType: 0, ssrc, sequence, timestamp: 0, payload: new Uint8Array(1) }),
      at('192.0.2.1'),
    );
  return { stage, bob, send };
};
