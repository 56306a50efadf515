import { instant, seededRandom, TimingWheel, wallTime } from '@ringdown/sans-io';
import { describe, expect, test } from 'vitest';
import { deterministicIntervalMs, reportIntervalMs } from './report-interval.ts';
import { ReportSchedule } from './report-schedule.ts';

const call = {
  members: 2,
  senders: 2,
  weSent: true,
  rtcpBytesPerSecond: 500,
  averageRtcpBytes: 120,
  initial: false,
  minimumMs: 5_000,
};

describe('RFC 3550 §6.3.1', () => {
  test('a call of two reports every five seconds, at first after half of that', () => {
    expect(deterministicIntervalMs(call)).toBe(5_000);
    expect(deterministicIntervalMs({ ...call, initial: true })).toBe(2_500);
  });

  test('many members share the bandwidth; senders have a quarter of it where they are few', () => {
    const many = { ...call, members: 1_000, senders: 1 };
    expect(deterministicIntervalMs(many)).toBe(5_000);
    expect(deterministicIntervalMs({ ...many, senders: 100 })).toBeCloseTo((1_000 * 100 * 120) / 125);
    expect(deterministicIntervalMs({ ...many, weSent: false })).toBeCloseTo((1_000 * 999 * 120) / 375);
    expect(deterministicIntervalMs({ ...many, senders: 300 })).toBeCloseTo((1_000 * 1_000 * 120) / 500);
  });

  test('is spread from a half to one and a half, over e − 1.5', () => {
    const random = seededRandom(3);
    const drawn = Array.from({ length: 500 }, () => reportIntervalMs(call, random));
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(2_500 / (Math.E - 1.5));
    expect(Math.max(...drawn)).toBeLessThan(7_500 / (Math.E - 1.5));
  });
});

/** A schedule under a clock that is moved by hand. */
const scheduled = (membership: { members: number; senders: number; weSent: boolean }) => {
  let now = instant(0);
  const timers = new TimingWheel(now);
  const at: number[] = [];
  const schedule = new ReportSchedule(
    { rtcpBytesPerSecond: 500, minimumMs: 5_000 },
    { clock: { now: () => now, wallTime: () => wallTime(now) }, timers, random: seededRandom(1) },
    () => membership,
    () => at.push(now),
  );
  schedule.start();
  const run = (until: number): void => {
    for (;;) {
      const next = timers.deadline();
      if (next === undefined || next > until) break;
      now = next;
      timers.expire(now);
    }
    now = instant(until);
    timers.expire(now);
  };
  return { at, run, schedule };
};

describe('the schedule', () => {
  test('reports about every five seconds, and not at all once it is stopped', () => {
    const { at, run, schedule } = scheduled({ members: 2, senders: 2, weSent: true });
    run(600_000);
    expect(at[0]).toBeLessThan(3_100);
    expect(at.length).toBeGreaterThan(90);
    expect(at.length).toBeLessThan(160);
    const { length } = at;
    schedule.stop();
    run(700_000);
    expect(at).toHaveLength(length);
  });

  test('waits where there are more than there were (§6.3.6), and comes sooner where they left (§6.3.4)', () => {
    const membership = { members: 2, senders: 2, weSent: true };
    const crowd = scheduled(membership);
    membership.members = 2_000;
    membership.senders = 2_000;
    crowd.run(60_000);
    expect(crowd.at).toEqual([]);
    membership.members = 2;
    membership.senders = 2;
    crowd.schedule.membersLeft();
    crowd.run(64_000);
    expect(crowd.at).toHaveLength(1);
  });
});
