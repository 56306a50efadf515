import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Audience, EventQueue, type QueueRules } from './event-queue.ts';

const queueOf = (rules: Partial<QueueRules<number>> = {}) =>
  new EventQueue<number>({ capacity: 4, ...rules });

/** All that can be read until the queue is over. */
const all = async (queue: EventQueue<number>): Promise<number[]> => {
  const values: number[] = [];
  for await (const value of queue) values.push(value);
  return values;
};

describe('a queue of events', () => {
  it('gives what waited, then what comes, and ends', async () => {
    const queue = queueOf();
    queue.push(1);
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    const next = queue.next();
    queue.push(2);
    queue.push(3);
    queue.end();
    queue.push(4);
    expect(await next).toEqual({ done: false, value: 2 });
    expect(await all(queue)).toEqual([3]);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  it('gives each of several who wait its own, in their order', async () => {
    const queue = queueOf();
    const waiting = [queue.next(), queue.next(), queue.next()];
    queue.push(1);
    queue.push(2);
    queue.end();
    expect((await Promise.all(waiting)).map(({ value }) => value)).toEqual([1, 2, undefined]);
  });

  it('never keeps more than it may, and keeps the newest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer()), fc.integer({ min: 1, max: 8 }), async (values, capacity) => {
        const queue = queueOf({ capacity });
        for (const value of values) {
          queue.push(value);
          expect(queue.size).toBeLessThanOrEqual(capacity);
        }
        queue.end();
        expect(await all(queue)).toEqual(values.slice(-capacity));
      }),
    );
  });

  it('lets go first what can be done without, and says once how much was missed', async () => {
    const queue = queueOf({
      capacity: 3,
      isExpendable: (value) => value >= 100,
      missed: (count) => -count,
    });
    for (const value of [1, 100, 2, 101, 3, 4]) queue.push(value);
    queue.end();
    expect(await all(queue)).toEqual([-3, 2, 3, 4]);
  });

  it('lets a newer one take the place of an older one that it makes worthless', async () => {
    const queue = queueOf({ replaces: (newer, older) => newer % 10 === older % 10 });
    for (const value of [1, 2, 11, 3, 21]) queue.push(value);
    queue.end();
    expect(await all(queue)).toEqual([2, 3, 21]);
  });

  it('passes over what means nothing any more', async () => {
    let stale = 0;
    const queue = queueOf({ isStale: (value) => value <= stale });
    for (const value of [1, 2, 3]) queue.push(value);
    stale = 2;
    expect(await queue.next()).toEqual({ done: false, value: 3 });
  });

  it('tells a failure once, after what waited', async () => {
    const queue = queueOf();
    queue.push(1);
    queue.fail(new Error('over'));
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    await expect(queue.next()).rejects.toThrow('over');
    expect((await queue.next()).done).toBe(true);
  });

  it('tells a failure to who waits, and the end to others', async () => {
    const queue = queueOf();
    const [first, second] = [queue.next(), queue.next()];
    queue.fail(new Error('over'));
    await expect(first).rejects.toThrow('over');
    expect((await second).done).toBe(true);
  });
});

describe('who reads', () => {
  it('learns of what happens from then on, each on its own', async () => {
    const audience = new Audience<number>({ capacity: 4 });
    audience.tell(1);
    const early = audience.join();
    audience.tell(2);
    const late = audience.join();
    audience.tell(3);
    audience.end();
    expect([await all(early), await all(late), await all(audience.join())]).toEqual([[2, 3], [3], []]);
  });

  it('is forgotten when it leaves', async () => {
    const audience = new Audience<number>({ capacity: 4 });
    const queue = audience.join();
    const waiting = queue.next();
    await queue.return();
    expect((await waiting).done).toBe(true);
    expect(audience.size).toBe(0);
    const left = audience.join();
    audience.tell(7);
    for await (const value of left) {
      expect(value).toBe(7);
      break;
    }
    expect(audience.size).toBe(0);
  });
});
