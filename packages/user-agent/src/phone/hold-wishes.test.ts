import { describe, expect, it } from 'vitest';
import { causeOf } from '../cause.ts';
import { HoldWishes } from './hold-wishes.ts';

/** A call that does what it is told when the peer has agreed. */
const held = () => {
  const asked: string[] = [];
  const later: (() => void)[] = [];
  const call = {
    isHeld: false,
    hold: () => void asked.push('hold'),
    resume: () => void asked.push('resume'),
  };
  const wishes = new HoldWishes(call, (action) => later.push(action));
  const agrees = (isHeld: boolean): void => {
    call.isHeld = isHeld;
    wishes.agreed(isHeld);
    for (const action of later.splice(0)) action();
  };
  const refuses = (): void => {
    wishes.refused(causeOf(488));
    for (const action of later.splice(0)) action();
  };
  return { asked, wishes, agrees, refuses };
};

const outcome = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: Error) => error.message,
  );

describe('the wish to hold', () => {
  it('is done when the peer has agreed, and at once where it is so', async () => {
    const { asked, wishes, agrees } = held();
    const hold = outcome(wishes.want(true));
    agrees(true);
    expect(await hold).toBe('done');
    expect(await outcome(wishes.want(true))).toBe('done');
    expect(asked).toEqual(['hold']);
  });

  it('is asked for once, however often it is wished', async () => {
    const { asked, wishes, agrees } = held();
    const both = [outcome(wishes.want(true)), outcome(wishes.want(true))];
    agrees(true);
    expect(await Promise.all(both)).toEqual(['done', 'done']);
    expect(asked).toEqual(['hold']);
  });

  it('waits for the contrary one that is with the peer', async () => {
    const { asked, wishes, agrees } = held();
    const hold = outcome(wishes.want(true));
    const resume = outcome(wishes.want(false));
    expect(asked).toEqual(['hold']);
    agrees(true);
    expect(asked).toEqual(['hold', 'resume']);
    agrees(false);
    expect(await Promise.all([hold, resume])).toEqual(['done', 'done']);
  });

  it('that was taken back before it was asked says so', async () => {
    const { asked, wishes, agrees } = held();
    const first = outcome(wishes.want(true));
    const contrary = outcome(wishes.want(false));
    const again = outcome(wishes.want(true));
    agrees(true);
    expect(await contrary).toContain('It was wanted otherwise');
    expect(await Promise.all([first, again])).toEqual(['done', 'done']);
    expect(asked).toEqual(['hold']);
  });

  it('that the peer refuses is told why, and what waited for it holds already', async () => {
    const { asked, wishes, refuses } = held();
    const hold = outcome(wishes.want(true));
    const resume = outcome(wishes.want(false));
    refuses();
    expect(await hold).toContain('Both sides have no codec or encryption in common.');
    expect(await resume).toBe('done');
    expect(asked).toEqual(['hold']);
  });

  it('ends with the call', async () => {
    const { wishes } = held();
    const both = [outcome(wishes.want(true)), outcome(wishes.want(false))];
    wishes.ended(causeOf(481));
    for (const told of await Promise.all(both)) expect(told).toContain('does not know this call');
  });
});
