/** Clicks that go to a phone as packets at their time, and what comes back of them, all on the clock of this process. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallCodec, codecFor, loadOpus } from '@ringdown/media';
import { parseRtp, RtpPacket, writeRtp } from '@ringdown/rtp';
import { seededRandom } from '@ringdown/sans-io';
import { type ClickTrain, clickDelays, clickTrain } from '../../tools/testing/sound/click-train.ts';
import type { BenchCodec } from './codecs.ts';
import type { ProbeSession } from './probe-engine.ts';

export interface ClickStreamOptions {
  readonly codec: BenchCodec;
  readonly packetMs: number;
  readonly seconds: number;
  /** From here on each packet is late by chance, by so much at most. None overtakes another. */
  readonly jitter: { readonly fromMs: number; readonly mostMs: number; readonly seed: number };
}

/** One click that came back. */
export interface EchoedClick {
  /** When it came back, as milliseconds since 1970. */
  readonly at: number;
  /** From its time in what was sent to its time in what came back, less what the codec itself delays sound. */
  readonly delayMs: number;
}

export interface Echo {
  readonly clicks: readonly EchoedClick[];
  readonly lost: number;
  /** What the phone puts into a packet. */
  readonly packetMs: number;
}

/**
 * Under it all, so that silence is not left out: loud enough for that, and soft beside a click. It has the pitch of a voice: a
 * buffer that shortens sound by periods finds one.
 */
const HUM_HZ = 200;
const HUM_DBFS = -40;
const SSRC = 0x5eed;
const CLICK_EVERY_MS = 200;
const MOST_DELAY_MS = 1_000;
const LAST_WORDS_MS = 500;

/** Clicks as packets: made before anything is measured, because encoders keep the clock waiting. */
export interface ClickStream {
  readonly options: ClickStreamOptions;
  readonly train: ClickTrain;
  readonly payloads: readonly Uint8Array[];
  /** What encoder and decoder delay. */
  readonly codecDelayMs: number;
}

/** What came back, and when the first packet had been due, by the clock of this process. */
export interface Returned {
  readonly startedAt: number;
  readonly arrivals: readonly Arrival[];
}

export interface Arrival {
  readonly at: number;
  readonly packet: RtpPacket;
}

const codecOf = async ({ terms, profile }: BenchCodec): Promise<CallCodec> => {
  const made = codecFor(terms, await loadOpus(), profile);
  if (made === undefined) throw new Error(`${terms.name} is not had here`);
  return made;
};

export const clickStream = async (options: ClickStreamOptions): Promise<ClickStream> => {
  const { codec, packetMs, seconds } = options;
  const train = clickTrain({
    sampleRateHz: codec.sampleRateHz,
    clicks: Math.floor((1_000 * seconds) / CLICK_EVERY_MS),
    intervalMs: CLICK_EVERY_MS,
  });
  const payloads = await encoded(train, codec, packetMs);
  return { options, train, payloads, codecDelayMs: await delayOfCodec(train, codec, packetMs, payloads) };
};

/** Sends it all, and takes what comes back until half a second later. */
export const exchange = async ({ socket, remote }: ProbeSession, stream: ClickStream): Promise<Returned> => {
  const { codec } = stream.options;
  const arrivals: Arrival[] = [];
  const take = (bytes: Uint8Array): void => {
    const at = performance.now();
    const packet = parseRtp(bytes);
    if (packet instanceof RtpPacket && packet.payloadType === codec.payloadType)
      arrivals.push({ at, packet });
  };
  socket.on('message', take);
  const startedAt = await send({ socket, remote }, stream);
  await sleep(LAST_WORDS_MS);
  socket.off('message', take);
  return { startedAt, arrivals };
};

/** A part of the stream. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Finds the clicks of a part in what came back. By themselves: where the delay jumped before, no click is taken for the one before it. */
export const echoOf = async (
  stream: ClickStream,
  { startedAt, arrivals }: Returned,
  span: Span,
): Promise<Echo> => {
  const train = partOf(stream.train, span);
  const { samples, packetMs } = await heardOf(arrivals, startedAt, stream.options.codec);
  const { delaysMs, lost } = clickDelays(train, samples, { maxDelayMs: MOST_DELAY_MS });
  const clicks = train.timesMs.flatMap((sentMs, index) => {
    const delayMs = delaysMs[index];
    if (delayMs === undefined) return [];
    const at = performance.timeOrigin + startedAt + sentMs + delayMs;
    return { at, delayMs: delayMs - stream.codecDelayMs };
  });
  return { clicks, lost, packetMs };
};

const partOf = ({ sampleRateHz, samples, timesMs }: ClickTrain, { fromMs, toMs }: Span): ClickTrain => {
  const [from, to] = [fromMs, toMs].map((ms) => Math.round((ms * sampleRateHz) / 1_000));
  return {
    sampleRateHz,
    samples: samples.map((sample, at) => (at >= from! && at < to! ? sample : 0)),
    timesMs: timesMs.filter((timeMs) => timeMs >= fromMs && timeMs < toMs),
  };
};

/** The train as packets, with a hum under it. */
const encoded = async (
  train: ClickTrain,
  codec: BenchCodec,
  packetMs: number,
): Promise<readonly Uint8Array[]> => {
  const encoder = await codecOf(codec);
  const samples = (codec.sampleRateHz * packetMs) / 1_000;
  const sound = Int16Array.from(train.samples, (sample, at) => {
    const hum = 10 ** (HUM_DBFS / 20) * Math.sin((2 * Math.PI * HUM_HZ * at) / codec.sampleRateHz);
    return Math.round(32_767 * (sample + hum));
  });
  const payloads: Uint8Array[] = [];
  for (let from = 0; from + samples <= sound.length; from += samples) {
    const piece = sound.slice(from, from + samples);
    payloads.push(encoder.encode(Array.from({ length: codec.channels }, () => piece)).slice());
  }
  encoder.close();
  return payloads;
};

/** @returns when the first packet was due, by the clock of this process */
const send = async (
  { socket, remote }: ProbeSession,
  { payloads, options: { codec, packetMs, jitter } }: ClickStream,
): Promise<number> => {
  const random = seededRandom(jitter.seed);
  const units = (codec.terms.clockRateHz * packetMs) / 1_000;
  const startedAt = performance.now() + packetMs;
  let before = 0;
  for (const [index, payload] of payloads.entries()) {
    const lateMs = index * packetMs >= jitter.fromMs ? random.fraction() * jitter.mostMs : 0;
    const due = Math.max(before, index * packetMs + lateMs);
    before = due;
    const waitMs = startedAt + due - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const packet = writeRtp({
      ...{ payloadType: codec.payloadType, ssrc: SSRC, payload },
      ...{ sequence: index & 0xffff, timestamp: index * units },
    });
    socket.send(packet, remote.port, remote.address);
  }
  return startedAt;
};

/** One channel of what came, as if it had been recorded since `startedAt`. Where a packet is, its usual lateness says. */
const heardOf = async (
  arrivals: readonly Arrival[],
  startedAt: number,
  codec: BenchCodec,
): Promise<{ readonly samples: Float64Array; readonly packetMs: number }> => {
  const first = arrivals[0];
  if (first === undefined) throw new Error(`nothing came back of the clicks in ${codec.label}`);
  const decoder = await codecOf(codec);
  const { clockRateHz } = codec.terms;
  const sinceFirst = ({ packet }: Arrival): number =>
    (1_000 * ((packet.timestamp - first.packet.timestamp) | 0)) / clockRateHz;
  const origins = arrivals.map((arrival) => arrival.at - sinceFirst(arrival)).sort((a, b) => a - b);
  const origin = origins[origins.length >> 1]! - startedAt;
  const last = arrivals.at(-1)!;
  const samples = new Float64Array(
    Math.ceil(((Math.max(0, origin) + sinceFirst(last) + 1_000) * codec.sampleRateHz) / 1_000),
  );
  let units = 0;
  for (const arrival of arrivals) {
    const { payload } = arrival.packet;
    units = decoder.durationOf(payload) ?? units;
    const at = Math.round(((origin + sinceFirst(arrival)) * codec.sampleRateHz) / 1_000);
    for (const [index, sample] of decoder.decode(payload)[0]!.entries())
      if (at + index >= 0 && at + index < samples.length) samples[at + index] = sample / 32_768;
  }
  decoder.close();
  return { samples, packetMs: (1_000 * units) / clockRateHz };
};

/** What encoder and decoder delay: the clicks pass them twice, and sound from mouth to ear once. */
const delayOfCodec = async (
  train: ClickTrain,
  codec: BenchCodec,
  packetMs: number,
  payloads: readonly Uint8Array[],
): Promise<number> => {
  const decoder = await codecOf(codec);
  const samples = (codec.sampleRateHz * packetMs) / 1_000;
  const decoded = new Float64Array(train.samples.length);
  for (const [index, payload] of payloads.entries())
    decoded.set(
      Float64Array.from(decoder.decode(payload)[0]!, (sample) => sample / 32_768),
      index * samples,
    );
  decoder.close();
  const { medianMs } = clickDelays(train, decoded, { maxDelayMs: 100 });
  if (medianMs === undefined) throw new Error(`${codec.label} leaves nothing of the clicks`);
  return medianMs;
};
