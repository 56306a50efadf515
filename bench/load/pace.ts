/**
 * When a load generator starts its next piece of work: at a rate (open loop: what the server does not carry piles up) or so that a
 * number of pieces is always under way (closed loop: the server is saturated and nothing piles up).
 */
import { cpuMs, machineTime, processTree } from '../process.ts';

export type Pace = { readonly perSecond: number } | { readonly outstanding: number };

export interface PaceOptions {
  readonly pace: Pace;
  /** Before anything is counted. */
  readonly warmUpMs: number;
  /** How long is counted; work that is under way at the end is not waited for. */
  readonly countMs: number;
  /** Ends the run when so many pieces were started and none is under way. */
  readonly pieces?: number;
  /** The server, whose CPU time is read where the counted time starts and ends. */
  readonly serverPid: number;
}

export interface Work {
  start(nowMs: number): void;
  underWay(): number;
  /** Called every millisecond: retransmissions and time limits. */
  tick(nowMs: number): void;
  /** The counted time starts: forget what was counted so far. */
  reset(): void;
}

export interface Paced {
  readonly elapsedMs: number;
  readonly started: number;
  readonly serverCpuMs: number;
  readonly loadCpuMs: number;
  /** What neither the server nor the load used of the machine's cores: how quiet the machine was. */
  readonly othersCpuMs: number;
  /** What the host took away from the machine. */
  readonly stolenMs: number;
}

/** At most so many starts in one turn, so that answers are read between them. */
const BURST = 32;

export async function run(work: Work, options: PaceOptions): Promise<Paced> {
  const { pace, pieces = Number.POSITIVE_INFINITY } = options;
  const pids = processTree(options.serverPid);
  const read = () => ({ server: cpuMs(pids), load: cpuMs([process.pid]), machine: machineTime() });
  const begin = performance.now();
  let before = read();
  let countedFrom = begin;
  let counting = options.warmUpMs === 0;
  let started = 0;
  let startedBefore = 0;
  for (;;) {
    const now = performance.now();
    if (!counting && now - begin >= options.warmUpMs) {
      counting = true;
      countedFrom = now;
      before = read();
      startedBefore = started;
      work.reset();
    }
    const ended = started >= pieces && work.underWay() === 0;
    if (ended || (counting && now - countedFrom >= options.countMs)) {
      const after = read();
      const server = after.server - before.server;
      const load = after.load - before.load;
      return {
        elapsedMs: now - countedFrom,
        started: started - startedBefore,
        serverCpuMs: server,
        loadCpuMs: load,
        othersCpuMs: Math.max(0, after.machine.busyMs - before.machine.busyMs - server - load),
        stolenMs: after.machine.stolenMs - before.machine.stolenMs,
      };
    }
    const due =
      'perSecond' in pace
        ? Math.floor(((now - begin) * pace.perSecond) / 1000) - started
        : pace.outstanding - work.underWay();
    const count = Math.min(due, BURST, pieces - started);
    for (let i = 0; i < count; i += 1) work.start(now);
    if (count > 0) started += count;
    work.tick(now);
    await (due > BURST ? immediately() : aMillisecond());
  }
}

const immediately = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const aMillisecond = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
