import { wallTime } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.ts';
import { VirtualTime } from './virtual-time.ts';

const command = fc.oneof(
  fc.record({ kind: fc.constant('start'), delayMs: fc.double({ min: 0, max: 100, noNaN: true }) }),
  fc.record({ kind: fc.constant('stop'), index: fc.nat(50) }),
  fc.record({ kind: fc.constant('pass'), ms: fc.double({ min: 0, max: 30, noNaN: true }) }),
);

describe('virtual time', () => {
  it('fires every timer that was not stopped, at its moment, in order', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
        const time = new VirtualTime(wallTime(0));
        const fired: [string, number][] = [];
        const target = { timerFired: (name: string, now: number) => void fired.push([name, now]) };
        const started: { timer: ReturnType<VirtualTime['start']>; due: number; stopped: boolean }[] = [];
        const pass = (ms: number): void => {
          const end = time.now() + ms;
          while (time.step(end));
          time.moveTo(end);
        };
        for (const one of commands) {
          if (one.kind === 'start') {
            const timer = time.start(target, String(started.length), one.delayMs);
            started.push({ timer, due: time.now() + one.delayMs, stopped: false });
          } else if (one.kind === 'stop') {
            const chosen = started[one.index];
            if (chosen === undefined) continue;
            chosen.stopped ||= chosen.timer.running;
            time.stop(chosen.timer);
            expect(chosen.timer.running).toBe(false);
          } else pass(one.ms);
        }
        pass(1000);
        const expected = started
          .map(({ due, stopped }, index) => ({ name: String(index), due, stopped }))
          .filter(({ stopped }) => !stopped)
          .sort((one, other) => one.due - other.due)
          .map(({ name, due }) => [name, due]);
        expect(fired).toEqual(expected);
        expect(time.waiting).toBe(0);
      }),
    );
  });

  it('keeps its order when some are taken out of the middle', () => {
    const moments = fc.array(fc.nat(30), { minLength: 10, maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(moments, fc.array(fc.nat(59), { maxLength: 20 }), (times, removed) => {
        const queue = new EventQueue();
        const events = times.map((at) => queue.add(at, () => undefined));
        for (const index of removed) if (events[index] !== undefined) queue.remove(events[index]);
        const order: [number, number][] = [];
        for (let event = queue.soonest; event !== undefined; event = queue.soonest) {
          order.push([event.at, event.order]);
          queue.remove(event);
        }
        const left = times.flatMap((at, index) => (removed.includes(index) ? [] : [[at, index]]));
        expect(order).toEqual(left.sort(([one], [other]) => one! - other!));
      }),
      { numRuns: 300 },
    );
  });

  it('forgets a timer as soon as it is stopped', () => {
    const time = new VirtualTime(wallTime(0));
    const target = { timerFired: () => undefined };
    for (let index = 0; index < 1000; index++) time.stop(time.start(target, 'far', 1e9 + index));
    expect(time.waiting).toBe(0);
    expect(time.next).toBeUndefined();
  });
});
