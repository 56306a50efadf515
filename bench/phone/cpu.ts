/** What a phone spends, and how quiet the machine was meanwhile. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMs, machineTime, processTree } from '../process.ts';

export interface CpuSample {
  readonly usedMs: number;
  readonly elapsedMs: number;
  /** What neither the bench nor the phones and the server used. */
  readonly othersMs: number;
  readonly stolenMs: number;
}

/** The processes with all their threads, to the microsecond: a phone's second is shorter than two of the kernel's ticks. */
const exactCpuMs = (pids: readonly number[]): number => {
  let ns = 0;
  for (const pid of pids) {
    try {
      for (const thread of readdirSync(`/proc/${pid}/task`))
        ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
    } catch {
      // It has ended.
    }
  }
  return ns / 1_000_000;
};

/** @param pid of the phone; what it has started counts as well */
export const cpuSample = async (pid: number, countMs: number): Promise<CpuSample> => {
  const phone = processTree(pid);
  const ours = processTree(process.pid);
  const [used, all, machine, started] = [exactCpuMs(phone), cpuMs(ours), machineTime(), performance.now()];
  await sleep(countMs);
  const after = machineTime();
  return {
    usedMs: exactCpuMs(phone) - used,
    elapsedMs: performance.now() - started,
    // Each is told in ticks of its own.
    othersMs: Math.max(0, after.busyMs - machine.busyMs - (cpuMs(ours) - all)),
    stolenMs: after.stolenMs - machine.stolenMs,
  };
};
