import { instant } from '@ringdown/sans-io';
import { expect, test } from 'vitest';
import { InterarrivalJitter } from './interarrival-jitter.ts';

test('the deviation of transit times, a sixteenth at a time (RFC 3550 Appendix A.8)', () => {
  const jitter = new InterarrivalJitter();
  jitter.add(0, 8_000, instant(0));
  jitter.add(160, 8_000, instant(20));
  expect(jitter.ms).toBe(0);
  jitter.add(320, 8_000, instant(56));
  expect(jitter.ms).toBe(1);
  jitter.add(480, 8_000, instant(60));
  expect(jitter.ms).toBe(1 + (16 - 1) / 16);
});

test('timestamps go over their end, and a telephone-event is no jitter', () => {
  const jitter = new InterarrivalJitter();
  jitter.add(0xffff_ffb0, 8_000, instant(0));
  jitter.add(80, 8_000, instant(20));
  for (let index = 1; index < 10; index++) jitter.add(240, 8_000, instant(20 + 20 * index));
  expect(jitter.ms).toBe(0);
  jitter.add(240 + 9 * 160, 8_000, instant(220));
  expect(jitter.ms).toBe(0);
});

test('another clock, another beginning', () => {
  const jitter = new InterarrivalJitter();
  jitter.add(0, 8_000, instant(0));
  jitter.rebase();
  jitter.add(5_000_000, 48_000, instant(20));
  expect(jitter.ms).toBe(0);
});
