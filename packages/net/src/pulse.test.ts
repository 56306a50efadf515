import { instant, TimingWheel, wallTime } from '@ringdown/sans-io';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { drive } from './drive.ts';
import { beat, everyMs } from './pulse.ts';

/** No timer of the runtime fires in these tests: time passes while datagrams are read without end. */
let now = 1_000_000;
beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const readsFor = (milliseconds: number): void => {
  for (const end = now + milliseconds; now < end; now += 0.05) beat();
};

describe('while the runtime reads without end', () => {
  test('what happens again and again still does, as often as it shall', () => {
    let times = 0;
    const stop = everyMs(50, () => times++);
    readsFor(1_000);
    expect(times).toBeGreaterThanOrEqual(15);
    expect(times).toBeLessThanOrEqual(20);
    stop();
    readsFor(200);
    expect(times).toBeLessThanOrEqual(20);
  });

  test('the timers of a machine fire, once, and not before their time', () => {
    const clock = { now: () => instant(now), wallTime: () => wallTime(now) };
    const wheel = new TimingWheel(clock.now(), { tickMs: 1 });
    const fired: number[] = [];
    const start = now;
    wheel.start({ timerFired: () => fired.push(now - start) }, 'A', 100);
    const driver = drive({ deadline: () => wheel.deadline(), expire: (at) => wheel.expire(at) }, clock);
    readsFor(500);
    expect(fired).toHaveLength(1);
    expect(fired[0]).toBeGreaterThanOrEqual(100);
    expect(fired[0]).toBeLessThan(125);
    vi.advanceTimersByTime(1_000);
    expect(fired).toHaveLength(1);
    driver.stop();
  });

  test('a driver that was stopped is not called any more', () => {
    const clock = { now: () => instant(now), wallTime: () => wallTime(now) };
    let calls = 0;
    const driver = drive({ deadline: () => instant(now + 1), expire: () => calls++ }, clock);
    driver.stop();
    readsFor(100);
    expect(calls).toBe(0);
  });
});
