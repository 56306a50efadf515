import { instant } from '@ringdown/sans-io';
import { parseHead, SipRequest } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import type { Incoming } from '../incoming.ts';
import { Overload } from './overload.ts';

const request = (more = ''): SipRequest => {
  const parsed = parseHead(`INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n${more}\r\n`);
  if (!(parsed instanceof SipRequest)) throw new Error('no request');
  return parsed;
};

const arriving = (ms: number, more = ''): Incoming =>
  ({ kind: 'incoming', request: request(more), now: instant(ms) }) as Incoming;

/** A server that carries 1,000 new requests a second, and what waits in its socket. */
const simulate = (offeredPerSecond: number, seconds: number) => {
  const overload = new Overload();
  const totals = { admitted: 0, refused: 0, longestMs: 0 };
  let waiting = 0;
  for (let ms = 0; ms < seconds * 1000; ms++) {
    const now = instant(ms);
    waiting += offeredPerSecond / 1000;
    // One admitted costs a millisecond, one refused a tenth.
    for (let spent = 0; spent < 1 && waiting >= 1; waiting--) {
      const verdict = overload.admit(arriving(now));
      spent += verdict.kind === 'incoming' ? 1 : 0.1;
      if (ms > 5_000) totals[verdict.kind === 'incoming' ? 'admitted' : 'refused']++;
    }
    if (ms > 5_000) totals.longestMs = Math.max(totals.longestMs, waiting);
    if (ms % 100 === 0) overload.observe(waiting, now);
  }
  return totals;
};

describe('overload', () => {
  it('refuses nothing while messages do not wait, however much is done', () => {
    expect(simulate(990, 30)).toMatchObject({ refused: 0 });
  });

  it('carries nearly all that it can under twice as much, and refuses the rest without a growing queue', () => {
    const { admitted, refused, longestMs } = simulate(2_000, 60);
    expect(admitted / 55_000).toBeGreaterThan(0.82);
    expect(refused).toBeGreaterThan(40_000);
    expect(longestMs).toBeLessThan(1_500);
  });

  it('never refuses what has credentials', () => {
    const overload = new Overload();
    for (let ms = 0; ms < 5_000; ms += 100) {
      overload.observe(5_000, instant(ms));
      for (let index = 0; index < 100; index++) overload.admit(arriving(ms));
    }
    const now = instant(5_000);
    const plain = Array.from({ length: 50 }, () => overload.admit(arriving(now)));
    expect(plain.some((verdict) => verdict.kind === 'respond' && verdict.status === 503)).toBe(true);
    const begun = arriving(now, 'Proxy-Authorization: Digest x\r\n');
    expect(overload.admit(begun)).toBe(begun);
  });

  it('admits everything again when the rush is over', () => {
    const overload = new Overload();
    for (let ms = 0; ms < 3_000; ms += 100) {
      overload.observe(1_000, instant(ms));
      for (let index = 0; index < 30; index++) overload.admit(arriving(ms));
    }
    for (let ms = 3_000; ms < 9_000; ms += 100) overload.observe(0, instant(ms));
    const now = instant(9_000);
    const after = Array.from({ length: 2_000 }, () => overload.admit(arriving(now)));
    expect(after.every((verdict) => verdict.kind === 'incoming')).toBe(true);
  });
});
