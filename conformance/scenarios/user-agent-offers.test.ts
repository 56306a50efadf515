import type { HeaderLines } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Asked, Asking } from '../world/exchange.ts';
import type { Phone } from '../world/phone.ts';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

/** Every way that SIP carries offers and answers (RFC 6337 §1.3, table 1), and what may not be. */
let world: World;
let alice: UserAgentPhone;
let carol: Phone;
const pass = (milliseconds: number): void => passes(world, [alice], milliseconds);

const sdpOf = (version: number, attribute = 'sendrecv'): string =>
  `v=0\r\no=- 1 ${version} IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\na=${attribute}\r\n`;
const SDP = sdpOf(1);
const sdp: readonly [string, string] = ['Content-Type', 'application/sdp'];
const described = { headers: [sdp] as HeaderLines, body: SDP };
const able: HeaderLines = [
  ['Supported', '100rel'],
  ['Allow', 'INVITE, ACK, BYE, CANCEL, UPDATE, PRACK'],
];
const reliably = (number: number, ...headers: HeaderLines) => ({
  headers: [['Require', '100rel'], ['RSeq', String(number)], ...headers] as HeaderLines,
});
/** A PRACK to the last response. */
const pracks = (
  asking: Asking,
  saying: { headers?: HeaderLines; body?: string } = {},
  response = asking.last,
): Asking =>
  asking.asks('PRACK', {
    ...saying,
    headers: [['RAck', `${response.text('RSeq')} ${response.text('CSeq')}`], ...(saying.headers ?? [])],
  });
const isDescribed = (asking: Asking): boolean => asking.last.text('Content-Type') === 'application/sdp';

/** What the media engine was asked, in short. */
const asked = (): string[] =>
  alice.media.requests.filter(({ kind }) => kind !== 'fork').map(({ kind }) => kind);

beforeEach(() => {
  world = new World({ users: ['alice', 'carol'] });
  alice = new UserAgentPhone(world, 'alice').registers();
  carol = world.phone('carol');
  carol.registers();
});

describe('an offer in INVITE', () => {
  it('is answered in 2xx', () => {
    const calling = carol.calls('alice', described);
    pass(100);
    alice.does(() => alice.ringing.answer());
    pass(100);
    expect([calling.status, isDescribed(calling)]).toEqual([200, true]);
    calling.acks();
    pass(100);
    expect(alice.ringing.state).toBe('established');
    expect(asked()).toEqual(['answer', 'establish']);
  });

  it('is answered in a reliable 1xx, and not once more', () => {
    const calling = carol.calls('alice', { ...described, headers: [sdp, ...able] });
    pass(100);
    alice.does(() => alice.ringing.answerEarly());
    pass(100);
    expect([calling.status, isDescribed(calling)]).toEqual([183, true]);
    expect(pracks(calling).status).toBe(200);
    alice.does(() => alice.ringing.answer());
    pass(100);
    expect([calling.status, isDescribed(calling)]).toEqual([200, false]);
    calling.acks();
    pass(100);
    expect(alice.ringing.state).toBe('established');
    expect(asked()).toEqual(['answer', 'establish']);
  });

  it('is answered in 1xx as a foretaste, and in 2xx, to who knows no reliable ones', () => {
    const calling = carol.calls('alice', described);
    pass(100);
    alice.does(() => alice.ringing.answerEarly());
    pass(100);
    expect([calling.status, calling.last.text('RSeq'), isDescribed(calling)]).toEqual([183, undefined, true]);
    const early = calling.last.body;
    alice.does(() => alice.ringing.answer());
    pass(100);
    expect(calling.last.body).toEqual(early);
  });

  it('of ours is answered in a reliable 1xx, and what 2xx says then is not heard', () => {
    const call = alice.calls('carol');
    pass(100);
    const invite = carol.takes('INVITE');
    invite.answers(183, { ...reliably(1, sdp), body: SDP });
    pass(100);
    carol.takes('PRACK').answers(200);
    invite.answers(200, { headers: [sdp], body: sdpOf(2, 'inactive') });
    pass(100);
    expect(call).toMatchObject({ state: 'established', isHeldByPeer: false });
    expect(asked()).toEqual(['offer', 'take answer', 'establish']);
  });

  it('of ours in a call that stands is answered in a reliable 1xx, too', () => {
    const { call } = established();
    alice.does(() => call.hold());
    pass(100);
    const invite = carol.takes('INVITE');
    invite.answers(183, { ...reliably(1, sdp), body: sdpOf(2, 'recvonly') });
    invite.answers(183, { ...reliably(1, sdp), body: sdpOf(2, 'recvonly') });
    pass(100);
    carol.takes('PRACK').answers(200);
    expect(carol.untaken).not.toContain('PRACK');
    invite.answers(200);
    pass(100);
    expect(call.isHeld).toBe(true);
    expect(asked().slice(3)).toEqual(['offer', 'take answer']);
  });

  it('of a peer in a call that stands is answered in 2xx', () => {
    const { call, invite } = established();
    const held = invite.asks('INVITE', { headers: [sdp], body: sdpOf(2, 'sendonly') });
    pass(100);
    expect([held.status, isDescribed(held)]).toEqual([200, true]);
    held.acks();
    pass(100);
    expect(call.isHeldByPeer).toBe(true);
  });

  it('that says at once that we are to wait is told when the call stands', () => {
    const calling = carol.calls('alice', { headers: [sdp], body: sdpOf(1, 'sendonly') });
    pass(100);
    alice.does(() => alice.ringing.answer());
    pass(100);
    calling.acks();
    pass(100);
    expect(alice.kinds.slice(-2)).toEqual(['call established', 'call held']);
  });
});

describe('an early answer that is never acknowledged', () => {
  it.each([
    ['is refused where we hang up', 603, true],
    ['fails in the end', 504, false],
  ])('%s', (_, status, hangsUp) => {
    const calling = carol.calls('alice', { ...described, headers: [sdp, ...able] });
    pass(100);
    alice.does(() => alice.ringing.answerEarly());
    alice.does(() => alice.ringing.answer());
    pass(100);
    expect(alice.ringing.state).toBe('answering');
    if (hangsUp) alice.does(() => alice.ringing.hangUp());
    pass(33_000);
    expect(calling.status).toBe(status);
    expect(alice.ringing.state).toBe('ended');
    expect(alice.media.sessions.size).toBe(0);
  });
});

describe('an INVITE that offers nothing', () => {
  const quiet = { body: '', headers: able };

  it('gets our offer in 2xx, and its ACK answers', () => {
    const calling = carol.calls('alice', { body: '' });
    pass(100);
    alice.does(() => alice.ringing.answer());
    pass(100);
    expect([calling.status, isDescribed(calling)]).toEqual([200, true]);
    carol.put(calling.within('ACK', described));
    pass(100);
    expect(alice.ringing.state).toBe('established');
    expect(asked()).toEqual(['offer', 'establish', 'take answer']);
  });

  it('gets our offer in a reliable 1xx, and its PRACK answers', () => {
    const calling = carol.calls('alice', quiet);
    pass(100);
    alice.does(() => alice.ringing.answerEarly());
    pass(100);
    expect([calling.status, isDescribed(calling)]).toEqual([183, true]);
    expect(pracks(calling, described).status).toBe(200);
    pass(100);
    alice.does(() => alice.ringing.answer());
    pass(100);
    expect([calling.status, isDescribed(calling)]).toEqual([200, false]);
    calling.acks();
    pass(100);
    expect(alice.ringing.state).toBe('established');
    expect(asked()).toEqual(['offer', 'take answer', 'establish']);
  });

  it('gets none before 2xx where it might not come', () => {
    const calling = carol.calls('alice', { body: '' });
    pass(100);
    alice.does(() => alice.ringing.answerEarly());
    pass(100);
    expect(calling.status).toBe(180);
    expect(asked()).toEqual([]);
  });

  it.each([
    ['ACK', false],
    ['PRACK', true],
  ])('and whose %s answers nothing ends', (_, isEarly) => {
    const calling = carol.calls('alice', quiet);
    pass(100);
    if (isEarly) {
      alice.does(() => alice.ringing.answerEarly());
      pass(100);
      pracks(calling);
    }
    alice.does(() => alice.ringing.answer());
    pass(100);
    expect(calling.status).toBe(200);
    calling.acks();
    pass(100);
    carol.takes('BYE').answers(200);
    pass(100);
    expect(alice.last('call ended')).toMatchObject({ cause: { status: 488 }, by: 'network' });
    expect(alice.media.sessions.size).toBe(0);
  });

  it('in a call that stands gets what we have, and its ACK answers', () => {
    const { call, invite } = established();
    const again = invite.asks('INVITE');
    pass(100);
    expect([again.status, isDescribed(again)]).toEqual([200, true]);
    // Ours waits now: nobody offers anything else.
    const other = invite.asks('UPDATE', described);
    expect(other.status).toBe(491);
    carol.put(again.within('ACK', { headers: [sdp], body: sdpOf(2, 'sendonly') }));
    pass(100);
    expect(call.isHeldByPeer).toBe(true);
    expect(asked().slice(3)).toEqual(['offer', 'take answer']);
  });

  it('in a call that stands and whose ACK answers nothing leaves all as it was', () => {
    const { call, invite } = established();
    const again = invite.asks('INVITE');
    pass(100);
    carol.put(again.within('ACK'));
    pass(100);
    expect(asked().slice(3)).toEqual(['offer', 'roll back']);
    alice.does(() => call.hold());
    pass(100);
    carol.takes('INVITE');
  });
});

describe('an offer in PRACK', () => {
  it('is answered in its 200, before the call is', () => {
    const calling = carol.calls('alice', { ...described, headers: [sdp, ...able] });
    pass(100);
    alice.does(() => alice.ringing.answerEarly());
    pass(100);
    const first = calling.last;
    const prack = pracks(calling, { headers: [sdp], body: sdpOf(2) }, first);
    pass(100);
    expect([prack.status, isDescribed(prack)]).toEqual([200, true]);
    expect(asked()).toEqual(['answer', 'answer']);
    expect(alice.media.requests).toMatchObject([{ early: true }, { early: true }]);
    alice.does(() => alice.ringing.answer());
    pass(100);
    calling.acks();
    pass(100);
    expect(alice.ringing.state).toBe('established');
  });

  it('to nothing is none', () => {
    const calling = carol.calls('alice', { ...described, headers: [sdp, ...able] });
    pass(100);
    const prack = calling.asks('PRACK', { headers: [['RAck', '1 1 INVITE'], sdp], body: sdpOf(2) });
    expect(prack.status).toBe(481);
    expect(asked()).toEqual([]);
  });
});

describe('an offer in UPDATE', () => {
  /** A call that rings here, described and acknowledged. */
  const early = (): Asking => {
    const calling = carol.calls('alice', { ...described, headers: [sdp, ...able] });
    pass(100);
    alice.does(() => alice.ringing.answerEarly());
    pass(100);
    pracks(calling);
    pass(100);
    return calling;
  };

  it('of the caller is answered before the call is', () => {
    const calling = early();
    const update = calling.asks('UPDATE', { headers: [sdp], body: sdpOf(2), cseq: 50 });
    pass(100);
    expect([update.status, isDescribed(update)]).toEqual([200, true]);
    expect(asked()).toEqual(['answer', 'answer']);
  });

  it('of the callee is answered before the call is', () => {
    alice.calls('carol');
    pass(100);
    const invite = carol.takes('INVITE').answers(183, { ...reliably(1, sdp), body: SDP });
    pass(100);
    carol.takes('PRACK').answers(200);
    const update = invite.asks('UPDATE', { headers: [sdp], body: sdpOf(2) });
    pass(100);
    expect([update.status, isDescribed(update)]).toEqual([200, true]);
    expect(asked()).toEqual(['offer', 'take answer', 'answer']);
  });

  it('is answered in a call that stands', () => {
    const { call, invite } = established();
    const update = invite.asks('UPDATE', { headers: [sdp], body: sdpOf(2, 'sendonly') });
    pass(100);
    expect([update.status, isDescribed(update)]).toEqual([200, true]);
    expect(call.isHeldByPeer).toBe(true);
  });

  it('has to wait where our own waits', () => {
    alice.calls('carol');
    pass(100);
    const invite = carol.takes('INVITE').answers(180);
    pass(100);
    expect(invite.asks('UPDATE', described).status).toBe(491);
    expect(asked()).toEqual(['offer']);
  });

  it('has to wait where the one before is not answered', () => {
    const calling = carol.calls('alice', { ...described, headers: [sdp, ...able] });
    pass(100);
    const update = calling.asks('UPDATE', { headers: [sdp], body: sdpOf(2) });
    expect(update.status).toBe(500);
    expect(Number(update.last.text('Retry-After'))).toBeLessThanOrEqual(10);
    expect(asked()).toEqual([]);
  });

  it('that goes together with nothing is refused, and all stays as it was', () => {
    const { call, invite } = established();
    const update = invite.asks('UPDATE', { headers: [sdp], body: SDP.replace('AVP 8', 'AVP 18') });
    pass(100);
    expect(update.status).toBe(488);
    expect(call.state).toBe('established');
    expect(invite.asks('UPDATE', { headers: [sdp], body: sdpOf(3, 'sendonly'), cseq: 9_000 }).status).toBe(
      200,
    );
  });

  it('is refused over a dialog that is not answered, where it comes as INVITE', () => {
    const calling = early();
    const again = calling.asks('INVITE', { headers: [sdp], body: sdpOf(2), cseq: 50 });
    expect(again.status).toBe(500);
  });
});

describe('a change that is under way when the call is hung up', () => {
  it('of the peer is answered: nothing is left waiting', () => {
    const { call, invite } = established();
    alice.media.isSlow = true;
    const again = invite.asks('INVITE', { headers: [sdp], body: sdpOf(2) });
    pass(500);
    expect(again.status).toBe(100);
    alice.does(() => call.hangUp());
    pass(100);
    carol.takes('BYE').answers(200);
    pass(100);
    expect(again.status).toBe(487);
    expect(call.state).toBe('ended');
  });

  it('of the peer may be taken back before it is answered', () => {
    const { call, invite } = established();
    alice.media.isSlow = true;
    const again = invite.asks('INVITE', { headers: [sdp], body: sdpOf(2) });
    pass(500);
    again.cancels();
    pass(100);
    expect(again.status).toBe(487);
    expect(asked().slice(3)).toEqual(['answer', 'roll back']);
    expect(call.state).toBe('established');
  });

  it('of ours is acknowledged all the same', () => {
    const { call } = established();
    alice.does(() => call.hold());
    pass(100);
    const invite = carol.takes('INVITE');
    alice.does(() => call.hangUp());
    pass(100);
    invite.answers(200, described);
    pass(100);
    carol.takes('ACK');
    carol.takes('BYE').answers(200);
    pass(100);
    expect(call.state).toBe('ended');
    expect(alice.media.sessions.size).toBe(0);
    expect(alice.kinds).not.toContain('call held');
  });
});

/** A call of ours that stands. */
const established = (): { call: ReturnType<UserAgentPhone['calls']>; invite: Asked } => {
  const call = alice.calls('carol');
  pass(100);
  const invite = carol.takes('INVITE').answers(200, { ...described, headers: [sdp, ...able] });
  pass(100);
  carol.takes('ACK');
  expect(call.state).toBe('established');
  return { call, invite };
};
