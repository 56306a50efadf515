import type { HeaderLines } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Asking } from '../world/exchange.ts';
import type { Phone } from '../world/phone.ts';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

/** Peers that play with session timers (RFC 4028): none makes us busy, and none ends a call that goes on. */
let world: World;
let alice: UserAgentPhone;
let carol: Phone;
const pass = (milliseconds: number): void => passes(world, [alice], milliseconds);

const SDP =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n';
const described = (...headers: HeaderLines) => ({
  headers: [
    ['Content-Type', 'application/sdp'],
    ['Supported', 'timer'],
    ['Allow', 'INVITE, UPDATE'],
    ...headers,
  ] as HeaderLines,
  body: SDP,
});

beforeEach(() => {
  world = new World({ users: ['alice', 'carol'] });
  alice = new UserAgentPhone(world, 'alice').registers();
  carol = world.phone('carol');
  carol.registers();
});

/** Requests that alice sends within a minute. */
const said = (method: string): number => {
  const before = alice.requests(method).length;
  for (let second = 0; second < 60; second++) {
    pass(1_000);
    for (const one of carol.asked)
      if (!one.taken && one.request.method === method)
        carol.takes(method).answers(200, described(['Session-Expires', '1;refresher=uac']));
  }
  return alice.requests(method).length - before;
};

describe('a session timer', () => {
  it.each(['1', '0.5', '89'])('of %s seconds in an answer is one of what we said is the least', (seconds) => {
    const call = alice.calls('carol');
    pass(10);
    carol.takes('INVITE').answers(200, described(['Session-Expires', `${seconds};refresher=uac`]));
    pass(10);
    expect(said('UPDATE')).toBeLessThanOrEqual(2);
    expect(call.state).toBe('established');
  });

  it('of a second that the peer should refresh does not end the call', () => {
    const call = alice.calls('carol');
    pass(10);
    carol.takes('INVITE').answers(200, described(['Session-Expires', '1;refresher=uas']));
    pass(30_000);
    expect(call.state).toBe('established');
  });

  it.each([30, 400])('of a number of seconds with %i digits is as long as there is one', (digits) => {
    const call = alice.calls('carol');
    pass(10);
    carol.takes('INVITE').answers(200, described(['Session-Expires', `${'9'.repeat(digits)};refresher=uac`]));
    pass(10);
    expect(said('UPDATE')).toBe(0);
    expect(call.state).toBe('established');
  });

  const established = (): Asking => {
    const calling = carol.calls('alice', described());
    alice.does(() => alice.ringing.answer());
    calling.acks();
    pass(10);
    expect(alice.ringing.state).toBe('established');
    return calling;
  };

  it.each(['INVITE', 'UPDATE'])(
    'that a peer wants shorter by %s is refused with what is the least (§9)',
    (method) => {
      const calling = established();
      const change = calling.asks(method, described(['Session-Expires', '1;refresher=uas']));
      pass(10);
      expect([change.status, change.last.text('Min-SE')]).toEqual([422, '90']);
      expect(said('UPDATE')).toBe(0);
      expect(alice.ringing.state).toBe('established');
    },
  );

  it('that is too short each time anew is asked for a few times', () => {
    const call = alice.calls('carol');
    for (let seconds = 2_000; seconds < 2_050; seconds++) {
      pass(10);
      if (carol.asked.every(({ taken, request }) => taken || request.method !== 'INVITE')) break;
      carol.takes('INVITE').answers(422, { headers: [['Min-SE', String(seconds)]] });
    }
    pass(10);
    expect(alice.requests('INVITE').length).toBeLessThanOrEqual(6);
    expect(call.state).toBe('ended');
  });

  it('of more seconds than there are is not asked for', () => {
    const call = alice.calls('carol');
    pass(10);
    carol.takes('INVITE').answers(422, { headers: [['Min-SE', '1'.repeat(30)]] });
    pass(10);
    expect(carol.untaken).not.toContain('INVITE');
    expect(call.state).toBe('ended');
  });
});
