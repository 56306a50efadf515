/** The TURN half of the bench: coturn and this server under Node and under Bun, alternating, part after part, round after round. */
import { circumstances, table, version, writeDocs } from '../report.ts';
import { createMeasured, type Measured } from '../statistics.ts';
import { startTurn, TURN_LABELS, type TurnPeer } from './servers.ts';
import { direct, TURN_PARTS, type TurnPartName, type TurnScale } from './workloads.ts';

const FULL: TurnScale = {
  warmUpMs: 700,
  countMs: 1_500,
  relayRate: 20_000,
  bindingRate: 10_000,
  allocations: 2_000,
};
const QUICK: TurnScale = {
  warmUpMs: 600,
  countMs: 1_000,
  relayRate: 20_000,
  bindingRate: 10_000,
  allocations: 1_000,
};

export interface TurnBenchOptions {
  readonly parts: readonly TurnPartName[];
  readonly peers: readonly TurnPeer[];
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

export async function benchTurn(options: TurnBenchOptions): Promise<void> {
  const scale = options.quick ? QUICK : FULL;
  const measured = createMeasured();
  const noise: Noise = { elapsedMs: 0, othersMs: 0, stolenMs: 0 };
  for (let round = 1; round <= options.rounds; round += 1) {
    const base = options.parts.includes('relaying') ? await direct(scale) : undefined;
    // Every round turns the order, so that no peer always comes first.
    const turn = options.peers.map((_, at) => options.peers[(at + round - 1) % options.peers.length]!);
    for (const peer of turn) {
      console.log(`round ${round}: ${TURN_LABELS[peer]}`);
      await onePeer(peer, round, { ...options, scale, base, measured, noise });
    }
  }
  const text = summary(options, measured, noise);
  console.log(`\n${text}`);
  if (options.writeDocs) console.log(`\nwritten to ${writeDocs(options.parts.join(', '), text)}`);
}

interface Run extends TurnBenchOptions {
  readonly scale: TurnScale;
  readonly base: Awaited<ReturnType<typeof direct>> | undefined;
  readonly measured: Measured;
  readonly noise: Noise;
}

const onePeer = async (peer: TurnPeer, round: number, run: Run): Promise<void> => {
  // Memory is measured in a process of its own: what the other parts left would be counted.
  for (const parts of [
    run.parts.filter((part) => part !== 'allocation-memory'),
    run.parts.filter((part) => part === 'allocation-memory'),
  ]) {
    // It does not vary from round to round.
    if (parts.length === 0 || (parts[0] === 'allocation-memory' && round > 1)) continue;
    const server = await startTurn(peer);
    for (const part of parts) {
      await TURN_PARTS[part](server, run.scale, run.base, (metric, value, sample) => {
        run.measured.add(metric, peer, round, value);
        let busy = '';
        if (sample !== undefined) {
          const percent = (ms: number): string => `${Math.round((100 * ms) / sample.elapsedMs)} %`;
          busy = `   [server ${percent(sample.serverCpuMs)}, others ${percent(sample.othersCpuMs)}, stolen ${percent(sample.stolenMs)}; ${sample.carried} carried, ${sample.lost} lost]`;
          run.noise.elapsedMs += sample.elapsedMs;
          run.noise.othersMs += sample.othersCpuMs;
          run.noise.stolenMs += sample.stolenMs;
        }
        console.log(`  ${metric.label}: ${value.toFixed(metric.digits)} ${metric.unit}${busy}`);
      });
    }
    await server.stop();
  }
};

const summary = ({ quick, rounds, peers }: TurnBenchOptions, measured: Measured, noise: Noise): string => {
  const share = (ms: number): string =>
    `${noise.elapsedMs === 0 ? 0 : ((100 * ms) / noise.elapsedMs).toFixed(1)} %`;
  const coturn = /\d+\.\d+\.\d+/.exec(version('turnserver', '--version'))?.[0] ?? 'absent';
  return [
    `${new Date().toISOString().slice(0, 10)}${quick ? ', **quick: rough figures**' : ''}. ${circumstances()}, coturn ${coturn}. ${rounds} round(s) ` +
      '(memory: one), alternating; the server on one core, the load on the other; everything else on the machine used ' +
      `${share(noise.othersMs)} of one core meanwhile, and its host took ${share(noise.stolenMs)}.`,
    table(measured, peers, TURN_LABELS, ['coturn']),
  ].join('\n\n');
};
