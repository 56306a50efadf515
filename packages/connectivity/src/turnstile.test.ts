import { instant, TimingWheel } from '@ringdown/sans-io';
import { describe, expect, test } from 'vitest';
import { Turnstile } from './turnstile.ts';

describe('a turnstile', () => {
  test('lets what a machine tells wait until nobody is inside', () => {
    const turnstile = new Turnstile();
    const order: string[] = [];
    turnstile.enter(() => {
      turnstile.later(() => {
        order.push('told');
        turnstile.enter(() => {
          order.push('inside again');
          turnstile.later(() => order.push('told again'));
        });
        order.push('after');
      });
      order.push('inside');
    });
    expect(order).toEqual(['inside', 'told', 'inside again', 'after', 'told again']);
  });

  test('refuses a call from within a call', () => {
    const turnstile = new Turnstile();
    expect(() => turnstile.enter(() => turnstile.enter(() => undefined))).toThrow(/later/);
    expect(turnstile.enter(() => 'open again')).toBe('open again');
  });

  test('goes on after a listener has thrown', () => {
    const turnstile = new Turnstile();
    const heard: string[] = [];
    expect(() =>
      turnstile.enter(() => {
        turnstile.later(() => {
          throw new Error('a bad listener');
        });
        turnstile.later(() => heard.push('the next one'));
      }),
    ).toThrow('a bad listener');
    turnstile.enter(() => undefined);
    expect(heard).toEqual(['the next one']);
  });

  test('is gone through by timers', () => {
    const turnstile = new Turnstile();
    const wheel = new TimingWheel(instant(0));
    const order: string[] = [];
    const target = {
      timerFired: (name: string) => {
        turnstile.later(() => order.push(`told of ${name}`));
        order.push(name);
      },
    };
    const timers = turnstile.timers(wheel);
    timers.start(target, 'one', 10);
    timers.stop(timers.start(target, 'stopped', 10));
    wheel.expire(instant(10));
    expect(order).toEqual(['one', 'told of one']);
  });
});
