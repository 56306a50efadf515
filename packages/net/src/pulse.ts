/**
 * Bun reads a UDP socket until nothing is left in it, and no timer fires meanwhile: where more comes than is read, none ever
 * would, and an overloaded server could not even notice. So whoever must not be late says so here, and a port that reads
 * without end gives them their turn between two datagrams. Under Node, which reads no more than 32 at a time, nobody does.
 */
const punctual = new Set<(now: number) => void>();

/** The clock is looked at only every so many datagrams. */
const DATAGRAMS = 16;
/** And turns are given at most so often. */
const INTERVAL_MS = 10;

let datagrams = 0;
let givenAt = 0;

/** `check` is called while the runtime keeps its timers waiting, with `performance.now()`; it does what is due. @returns what ends that */
export const onPulse = (check: (now: number) => void): (() => void) => {
  punctual.add(check);
  return () => punctual.delete(check);
};

/** A datagram has been read and dealt with, and the next may follow at once. */
export const beat = (): void => {
  if (++datagrams < DATAGRAMS) return;
  datagrams = 0;
  const now = performance.now();
  if (now - givenAt < INTERVAL_MS) return;
  givenAt = now;
  for (const check of punctual) check(now);
};

/** Calls an action again and again, whatever the runtime's timers do. @returns what ends that */
export const everyMs = (intervalMs: number, action: () => void): (() => void) => {
  let doneAt = performance.now();
  const act = (): void => {
    doneAt = performance.now();
    action();
  };
  const timer = setInterval(act, intervalMs);
  timer.unref();
  const end = onPulse((now) => {
    if (now - doneAt >= intervalMs) act();
  });
  return () => {
    clearInterval(timer);
    end();
  };
};
