import { instant } from '@ringdown/sans-io';
import { parseHead, SipRequest } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import type { Incoming } from '../incoming.ts';
import { Overload, overloadDefaults } from './overload.ts';

const request = (more = ''): SipRequest => {
  const parsed = parseHead(`INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nTo: <sip:b@h>\r\n${more}\r\n`);
  if (!(parsed instanceof SipRequest)) throw new Error('no request');
  return parsed;
};

const arriving = (ms: number, more = ''): Incoming =>
  ({ kind: 'incoming', request: request(more), now: instant(ms) }) as Incoming;

/** How many of so many requests that begin something at a moment are let in. */
const letIn = (overload: Overload, ms: number, count: number): number => {
  let admitted = 0;
  for (let index = 0; index < count; index++)
    if (!overload.turnsAway(instant(ms)) && overload.admit(arriving(ms)).kind === 'incoming') admitted++;
  return admitted;
};

describe('overload', () => {
  it('never refuses what has credentials', () => {
    const overload = new Overload();
    for (let ms = 0; ms < 5_000; ms += 100) {
      overload.observe(5_000, instant(ms));
      letIn(overload, ms, 100);
    }
    expect(letIn(overload, 5_000, 50)).toBeLessThan(50);
    const begun = arriving(5_000, 'Proxy-Authorization: Digest x\r\n');
    expect(overload.admit(begun)).toBe(begun);
  });

  it('refuses what says that it answers a challenge and does not, once its credit is spent', () => {
    const overload = new Overload({ answersChallenge: () => false });
    for (let ms = 0; ms < 5_000; ms += 100) {
      overload.observe(5_000, instant(ms));
      letIn(overload, ms, 100);
    }
    letIn(overload, 5_000, 50);
    const verdict = overload.admit(arriving(5_000, 'Proxy-Authorization: Digest x\r\n'));
    expect(verdict).toMatchObject({ kind: 'respond', status: 503, headers: [['Retry-After', '5']] });
  });

  it('takes a wait that nobody has measured for no sign that what is admitted is carried', () => {
    const overload = new Overload();
    const admittedIn = (fromMs: number, toMs: number, delayMs: number, isMeasured: boolean): number => {
      let admitted = 0;
      for (let ms = fromMs; ms < toMs; ms++) {
        admitted += letIn(overload, ms, 6);
        if (ms % 20 === 19) overload.observe(delayMs, instant(ms), isMeasured);
      }
      return admitted;
    };
    admittedIn(0, 1_000, 0, true);
    admittedIn(1_000, 2_000, 130, true);
    expect(overload.isStrained).toBe(true);
    const { holdMs } = overloadDefaults;
    const before = admittedIn(2_000, 3_000, holdMs, true);
    // Probes are lost in a full socket: little is admitted, and the wait that was seen last stays.
    expect(admittedIn(3_000, 5_000, 400, false)).toBeLessThan(500);
    expect(admittedIn(5_000, 6_000, holdMs, true)).toBeGreaterThan(0.7 * before);
  });

  it('admits everything again when the rush is over', () => {
    const overload = new Overload();
    for (let ms = 0; ms < 3_000; ms += 100) {
      overload.observe(1_000, instant(ms));
      letIn(overload, ms, 30);
    }
    for (let ms = 3_000; ms < 9_000; ms += 100) overload.observe(0, instant(ms));
    expect(letIn(overload, 9_000, 2_000)).toBe(2_000);
  });
});
