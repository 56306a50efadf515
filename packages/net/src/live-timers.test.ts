import { expect, test } from 'vitest';
import { nodeClock } from './clock.ts';
import { createLiveTimers } from './live-timers.ts';

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
