import { instant } from '@ringdown/sans-io';
import { parseHead, SipRequest } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import type { Incoming } from '../incoming.ts';
import { Overload } from './overload.ts';

const request = (more = ''): SipRequest => {
  const parsed = parseHead(`INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nTo: <sip:b@h>\r\n${more}\r\n`);
  if (!(parsed instanceof SipRequest)) throw new Error('no request');
  return parsed;
};

const arriving = (ms: number, more = ''): Incoming =>
  ({ kind: 'incoming', request: request(more), now: instant(ms) }) as Incoming;

describe('overload', () => {
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

  it('takes a wait that nobody has measured for no sign that what is admitted is carried', () => {
    const overload = new Overload();
    const admittedIn = (fromMs: number, toMs: number, delayMs: number, isMeasured: boolean): number => {
      let admitted = 0;
      for (let ms = fromMs; ms < toMs; ms++) {
        for (let index = 0; index < 6; index++)
          if (overload.admit(arriving(ms)).kind === 'incoming') admitted++;
        if (ms % 50 === 49) overload.observe(delayMs, instant(ms), isMeasured);
      }
      return admitted;
    };
    admittedIn(0, 1_000, 0, true);
    admittedIn(1_000, 2_000, 130, true);
    expect(overload.isStrained).toBe(true);
    const before = admittedIn(2_000, 3_000, 100, true);
    // Probes are lost in a full socket: little is admitted, and the wait that was seen last stays.
    expect(admittedIn(3_000, 5_000, 400, false)).toBeLessThan(500);
    expect(admittedIn(5_000, 6_000, 100, true)).toBeGreaterThan(0.7 * before);
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
