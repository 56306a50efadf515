import { instant } from '@ringdown/sans-io';
import { afterEach, expect, test, vi } from 'vitest';
import { nodeClock } from './clock.ts';
import { drive } from './drive.ts';
import { createLiveTimers } from './live-timers.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('timers that turn by themselves fire in order, not early, and can be stopped', async () => {
  const timers = createLiveTimers(nodeClock);
  const began = nodeClock.now();
  const fired: string[] = [];
  await new Promise<void>((resolve) => {
    const target = {
      timerFired: (name: string) => {
        fired.push(name);
        if (name === 'second') timers.start(target, 'last', 5);
        if (name === 'last') resolve();
      },
    };
    timers.start(target, 'second', 20);
    timers.stop(timers.start(target, 'stopped', 10));
    timers.start(target, 'first', 1);
  });
  expect(fired).toEqual(['first', 'second', 'last']);
  expect(nodeClock.now() - began).toBeGreaterThanOrEqual(25);
  timers.start({ timerFired: (name) => fired.push(name) }, 'never', 1);
  timers.close();
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(fired).not.toContain('never');
});

const MONTHS_MS = 2 ** 32 + 10_000;

test('what is due in months keeps nobody awake until then', () => {
  vi.useFakeTimers();
  const clock = { ...nodeClock, now: () => instant(Date.now()) };
  const deadline = clock.now() + MONTHS_MS;
  let turns = 0;
  const driver = drive({ deadline: () => instant(deadline), expire: () => turns++ }, clock);
  vi.advanceTimersByTime(1_000);
  expect(turns).toBe(0);
  vi.advanceTimersByTime(MONTHS_MS - 2_000);
  expect(turns).toBeLessThan(10);
  const early = turns;
  vi.advanceTimersByTime(1_000);
  expect(turns).toBe(early + 1);
  driver.stop();
});
