import { type Instant, instant, TimingWheel } from '@ringdown/sans-io';
import { describe, expect, test } from 'vitest';
import { Pump } from './pump.ts';

/** Time that is moved by hand, and how often somebody was woken in it. */
const stage = () => {
  let now: Instant = instant(0);
  const timers = new TimingWheel(now, { tickMs: 1 });
  const clock = { now: () => now, wallTime: () => 0 as never };
  let wakes = 0;
  const run = (ms: number): number => {
    const [end, before] = [now + ms, wakes];
    for (let next = timers.deadline(); next !== undefined && next <= end; next = timers.deadline()) {
      now = next;
      wakes++;
      timers.expire(now);
    }
    now = instant(end);
    return wakes - before;
  };
  return { ports: { clock, timers }, run, now: () => now };
};

/** A pump of so many milliseconds, and when its steps came. */
const pump = (
  { ports, now }: ReturnType<typeof stage>,
  paceMs: (at: number) => number,
  wokenAt?: () => Instant | undefined,
) => {
  const steps: number[] = [];
  const user = {
    step: () => {
      steps.push(now());
      return paceMs(now());
    },
    skipped: () => undefined,
  };
  return { steps, pump: new Pump(ports, wokenAt === undefined ? user : { ...user, wokenAt }) };
};

const gaps = (steps: readonly number[]): readonly number[] =>
  steps.slice(1).map((at, index) => at - steps[index]!);

describe('a pump', () => {
  test.each([
    [20, 20, 50],
    [20, 5, 200],
    [5, 20, 200],
  ])('of %i ms beside one of %i ms is woken with it', (own, others, perSecond) => {
    for (const phaseMs of [1, 4, 7, 11, 19]) {
      const here = stage();
      const other = pump(here, () => others);
      const one = pump(
        here,
        () => own,
        () => other.pump.due,
      );
      other.pump.start();
      here.run(phaseMs);
      one.pump.start();
      here.run(1_000);
      expect(here.run(1_000)).toBeLessThanOrEqual(perSecond + 1);
    }
  });

  test('keeps its own pace beside one that goes faster, and takes no step much sooner or later than that', () => {
    const here = stage();
    const other = pump(here, (at) => (at % 500 < 20 ? 12 : 20));
    const one = pump(
      here,
      () => 20,
      () => other.pump.due,
    );
    for (const { pump: each } of [other, one]) each.start();
    here.run(60_000);
    expect(other.steps.length).toBeGreaterThan(3_030);
    expect(Math.abs(one.steps.length - 3_000)).toBeLessThanOrEqual(1);
    // A move, and the grain of the timers.
    expect(Math.max(...gaps(one.steps))).toBeLessThanOrEqual(22);
    expect(Math.min(...gaps(one.steps))).toBeGreaterThanOrEqual(18);
  });

  test('alone keeps its pace, and begins anew after it was stopped', () => {
    const here = stage();
    const one = pump(
      here,
      () => 20,
      () => undefined,
    );
    one.pump.start();
    here.run(1_000);
    expect(gaps(one.steps.slice(1)).every((gap) => gap === 20)).toBe(true);
    one.pump.stop();
    expect(here.run(100)).toBe(0);
    one.pump.start();
    here.run(100);
    expect(one.steps.at(-1)! - here.now()).toBeGreaterThan(-20);
  });
});
