/**
 * `phone-delay`: how long sound takes from mouth to ear, on a calm path and on one with jitter; and how much of it does not come, because
 * who holds too little is fast.
 */
import { join } from 'node:path';
import { connect } from '@ringdown/user-agent';
import { Baresip } from '../../interop/harness/baresip.ts';
import { within } from '../../interop/harness/deadline.ts';
import { hostPort } from '../../interop/harness/provider.ts';
import { ROOT } from '../peer.ts';
import { median } from '../statistics.ts';
import { type ClickStream, clickStream, echoOf, exchange, type Returned } from './click-stream.ts';
import { type BenchCodec, G722, L16_STEREO, OPUS_SPEECH, OPUS_STEREO, PCMA } from './codecs.ts';
import type { BufferReport, WaitInWire } from './looping-phone.ts';
import type { AddPhone, PhonePart, PhonePeer } from './part.ts';
import { type ProbeSession, probePlatform } from './probe-engine.ts';
import { LOOPS, type PhoneStage } from './stage.ts';

const CODECS = [PCMA, G722, OPUS_SPEECH, OPUS_STEREO, L16_STEREO] as const;
const SEED = 20;
const JITTER_MS = 20;
/** A call begins with what its phones know of no path yet; then it is calm; then there is jitter, and the time to learn it. */
const CALM = { fromMs: 2_000, toMs: 10_000 } as const;
const JITTERY = { fromMs: 12_000, toMs: 24_000 } as const;
const PATHS = [
  ['calm', CALM],
  [`jitter of ${JITTER_MS} ms`, JITTERY],
] as const;
const WITHIN_MS = 60_000;

/** All codecs at once, a call and a phone each: they are mostly idle. What takes time comes before and after. */
export const phoneDelay: PhonePart = async (peer, phones, _, add) => {
  const streams: ClickStream[] = [];
  for (const codec of CODECS) {
    const jitter = { fromMs: CALM.toMs, mostMs: JITTER_MS, seed: SEED };
    const packetMs = codec.packetMs[peer];
    streams.push(await clickStream({ codec, packetMs, jitter, seconds: JITTERY.toMs / 1_000 }));
  }
  const talks = await within(
    Promise.all(streams.map((stream, index) => talkTo(peer, phones, stream, LOOPS[index]!))),
    WITHIN_MS,
    `clicks come back from ${peer}`,
  );
  for (const [index, talk] of talks.entries()) await tell(peer, streams[index]!, talk, add);
};

interface Talk {
  readonly returned: Returned;
  readonly waits: readonly WaitInWire[];
  /** Ours tells. */
  readonly buffers: readonly BufferReport[];
}

const tell = async (
  peer: PhonePeer,
  stream: ClickStream,
  { returned, waits, buffers }: Talk,
  add: AddPhone,
): Promise<void> => {
  const { codec } = stream.options;
  for (const [what, span] of PATHS) {
    const { fromMs, toMs } = span;
    const echo = await echoOf(stream, returned, span);
    const delays = echo.clicks.map(({ at, delayMs }) => delayMs - waitAt(waits, at) + echo.packetMs);
    if (delays.length === 0) throw new Error(`no click in ${codec.label} came back from ${peer}, ${what}`);
    const metric = {
      id: `delay-${codec.id}-${what}`,
      label: `mouth to ear, ${codec.label}, ${what}`,
      unit: 'ms',
      digits: 0,
    };
    add(metric, median(delays));
    const lost = {
      ...{ id: `lost-${codec.id}-${what}`, label: `clicks that did not come back, ${codec.label}, ${what}` },
      ...{ unit: '%', digits: 1 },
    };
    add(lost, (100 * echo.lost) / (echo.lost + echo.clicks.length));
    const startedAt = performance.timeOrigin + returned.startedAt;
    const told = buffers.filter(({ at }) => at >= startedAt + fromMs && at < startedAt + toMs);
    if (told.length > 0) tellBuffer(told, `${codec.label}, ${what}`, `${codec.id}-${what}`, add);
  }
};

/** What a phone of ours says of itself, once a second. */
const tellBuffer = (told: readonly BufferReport[], of: string, id: string, add: AddPhone): void => {
  add(
    { id: `buffer-${id}`, label: `of the delay in the jitter buffer, ${of}`, unit: 'ms', digits: 0 },
    median(told.map(({ bufferMs }) => bufferMs)),
  );
  const madeUp = told.reduce((sum, { concealedRatio }) => sum + concealedRatio, 0) / told.length;
  add({ id: `made-up-${id}`, label: `sound made up, ${of}`, unit: '%', digits: 1 }, 100 * madeUp);
};

const talkTo = async (
  peer: PhonePeer,
  phones: PhoneStage,
  stream: ClickStream,
  user: string,
): Promise<Talk> => {
  const waits: WaitInWire[] = [];
  const buffers: BufferReport[] = [];
  const { codec, packetMs } = stream.options;
  const end =
    peer === 'baresip'
      ? await loopOfBaresip(phones, codec, user)
      : await loopOfOurs(phones, codec, user, { waits, buffers });
  const { session, hangUp } = await callProbe(phones, codec, packetMs, user);
  const returned = await exchange(session, stream);
  await hangUp();
  await end();
  return { returned, waits, buffers };
};

const callProbe = async (
  { provider, address }: PhoneStage,
  codec: BenchCodec,
  packetMs: number,
  target: string,
): Promise<{ readonly session: ProbeSession; hangUp(): Promise<void> }> => {
  let told: (session: ProbeSession) => void = () => {};
  const opened = new Promise<ProbeSession>((resolve) => {
    told = resolve;
  });
  const phone = await connect({
    ...{
      account: `alice@${provider.domain}`,
      password: 'alice-secret',
      server: hostPort(provider.endpoint('udp')),
    },
    ...{ transports: ['udp'], security: ['none'], ice: false },
    platform: probePlatform({ address: address(), codec, packetMs, opened: told }),
  });
  await phone.call(target);
  return { session: await opened, hangUp: () => phone.close() };
};

type End = () => Promise<void>;

const loopOfBaresip = async (
  { stage, provider, address }: PhoneStage,
  codec: BenchCodec,
  user: string,
): Promise<End> => {
  const { sampleRateHz, terms } = codec;
  const phone = await Baresip.start(stage, {
    ...{ provider, user, address: address(), codecs: codec.baresip },
    ...{ echoes: true, records: false, sound: { sampleRateHz, channels: terms.channels ?? 1 } },
  });
  return () => phone.quit();
};

const loopOfOurs = async (
  { stage, provider, address }: PhoneStage,
  codec: BenchCodec,
  user: string,
  told: { readonly waits: WaitInWire[]; readonly buffers: BufferReport[] },
): Promise<End> => {
  const server = hostPort(provider.endpoint('udp'));
  const { profile, sampleRateHz, channels } = codec;
  const child = stage.start({
    name: `phone of ${user}`,
    command: process.execPath,
    args: [
      ...[join(ROOT, 'bench/phone/looping-phone.ts'), `${user}@${provider.domain}`, `${user}-secret`, server],
      ...[address(), profile, String(sampleRateHz), String(channels)],
    ],
  });
  child.onLine((line) => {
    if (line.startsWith('[')) told.waits.push(...(JSON.parse(line) as WaitInWire[]));
    if (line.startsWith('{')) told.buffers.push(JSON.parse(line) as BufferReport);
  });
  await child.waitFor(/^ready$/m, WITHIN_MS);
  return () => child.stop().then(() => {});
};

/** How long what came back then had waited in the wire: what was read last before that. */
const waitAt = (waits: readonly WaitInWire[], at: number): number =>
  waits.findLast(([readAt]) => readAt <= at)?.[1] ?? 0;
