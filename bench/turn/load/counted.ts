/** What a load reads where the counted time starts and where it ends. */
import { cpuMs, machineTime, processTree } from '../../process.ts';

export interface Counted {
  readonly elapsedMs: number;
  readonly serverCpuMs: number;
  /** What neither the server nor the load used of the machine's cores. */
  readonly othersCpuMs: number;
  /** What the host took away from the machine. */
  readonly stolenMs: number;
}

/** Starts to count. @returns what tells how much it was up to now */
export const count = (serverPid: number): (() => Counted) => {
  const pids = serverPid === 0 ? [] : processTree(serverPid);
  const read = () => ({
    server: cpuMs(pids),
    load: cpuMs([process.pid]),
    machine: machineTime(),
    at: performance.now(),
  });
  const before = read();
  return () => {
    const after = read();
    const serverCpuMs = after.server - before.server;
    const busyMs = after.machine.busyMs - before.machine.busyMs;
    return {
      elapsedMs: after.at - before.at,
      serverCpuMs,
      othersCpuMs: Math.max(0, busyMs - serverCpuMs - (after.load - before.load)),
      stolenMs: after.machine.stolenMs - before.machine.stolenMs,
    };
  };
};

/** A value below which a share of the sorted values lies. */
export const quantile = (sorted: Float64Array, share: number): number | null =>
  sorted[Math.floor((sorted.length - 1) * share)] ?? null;
