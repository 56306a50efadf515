import { after, type Instant, instant } from '@ringdown/sans-io';
import { describe, expect, it } from 'vitest';
import { FailureThrottle } from './throttle.ts';

const START = instant(1_000);
const PHONE = '192.0.2.1';

const fail = (
  throttle: FailureThrottle,
  times: number,
  now: Instant,
  user = 'alice',
  address = PHONE,
): void => {
  for (let number = 0; number < times; number++) throttle.failed(address, user, now);
};

describe('the throttle', () => {
  it('refuses a user at an address after five failures within a minute, and nobody else', () => {
    const throttle = new FailureThrottle();
    fail(throttle, 4, START);
    expect(throttle.userRefusedMs(PHONE, 'alice', START)).toBe(0);
    fail(throttle, 1, after(START, 60_000));
    expect(throttle.userRefusedMs(PHONE, 'alice', after(START, 60_000))).toBe(2_000);
    expect(throttle.userRefusedMs(PHONE, 'alice', after(START, 62_000))).toBe(0);
    expect(throttle.userRefusedMs(PHONE, 'bob', after(START, 60_000))).toBe(0);
    expect(throttle.userRefusedMs('192.0.2.2', 'alice', after(START, 60_000))).toBe(0);
  });

  it('does not add up failures of different minutes', () => {
    const throttle = new FailureThrottle();
    for (let minute = 0; minute < 20; minute++) fail(throttle, 4, after(START, minute * 61_000));
    expect(throttle.userRefusedMs(PHONE, 'alice', after(START, 19 * 61_000))).toBe(0);
  });

  it('doubles the time with each further failure, up to a quarter of an hour, and forgives after as long', () => {
    const throttle = new FailureThrottle();
    fail(throttle, 4, START);
    let now = START;
    const times: number[] = [];
    for (let round = 0; round < 12; round++) {
      fail(throttle, 1, now);
      const refusedMs = throttle.userRefusedMs(PHONE, 'alice', now);
      times.push(refusedMs / 1000);
      now = after(now, refusedMs);
    }
    expect(times).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    now = after(now, 900_001);
    fail(throttle, 4, now);
    expect(throttle.userRefusedMs(PHONE, 'alice', now)).toBe(0);
  });

  it('forgets the failures of a user who was right in the end, not those of the address', () => {
    const throttle = new FailureThrottle({ failuresPerAddress: 8 });
    fail(throttle, 4, START);
    throttle.succeeded(PHONE, 'alice');
    fail(throttle, 3, START);
    expect(throttle.userRefusedMs(PHONE, 'alice', START)).toBe(0);
    expect(throttle.addressRefusedMs(PHONE, START)).toBe(0);
    fail(throttle, 1, START);
    expect(throttle.addressRefusedMs(PHONE, START)).toBe(2_000);
  });

  it('keeps refusing where somebody was right in between: others may share the address', () => {
    const throttle = new FailureThrottle();
    fail(throttle, 5, START);
    throttle.succeeded(PHONE, 'alice');
    expect(throttle.userRefusedMs(PHONE, 'alice', START)).toBe(2_000);
    const later = after(START, 2_000);
    fail(throttle, 1, later);
    expect(throttle.userRefusedMs(PHONE, 'alice', later)).toBe(4_000);
  });

  it('lets a phone try five times a second while its user is refused', () => {
    const throttle = new FailureThrottle();
    fail(throttle, 5, START);
    const tries = (now: Instant) => Array.from({ length: 6 }, () => throttle.mayTry(PHONE, 'alice', now));
    expect(tries(START)).toEqual([true, true, true, true, true, false]);
    expect(tries(after(START, 1_000))).toEqual([true, true, true, true, true, false]);
  });

  it('counts those who try many users by their address', () => {
    const throttle = new FailureThrottle();
    for (let user = 0; user < 200; user++) fail(throttle, 1, START, `user${user}`);
    expect(throttle.userRefusedMs(PHONE, 'user1', START)).toBe(0);
    expect(throttle.addressRefusedMs(PHONE, START)).toBe(2_000);
    expect(throttle.addressRefusedMs('192.0.2.2', START)).toBe(0);
  });

  it('takes user names of any length', () => {
    const throttle = new FailureThrottle();
    fail(throttle, 5, START, 'x'.repeat(60_000));
    expect(throttle.userRefusedMs(PHONE, 'x'.repeat(60_000), START)).toBe(2_000);
  });
});
