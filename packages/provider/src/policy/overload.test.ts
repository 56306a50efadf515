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

/** What each message of a call costs the server, in milliseconds: a call 0.29, a refusal with its ACK 0.035. */
const COSTS = {
  first: 0.028,
  ack: 0.013,
  second: 0.09,
  ringing: 0.03,
  answer: 0.035,
  bye: 0.055,
  end: 0.039,
} as const;
const REFUSAL_MS = 0.022;
/** Calls a second that make the server busy all the time. */
const CAPACITY = 1000 / Object.values(COSTS).reduce((sum, cost) => sum + cost, 0);
/** Datagrams that the socket holds; more are lost. */
const SOCKET = 4_500;

type Kind = keyof typeof COSTS;
interface Call {
  step: Kind | 'over';
  refused: boolean;
}

/** A server with its socket, and calls whose senders repeat themselves after half a second, for seven seconds from the fourth on. */
const simulate = (timesCapacity: number, stallAtMs = -1) => {
  const overload = new Overload();
  const socket: { kind: Kind | 'probe'; call: Call; at: number }[] = [];
  const repeats: (readonly [Kind, Call])[][] = [];
  const totals = { started: 0, carried: 0, refused: 0, longestMs: 0, repeated: 0 };
  let nowMs = 0;
  let probeAt: number | undefined;
  let delayMs = 0;
  const send = (kind: Kind | 'probe', call: Call): void => {
    if (socket.length < SOCKET) socket.push({ kind, call, at: nowMs });
  };
  const request = (kind: Kind, call: Call, next: Kind | 'over' = kind): void => {
    send(kind, call);
    call.step = next;
    const due = Math.ceil(nowMs) + 500;
    repeats[due] ??= [];
    repeats[due].push([kind, call]);
  };
  const admitted = (): boolean => {
    const arrived = arriving(nowMs);
    return !overload.turnsAway(arrived.request, arrived.now) && overload.admit(arrived).kind === 'incoming';
  };
  /** Does what a message asks for. @returns what that cost */
  const serve = (kind: Kind, call: Call): number => {
    const follows = call.step === kind;
    if (kind === 'first') {
      const isAdmitted = admitted();
      if (follows) send('ack', call);
      if (follows && isAdmitted) request('second', call);
      else if (follows) Object.assign(call, { step: 'over', refused: true });
      return isAdmitted ? COSTS.first : REFUSAL_MS;
    }
    if (!follows) return COSTS[kind] / 2;
    if (kind === 'second') {
      send('ringing', call);
      request('answer', call);
    } else if (kind === 'answer') request('bye', call);
    else if (kind === 'bye') request('end', call);
    else if (kind === 'end') call.step = 'over';
    return COSTS[kind];
  };
  const calls: { call: Call; at: number }[] = [];
  let due = 0;
  let freeAt = 0;
  for (let ms = 0; ms < 14_000; ms++) {
    nowMs = ms;
    for (const [kind, call] of repeats[ms] ?? []) {
      if (call.step !== kind) continue;
      totals.repeated++;
      request(kind, call);
    }
    for (due += (timesCapacity * CAPACITY) / 1000; due >= 1 && ms < 11_000; due--) {
      const call: Call = { step: 'first', refused: false };
      calls.push({ call, at: ms });
      request('first', call);
    }
    if (ms % 50 === 0 && (probeAt === undefined || ms - probeAt > 1_000)) {
      if (probeAt !== undefined) delayMs = 1_000;
      probeAt = ms;
      send('probe', { step: 'over', refused: false });
    }
    if (ms === stallAtMs) freeAt = ms + 350;
    freeAt = Math.max(freeAt, ms);
    let read = 0;
    for (; freeAt < ms + 1 && read < socket.length; read++) {
      const { kind, call, at } = socket[read]!;
      nowMs = Math.max(freeAt, at);
      totals.longestMs = ms > 4_000 ? Math.max(totals.longestMs, nowMs - at) : 0;
      if (kind === 'probe') {
        delayMs = nowMs - at;
        probeAt = undefined;
      } else freeAt += serve(kind, call);
    }
    socket.splice(0, read);
    // While the machine stands still, nobody looks either.
    if (ms % 50 === 0 && freeAt < ms + 100)
      overload.observe(probeAt === undefined ? delayMs : Math.max(delayMs, ms - probeAt), instant(ms));
  }
  for (const { call, at } of calls) {
    if (at < 4_000) continue;
    totals.started++;
    if (call.refused) totals.refused++;
    else if (call.step === 'over') totals.carried++;
  }
  return { ...totals, goodput: totals.carried / 7 / CAPACITY };
};

describe('overload', () => {
  it('refuses nothing while messages do not wait, however much is done', () => {
    expect(simulate(0.97)).toMatchObject({ refused: 0 });
  });

  it('carries what it can while a little more is asked of it', () => {
    const { goodput, started, carried, refused, repeated, longestMs } = simulate(1.2);
    expect(goodput).toBeGreaterThan(0.95);
    expect(started - carried - refused).toBe(0);
    expect(longestMs).toBeLessThan(130);
    expect(repeated).toBe(0);
  });

  it('carries what the refusals leave of it under twice and three times as much, and loses no call', () => {
    for (const [times, left] of [
      [2, 0.95],
      [3, 0.6],
    ] as const) {
      const { goodput, started, carried, refused, longestMs } = simulate(times);
      expect(goodput).toBeGreaterThan(left);
      expect(started - carried - refused).toBe(0);
      expect(longestMs).toBeLessThan(200);
    }
  });

  it('refuses nothing because the machine once stood still', () => {
    expect(simulate(0.8, 6_000).refused).toBe(0);
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
