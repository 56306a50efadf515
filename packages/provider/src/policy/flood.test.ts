import { after, type Instant, instant } from '@ringdown/sans-io';
import { describe, expect, it } from 'vitest';
import { FloodLimit } from './flood.ts';

const START = instant(1_000);

describe('the flood limit', () => {
  it('lets 5,000 honest registrations a second from one address pass, for a minute', () => {
    const flood = new FloodLimit();
    for (let number = 0; number < 5_000 * 60; number++) {
      const now = after(START, number / 5);
      expect(flood.take('192.0.2.1', now)).toBe('answer');
      flood.giveBack('192.0.2.1');
    }
  });

  it('does not limit honest load at all: a success gives its credit back', () => {
    const flood = new FloodLimit({ answersPerSecond: 10, burst: 100 });
    for (let number = 0; number < 10_000; number++) {
      expect(flood.take('192.0.2.1', START)).toBe('answer');
      flood.giveBack('192.0.2.1');
    }
  });

  it('answers a flood no more than its rate, then refuses a little, then is silent', () => {
    const flood = new FloodLimit();
    const verdicts = { answer: 0, refuse: 0, drop: 0 };
    for (let number = 0; number < 50_000 * 10; number++) {
      verdicts[flood.take('192.0.2.1', after(START, number / 50))]++;
    }
    expect(verdicts.answer).toBeGreaterThan(239_000);
    expect(verdicts.answer).toBeLessThanOrEqual(240_000);
    expect(verdicts.refuse).toBeGreaterThan(0);
    expect(verdicts.refuse).toBeLessThanOrEqual(110);
  });

  it('keeps each address its own credit, and gives a /64 one', () => {
    const flood = new FloodLimit({ burst: 10, answersPerSecond: 1, refusalsPerSecond: 0 });
    for (let number = 0; number < 100; number++) flood.take('192.0.2.1', START);
    expect(flood.take('192.0.2.1', START)).toBe('drop');
    expect(flood.take('192.0.2.2', START)).toBe('answer');
    for (let number = 0; number < 10; number++) flood.take(`2001:db8::${number}`, START);
    expect(flood.take('2001:db8::ffff', START)).toBe('drop');
    expect(flood.take('2001:db8:0:1::1', START)).toBe('answer');
    expect(flood.take('192.0.2.1', after(START, 1_000))).toBe('answer');
  });

  it('never lends more than the burst', () => {
    const flood = new FloodLimit({ burst: 2, answersPerSecond: 1, refusalsPerSecond: 0 });
    const takeAll = (now: Instant): number => {
      let taken = 0;
      while (flood.take('192.0.2.1', now) === 'answer') taken++;
      return taken;
    };
    expect(takeAll(START)).toBe(2);
    for (let number = 0; number < 100; number++) flood.giveBack('192.0.2.1');
    expect(takeAll(START)).toBe(2);
    expect(takeAll(after(START, 3_600_000))).toBe(2);
  });
});
