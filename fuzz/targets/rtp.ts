import { codecFor, loadOpus } from '@ringdown/media';
import { type AudioCodec, JitterBuffer, type SessionOutput } from '@ringdown/rtp';
import type { Instant, Random } from '@ringdown/sans-io';
import { at, Party, Stage } from '../../packages/rtp/scenarios/stage.ts';
import { below, mutate, pick } from '../mutate.ts';
import { must, type Target } from '../target.ts';

const opus = await loadOpus();
const terms = { channels: 1, sendParameters: '', receiveParameters: 'stereo=1' };
/** The codecs of one trial: they have memories. */
const codecs = (): ReadonlyMap<number, AudioCodec & { close(): void }> =>
  new Map([
    [0, codecFor({ ...terms, name: 'PCMU', clockRateHz: 8_000 }, opus)!],
    [9, codecFor({ ...terms, name: 'G722', clockRateHz: 8_000 }, opus)!],
    [111, codecFor({ ...terms, name: 'opus', clockRateHz: 48_000, channels: 2 }, opus)!],
  ]);

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g)!, (byte) => Number.parseInt(byte, 16));

/** Packets of the peer's source and of others', of each codec, with extensions and padding; reports of all kinds. */
const SAMPLES = [
  `800000010000000011111111${'ff'.repeat(160)}`,
  `800900020000014011111111${'55'.repeat(160)}`,
  `806f00030000028011111111${'08'.repeat(60)}`,
  '806f0004000003c01111111178',
  `900000050000028022222222bede000110ff0000${'ff'.repeat(20)}`,
  `b10000060000028022222222000000011000000100000000${'ff'.repeat(4)}04`,
  '80c80006111111110000000000000000000000000000000100000001',
  '81c9000711111111222222220000000100000001000000010000000100000001',
  '80c800061111111100000000000000000000000000000001000000ff81ca00031111111101046e616d650000',
  '81cb000111111111',
  '81cb0003111111110762796562796521',
  '80cf00021111111104000000',
  '81cf00051111111105000003111111110000000000000000',
  '81cd00031111111122222222000b0001',
  '81ce000211111111222222220000',
  '84cc0002111111116e616d65',
].map(hex);

/** Whether it comes from the peer's address (0), from another port of it (1), or from elsewhere (2). */
const [PEER, ELSEWHERE] = [0, 2] as const;

/** A move: from where, after which wait, and the datagram. */
const move = (random: Random): Uint8Array => {
  const sample = pick(random, SAMPLES);
  const bytes = random.fraction() < 0.3 ? sample : mutate(sample, random, SAMPLES);
  const packet = Uint8Array.from(bytes.subarray(0, 2_000));
  // Streams of strangers: what goes on by one proves itself.
  if (packet.length >= 4 && random.fraction() < 0.4) packet[3] = below(random, 4);
  return Uint8Array.from([below(random, 3), below(random, 256), ...packet]);
};

/** A call, and strangers in it: nothing is thrown, nothing grows, and the peer is heard again when they have gone. */
export const rtpTarget: Target = {
  name: 'rtp',
  generate: (random) => [
    Uint8Array.of(below(random, 256)),
    ...Array.from({ length: 1 + below(random, 40) }, () => move(random)),
  ],
  check: ([options, ...moves]) => {
    const { stage, peer, listener, ear } = call(options?.[0] ?? 0);
    peer.speak(10);
    stage.run(300);
    // The peer speaks while strangers send.
    const before = listener.told.length;
    peer.speak();
    for (const [from = 0, wait = 0, ...bytes] of moves) {
      stage.run(wait % 8 === 7 ? 40 * wait : wait % 20);
      listener.session.received(Uint8Array.from(bytes), SOURCES[from % SOURCES.length]!);
    }
    const during = listener.told.slice(before);
    const answers = during.filter(({ kind }) => kind === 'transmit').length;
    // Our own reports, and a goodbye where somebody has our SSRC.
    must(answers <= 8 + stage.now / 2_000, `${answers} packets went out in ${stage.now} ms`);
    if (moves.every(([from]) => from === ELSEWHERE)) mustHear(during, stage, 0);
    stage.run(3_000);
    const start = listener.told.length;
    stage.run(2_000);
    mustHear(listener.told.slice(start), stage, 95);
    must(ear.buffer.statistics.packets <= 256, `${ear.buffer.statistics.packets} packets are held`);
    listener.session.close();
    peer.session.close();
    ear.close();
  },
};

const SOURCES = [at('192.0.2.1'), at('192.0.2.1', 4_001), at('203.0.113.9', 4_000)];
const PEER_SSRC = 0x5eed5eed;

const call = (options: number) => {
  const stage = new Stage(options);
  const payloadTypes = {
    0: { clockRateHz: 8_000 },
    9: { clockRateHz: 8_000 },
    111: { clockRateHz: 48_000 },
  };
  const common = { payloadTypes, reducedSize: options % 2 === 0, rtcpMux: options % 3 !== 0 };
  const peer = new Party(stage, SOURCES[PEER]!, { ...common, remote: at('192.0.2.2'), ssrc: PEER_SSRC });
  const listener = new Party(stage, at('192.0.2.2'), {
    ...common,
    remote: SOURCES[PEER]!,
    peers: (['symmetric', 'signalled', 'any'] as const)[options % 3]!,
    ...(options % 5 === 0 ? { pinnedSsrc: PEER_SSRC } : {}),
    ...(options % 7 === 0 ? { duplicateSsrcs: [PEER_SSRC, 0x22222222] as const } : {}),
  });
  peer.connect(listener);
  listener.connect(peer);
  return { stage, peer, listener, ear: new Ear(stage, listener) };
};

/** Hears a session out: buffer and codecs, as an engine has them. */
class Ear {
  readonly buffer: JitterBuffer;
  readonly #codecs = codecs();
  readonly #listener: Party;
  #read = 0;

  constructor(stage: Stage, listener: Party) {
    this.#listener = listener;
    this.buffer = new JitterBuffer({ clockRateHz: 48_000, fec: true });
    stage.every(20, () => this.#turn(stage.now));
  }

  #turn(now: Instant): void {
    for (const output of this.#listener.told.slice(this.#read)) this.#take(output);
    this.#read = this.#listener.told.length;
    const decision = this.buffer.take(now);
    const opusCodec = this.#codecs.get(111)!;
    if (decision.kind === 'recover') opusCodec.recover(decision.from.payload, 48 * decision.durationMs);
    else if (decision.kind === 'conceal') opusCodec.conceal(48 * decision.durationMs);
    else if (decision.kind !== 'wait') {
      const { payload, payloadType = 0 } = decision.packet;
      const codec = this.#codecs.get(payloadType)!;
      const [sound] = codec.decode(payload);
      must(sound !== undefined && sound.length <= 48_000, `${sound?.length} samples of one packet`);
    }
  }

  #take(output: SessionOutput): void {
    if (output.kind === 'source' || output.kind === 'restarted') this.buffer.reset();
    if (output.kind !== 'packet') return;
    const { sequence, timestamp, payload, payloadType } = output.packet;
    const duration = this.#codecs.get(payloadType)?.durationOf(payload) ?? 0;
    this.buffer.insert({ sequence, timestamp, payload, duration, payloadType }, output.at);
  }

  close(): void {
    for (const codec of this.#codecs.values()) codec.close();
  }
}

/** @param least packets of the peer's that must have been told of; 0: all that it has sent by now but those underway */
const mustHear = (told: readonly SessionOutput[], stage: Stage, least: number): void => {
  const heard = told.filter((output) => output.kind === 'packet' && output.ssrc === PEER_SSRC).length;
  const wanted = least === 0 ? Math.floor((stage.now - 300) / 20) - 3 : least;
  must(heard >= wanted, `${heard} packets of the peer were heard, of ${wanted}`);
};
