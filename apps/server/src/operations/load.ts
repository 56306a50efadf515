import { performance } from 'node:perf_hooks';

/** How often the load is looked at. */
const LOOK_MS = 100;

/**
 * Tells how busy this thread is, from 0 to 1: the share of the time since the last look that it did not wait for anything.
 *
 * @returns what stops it
 */
export const watchLoad = (told: (utilization: number) => void): (() => void) => {
  let cpu = process.cpuUsage();
  let loop = performance.eventLoopUtilization?.();
  let at = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const elapsedMs = Math.max(1, now - at);
    at = now;
    if (process.versions.bun === undefined) {
      const next = performance.eventLoopUtilization();
      told(performance.eventLoopUtilization(next, loop).utilization);
      loop = next;
      return;
    }
    // Bun does not measure its loop: there the processor time of the process has to do.
    const used = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    told(Math.min(1, (used.user + used.system) / 1000 / elapsedMs));
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
};
