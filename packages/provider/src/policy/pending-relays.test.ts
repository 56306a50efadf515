import { describe, expect, it } from 'vitest';
import { type PendingPlace, PendingRelays } from './pending-relays.ts';

const EVE = '203.0.113.6';

/** Begins relays of ten branches until no more are taken. */
const fill = (pending: PendingRelays, stranger?: string): PendingPlace[] => {
  const begun: PendingPlace[] = [];
  for (let place = pending.begin(10, stranger); place !== undefined; place = pending.begin(10, stranger))
    begun.push(place);
  return begun;
};

describe('PendingRelays', () => {
  const create = () => new PendingRelays({ all: 1_000, ofStrangers: 300, ofOneStranger: 100 });

  it('leaves other strangers their part, and our users theirs', () => {
    const pending = create();
    expect(fill(pending, EVE).length).toBe(10);
    expect(fill(pending, '2001:db8::1').length).toBe(10);
    expect(fill(pending, '2001:db8::2').length).toBe(0);
    expect(fill(pending, '203.0.113.7').length).toBe(10);
    expect(fill(pending, '203.0.113.8').length).toBe(0);
    expect(fill(pending).length).toBe(70);
  });

  it('gives back what has its answer, once', () => {
    const pending = create();
    for (let round = 0; round < 3; round++) {
      const begun = fill(pending, EVE);
      expect(begun.length).toBe(10);
      for (const place of [...begun, ...begun]) pending.end(place);
      expect(pending).toHaveProperty('bySource.size', 0);
      expect(pending).toHaveProperty('all', 0);
    }
  });
});
