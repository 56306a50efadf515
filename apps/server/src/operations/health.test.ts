import { expect, it } from 'vitest';
import { Health } from './health.ts';

it('says why a server should get no new work, and nothing once that is over', () => {
  let now = 0;
  let delayMs = 0;
  const health = new Health(
    () => now,
    () => delayMs,
  );
  expect(health.why()).toBeUndefined();
  health.note('bindings: the disk is full');
  expect(health.why()).toBe('bindings: the disk is full');
  now = 30_000;
  expect(health.why()).toBeUndefined();
  delayMs = 2_001;
  expect(health.why()).toMatch(/overloaded/);
  delayMs = 0;
  health.stopping();
  expect(health.why()).toBe('stopping');
});
