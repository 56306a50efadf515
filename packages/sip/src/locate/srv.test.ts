import { seededRandom } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DnsSrvRecord } from './dns.ts';
import { orderSrv } from './srv.ts';

const record = (priority: number, weight: number, port = 5060): DnsSrvRecord => ({
  type: 'SRV',
  name: '_sip._udp.example.com',
  ttlSeconds: 60,
  priority,
  weight,
  port,
  target: 'server.example.com',
});

describe('the order of SRV records (RFC 2782)', () => {
  it('keeps every record once and never puts a lower priority first', () => {
    const records = fc.array(fc.tuple(fc.nat(3), fc.nat(100)), { maxLength: 16 });
    fc.assert(
      fc.property(records, fc.integer(), (numbers, seed) => {
        const given = numbers.map(([priority, weight], index) => record(priority, weight, index + 1));
        const ordered = orderSrv(given, seededRandom(seed));
        expect(ordered.map(({ port }) => port).sort((a, b) => a - b)).toEqual(given.map(({ port }) => port));
        ordered.reduce((before, next) => {
          expect(next.priority).toBeGreaterThanOrEqual(before);
          return next.priority;
        }, 0);
      }),
    );
  });

  it('puts each first as often as its weight says', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(weights, fc.integer(), (given, seed) => {
        const random = seededRandom(seed);
        const records = given.map((weight, index) => record(0, weight, index));
        const firsts = new Array<number>(given.length).fill(0);
        const rounds = 2_000;
        for (let round = 0; round < rounds; round++) firsts[orderSrv(records, random)[0]!.port]!++;
        const sum = given.reduce((total, weight) => total + weight, 0);
        given.forEach((weight, index) => {
          // RFC 2782 draws from 0 to the sum, so that the first record gets one part more.
          const least = weight / (sum + 1);
          const most = (weight + 1) / (sum + 1);
          const deviation = 5 * Math.sqrt(0.25 / rounds);
          expect(firsts[index]! / rounds).toBeGreaterThan(least - deviation);
          expect(firsts[index]! / rounds).toBeLessThan(most + deviation);
        });
      }),
      { numRuns: 20, seed: 2782 },
    );
  });

  it('gives a record without weight a small chance to come first', () => {
    const random = seededRandom(7);
    const records = [record(0, 9, 1), record(0, 0, 2)];
    let firsts = 0;
    for (let round = 0; round < 5_000; round++) if (orderSrv(records, random)[0]!.port === 2) firsts++;
    expect(firsts / 5_000).toBeGreaterThan(0.07);
    expect(firsts / 5_000).toBeLessThan(0.13);
  });
});
