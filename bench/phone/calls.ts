/** `phone-calls`: how many calls at once one process holds before they sound worse. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Phone, PhoneError } from '@ringdown/user-agent';
import { Baresip } from '../../interop/harness/baresip.ts';
import type { RunningProcess } from '../../interop/harness/process.ts';
import { hostPort } from '../../interop/harness/provider.ts';
import { ROOT } from '../peer.ts';
import { type BenchCodec, OPUS_SPEECH, PCMA } from './codecs.ts';
import { cpuSample } from './cpu.ts';
import type { HoldingNote } from './holding-phone.ts';
import { ManyCalls } from './many-calls.ts';
import type { AddPhone, PhonePart, PhonePeer, PhoneScale } from './part.ts';
import { probePlatform } from './probe-engine.ts';
import { CALLS_OF_A_HOLDER, HOLDERS, type PhoneStage } from './stage.ts';

const CODECS = [PCMA, OPUS_SPEECH] as const;
const FIRST = 20;
/** Twice as many each time until half a core is busy; from there on each step is longer by a quarter. */
const BUSY_MS = 500;
const GROWTH = 1.25;
const MOST_CALLS = HOLDERS.length * CALLS_OF_A_HOLDER;
/** Calls begin one after the other: how many at once is the question, not how many in a second. */
const BETWEEN_MS = 15;
const SETTLE_MS = 1_000;
/** More of a call's sound than this, made up or late, is worse sound. */
const MOST_RATIO = 0.01;
const TRIES = 2;

export const phoneCalls: PhonePart = async (peer, phones, scale, add) => {
  for (const codec of CODECS) await callsOf(peer, phones, codec, scale, add);
};

/** One number of calls, and how it went. */
interface Step {
  readonly calls: number;
  readonly cpuMsPerSecond: number;
  /** The worse of both ends. */
  readonly ratio: number;
}

const callsOf = async (
  peer: PhonePeer,
  phones: PhoneStage,
  codec: BenchCodec,
  { callsMs }: PhoneScale,
  add: AddPhone,
): Promise<void> => {
  const held = peer === 'baresip' ? await holdingBaresip(phones, codec) : await holdingPhone(phones, codec);
  const calls = await ManyCalls.open(codec, codec.packetMs[peer]);
  const { provider, address } = phones;
  const caller = await connect({
    ...{
      account: `alice@${provider.domain}`,
      password: 'alice-secret',
      server: hostPort(provider.endpoint('udp')),
    },
    ...{ transports: ['udp'], security: ['none'], ice: false },
    platform: probePlatform({
      ...{ address: address(), codec, packetMs: codec.packetMs[peer] },
      opened: (session) => calls.add(session),
      closed: (session) => calls.remove(session),
    }),
  });
  let good: Step | undefined;
  for (let count = FIRST; count <= MOST_CALLS; count = next(good!)) {
    const refused = await callsUpTo(count, caller, held);
    if (refused !== undefined) {
      console.log(`  ${codec.label}, ${count} calls: not taken: ${refused}`);
      break;
    }
    const step = await best(count, held, calls, callsMs);
    const ratio = `${(100 * step.ratio).toFixed(2)} % of the sound late or made up`;
    console.log(
      `  ${codec.label}, ${count} calls: ${step.cpuMsPerSecond.toFixed(0)} ms of CPU a second, ${ratio}`,
    );
    if (step.ratio > MOST_RATIO) break;
    good = step;
  }
  calls.close();
  await caller.close();
  await held.process.stop();
  add(
    {
      id: `calls-${codec.id}`,
      label: `calls at once in one process, ${codec.label}`,
      unit: 'calls',
      digits: 0,
    },
    good?.calls ?? 0,
  );
  if (good !== undefined)
    add(
      {
        id: `calls-cpu-${codec.id}`,
        label: `a second of one of them, ${codec.label}, CPU`,
        unit: 'ms',
        digits: 1,
      },
      good.cpuMsPerSecond / good.calls,
    );
};

/** How many are tried after so many that went well. */
const next = ({ calls, cpuMsPerSecond }: Step): number =>
  Math.ceil(calls * (cpuMsPerSecond < BUSY_MS ? 2 : GROWTH));

interface Held {
  readonly process: RunningProcess;
  /** Who takes the call behind so many others. */
  takes(calls: number): string;
  /** What it says of its sound since it was asked last, the worst; baresip says nothing. */
  concealed(): number;
}

/** Others use the machine, too: bad sound is bad when it is so each time. */
const best = async (count: number, held: Held, calls: ManyCalls, callsMs: number): Promise<Step> => {
  let step = await measured(count, held, calls, callsMs);
  for (let tried = 1; tried < TRIES && step.ratio > MOST_RATIO; tried += 1) {
    const again = await measured(count, held, calls, callsMs);
    if (again.ratio < step.ratio) step = again;
  }
  return step;
};

const measured = async (calls: number, held: Held, far: ManyCalls, callsMs: number): Promise<Step> => {
  await sleep(SETTLE_MS);
  far.watched();
  held.concealed();
  const sample = await cpuSample(held.process.pid, callsMs);
  return {
    calls,
    cpuMsPerSecond: (1_000 * sample.usedMs) / sample.elapsedMs,
    ratio: Math.max(far.watched().missedRatio, held.concealed()),
  };
};

const holdingBaresip = async ({ stage, provider, address }: PhoneStage, codec: BenchCodec): Promise<Held> => {
  const { sampleRateHz, terms } = codec;
  const phone = await Baresip.start(stage, {
    ...{ provider, user: 'bob', address: address(), codecs: codec.baresip, maxCalls: MOST_CALLS },
    ...{ records: false, sound: { sampleRateHz, channels: terms.channels ?? 1 } },
  });
  return { process: phone.process, takes: () => 'bob', concealed: () => 0 };
};

const holdingPhone = async ({ stage, provider, address }: PhoneStage, codec: BenchCodec): Promise<Held> => {
  const child = stage.start({
    name: 'phones that hold calls',
    command: process.execPath,
    args: [
      ...[join(ROOT, 'bench/phone/holding-phone.ts'), provider.domain],
      ...[hostPort(provider.endpoint('udp')), address(), codec.profile],
      ...[String(codec.sampleRateHz), String(codec.channels), ...HOLDERS],
    ],
  });
  let worst = 0;
  child.onLine((line) => {
    if (line.startsWith('{')) worst = Math.max(worst, (JSON.parse(line) as HoldingNote).concealedRatio);
  });
  await child.waitFor(/^ready$/m, 15_000);
  return {
    process: child,
    takes: (calls) => HOLDERS[Math.floor(calls / CALLS_OF_A_HOLDER)]!,
    concealed() {
      const before = worst;
      worst = 0;
      return before;
    },
  };
};

/** @returns why there are no more calls than before, where one was refused */
const callsUpTo = async (count: number, caller: Phone, held: Held): Promise<string | undefined> => {
  try {
    while (caller.calls.length < count) {
      await caller.call(held.takes(caller.calls.length));
      await sleep(BETWEEN_MS);
    }
    return undefined;
  } catch (error) {
    if (error instanceof PhoneError) return error.message;
    throw error;
  }
};
