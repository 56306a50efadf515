/** The phone's half of the bench: the phone in the terminal and baresip, alternating, each in the same call with the same caller. */
import { circumstances, table, version, writeDocs } from '../report.ts';
import { createMeasured, type Measured } from '../statistics.ts';
import type { CpuSample } from './cpu.ts';
import { PHONE_LABELS, type PhonePeer, type PhoneScale } from './part.ts';
import { type PhoneStage, raiseStage } from './stage.ts';
import { ONCE, PHONE_PARTS, type PhonePartName } from './workloads.ts';

const FULL: PhoneScale = { warmUpMs: 2_000, countMs: 3_500, callsMs: 2_000 };
const QUICK: PhoneScale = { warmUpMs: 1_500, countMs: 2_000, callsMs: 1_500 };

export interface PhoneBenchOptions {
  readonly parts: readonly PhonePartName[];
  readonly peers: readonly PhonePeer[];
  readonly quick: boolean;
  readonly rounds: number;
  readonly writeDocs: boolean;
}

/** What went on besides, over all samples. */
interface Noise {
  elapsedMs: number;
  othersMs: number;
  stolenMs: number;
}

export const benchPhone = async (options: PhoneBenchOptions): Promise<void> => {
  const measured = createMeasured();
  const machine: Noise = { elapsedMs: 0, othersMs: 0, stolenMs: 0 };
  for (let round = 1; round <= options.rounds; round += 1) {
    // Every round turns the order, so that no peer always comes first.
    const turn = options.peers.map((_, at) => options.peers[(at + round - 1) % options.peers.length]!);
    const stage = await raiseStage();
    try {
      for (const peer of turn) await onePeer(peer, round, stage, options, measured, machine);
    } finally {
      await stage.down();
    }
  }
  const text = summary(options, measured, machine);
  console.log(`\n${text}`);
  if (options.writeDocs) console.log(`\nwritten to ${writeDocs(options.parts.join(', '), text)}`);
};

const onePeer = async (
  peer: PhonePeer,
  round: number,
  stage: PhoneStage,
  { parts, quick }: PhoneBenchOptions,
  measured: Measured,
  machine: Noise,
): Promise<void> => {
  console.log(`round ${round}: ${PHONE_LABELS[peer]}`);
  for (const part of parts.filter((name) => round === 1 || !ONCE.includes(name)))
    await PHONE_PARTS[part](peer, stage, quick ? QUICK : FULL, (metric, value, sample) => {
      measured.add(metric, peer, round, value);
      if (sample !== undefined) {
        machine.elapsedMs += sample.elapsedMs;
        machine.othersMs += sample.othersMs;
        machine.stolenMs += sample.stolenMs;
      }
      const busy = sample === undefined ? '' : `   [${noise(sample)}]`;
      console.log(`  ${metric.label}: ${value.toFixed(metric.digits)} ${metric.unit}${busy}`);
    });
};

const noise = ({ elapsedMs, othersMs, stolenMs }: Omit<CpuSample, 'usedMs'>): string => {
  const share = (ms: number): string => `${((100 * ms) / elapsedMs).toFixed(1)} %`;
  return `everything else on the machine used ${share(othersMs)} of one core, the host took ${share(stolenMs)}`;
};

const summary = ({ quick, rounds, peers }: PhoneBenchOptions, measured: Measured, machine: Noise): string => {
  const baresip = /\d+\.\d+\.\d+/.exec(version('baresip', '-h'))?.[0] ?? 'of Debian';
  const quiet = machine.elapsedMs === 0 ? '' : `; while CPU was counted, ${noise(machine)}`;
  return [
    `${new Date().toISOString().slice(0, 10)}${quick ? ', **quick: rough figures**' : ''}. ${circumstances()}, baresip ${baresip}. ` +
      `${rounds} round(s) (calls at once: one), alternating${quiet}.`,
    table(measured, peers, PHONE_LABELS, ['baresip']),
  ].join('\n\n');
};
