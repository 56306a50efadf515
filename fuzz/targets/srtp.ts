import { makeSdesKeys, type PacketGuard, SDES_SUITES, sdesGuard } from '@ringdown/media';
import { seededRandom } from '@ringdown/sans-io';
import { below, mutate, pick } from '../mutate.ts';
import { must, type Target } from '../target.ts';

const SOURCES = [0xcafebabe, 1, 0];
/** Around the end of sequence numbers, where the index of packets is easily lost. */
const FIRST_SEQUENCE = 65_500;
const PACKETS = 60;

/** The same keys each time: what one trial makes another one can repeat. */
const ends = SDES_SUITES.map((suite, index) => {
  const random = seededRandom(index);
  const [ours, theirs] = [1, 2].map(() => ({ tag: 1, suite, key: makeSdesKeys(random, suite) }));
  return {
    sender: (): PacketGuard => sdesGuard(ours!, theirs!),
    receiver: (): PacketGuard => sdesGuard(theirs!, ours!),
  };
});

const rtp = (count: number, ssrc: number): Uint8Array => {
  const packet = new Uint8Array(40);
  const view = new DataView(packet.buffer);
  view.setUint16(0, 0x8000);
  view.setUint16(2, (FIRST_SEQUENCE + count) & 0xffff);
  view.setUint32(8, ssrc);
  return packet;
};

const rtcp = (ssrc: number): Uint8Array => {
  const packet = new Uint8Array(28);
  const view = new DataView(packet.buffer);
  view.setUint32(0, 0x80c80006);
  view.setUint32(4, ssrc);
  return packet;
};

const key = (packet: Uint8Array): string => Buffer.from(packet).toString('latin1');

/** What was sent, protected, in its order. */
const sealed = ends.map(({ sender }) => {
  const guard = sender();
  const packets = Array.from({ length: PACKETS }, (_, count) =>
    SOURCES.map((ssrc) => guard.protectRtp(rtp(count, ssrc))),
  ).flat();
  const reports = Array.from({ length: PACKETS }, () => guard.protectRtcp(rtcp(SOURCES[0]!)));
  return { packets, reports, all: new Set([...packets, ...reports].map(key)) };
});

/** Packets that are changed, repeated, and out of order: each true one is heard once, and nothing else ever. */
export const srtpTarget: Target = {
  name: 'srtp',
  generate: (random) => {
    const suite = below(random, ends.length);
    const { packets, reports } = sealed[suite]!;
    const moves = Array.from({ length: 1 + below(random, 40) }, () => {
      const packet = pick(random, random.fraction() < 0.7 ? packets : reports);
      return random.fraction() < 0.4 ? packet : mutate(packet, random, packets).subarray(0, 1_500);
    });
    return [Uint8Array.of(suite), ...moves];
  },
  check: ([choice, ...moves]) => {
    const suite = choice![0]! % ends.length;
    const { packets, reports, all } = sealed[suite]!;
    const guard = ends[suite]!.receiver();
    // Where the index stands is said by the first of each source.
    for (const packet of packets.slice(0, SOURCES.length)) guard.unprotectRtp(packet);
    const heard = new Set(packets.slice(0, SOURCES.length).map(key));
    for (const packet of moves) {
      const before = packet.slice();
      const isReport = packet.length > 1 && packet[1]! >= 192 && packet[1]! <= 223;
      const opened = isReport ? guard.unprotectRtcp(packet) : guard.unprotectRtp(packet);
      const name = key(packet);
      must(key(before) === name, 'the bytes that were given in have changed');
      must((opened !== undefined) === (all.has(name) && !heard.has(name)), 'a packet was taken for another');
      if (opened !== undefined) heard.add(name);
    }
    for (const packet of packets)
      must(
        (guard.unprotectRtp(packet) !== undefined) === !heard.has(key(packet)),
        'what came before keeps a true packet out',
      );
    for (const report of reports)
      must((guard.unprotectRtcp(report) !== undefined) === !heard.has(key(report)), 'a report is kept out');
  },
};
