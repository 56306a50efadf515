import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instant, TimingWheel } from './index.ts';

const recorder = () => {
  const fired: [string, number][] = [];
  return {
    fired,
    timerFired: (name: string, now: number) => void fired.push([name, now]),
  };
};

describe('timing wheel', () => {
  it('fires each timer at its time, in the order of their times, and never early', () => {
    const delays = fc.array(fc.integer({ min: 0, max: 5_000_000 }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(delays, fc.integer({ min: 0, max: 1_000_000 }), (due, start) => {
        const wheel = new TimingWheel(instant(start));
        const { fired, ...target } = recorder();
        due.forEach((delay, index) => void wheel.start(target, String(index), delay));
        for (let at = wheel.deadline(); at !== undefined; at = wheel.deadline()) wheel.expire(at);
        expect(fired.map(([, at]) => at)).toEqual(
          due.map((delay) => start + Math.max(delay, 1)).sort((a, b) => a - b),
        );
        for (const [name, at] of fired) expect(at).toBe(start + Math.max(due[Number(name)]!, 1));
        expect(wheel.size).toBe(0);
      }),
    );
  });

  it('catches up after a stall, and counts new delays from the present', () => {
    const wheel = new TimingWheel(instant(0));
    const target = recorder();
    wheel.start(target, 'first', 100);
    wheel.start(target, 'far', 400_000);
    wheel.expire(instant(300_000));
    wheel.start(target, 'second', 50);
    expect(target.fired).toEqual([['first', 300_000]]);
    expect(wheel.deadline()).toBe(300_050);
    wheel.expire(instant(300_050));
    wheel.expire(instant(400_000));
    expect(target.fired.slice(1)).toEqual([
      ['second', 300_050],
      ['far', 400_000],
    ]);
  });

  it('does not fire what was stopped, even from within a timer that is due at the same moment', () => {
    const wheel = new TimingWheel(instant(0));
    const fired: string[] = [];
    const second = { timerFired: (name: string) => void fired.push(name) };
    const victim = { current: wheel.start(second, 'unused', 1_000) };
    wheel.start(
      {
        timerFired: (name) => {
          fired.push(name);
          wheel.stop(victim.current);
        },
      },
      'killer',
      10,
    );
    wheel.stop(victim.current);
    wheel.stop(victim.current);
    victim.current = wheel.start(second, 'victim', 10);
    expect(victim.current.running).toBe(true);
    wheel.expire(instant(20));
    expect(fired).toEqual(['killer']);
    expect(victim.current.running).toBe(false);
    expect(wheel.deadline()).toBeUndefined();
  });

  it('rounds up to whole ticks', () => {
    const wheel = new TimingWheel(instant(7), { tickMs: 10 });
    const target = recorder();
    wheel.start(target, 'a', 11);
    wheel.expire(instant(26));
    expect(target.fired).toEqual([]);
    wheel.expire(instant(27));
    expect(target.fired).toEqual([['a', 27]]);
  });

  it('runs a timer that a firing timer starts', () => {
    const wheel = new TimingWheel(instant(0));
    const times: number[] = [];
    const target = {
      timerFired: (_: string, now: number) => {
        times.push(now);
        if (times.length < 4) wheel.start(target, 'again', 64);
      },
    };
    wheel.start(target, 'again', 64);
    for (let at = wheel.deadline(); at !== undefined; at = wheel.deadline()) wheel.expire(at);
    expect(times).toEqual([64, 128, 192, 256]);
  });
});
