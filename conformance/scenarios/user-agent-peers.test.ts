import { buildRequest, type HeaderLines, SipResponse } from '@ringdown/sip';
import { causes } from '@ringdown/user-agent';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Phone } from '../world/phone.ts';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

/** A user agent against a peer that says what it is told to, right or wrong. */
let world: World;
let alice: UserAgentPhone;
let carol: Phone;
const pass = (milliseconds: number): void => passes(world, [alice], milliseconds);

const SDP =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n';
const described = { headers: [['Content-Type', 'application/sdp']] as HeaderLines, body: SDP };

beforeEach(() => {
  world = new World({ users: ['alice', 'carol'] });
  alice = new UserAgentPhone(world, 'alice').registers();
  carol = world.phone('carol');
  carol.registers();
});

describe('a peer that is called', () => {
  it('may ask for longer session timers: it is called again with them', () => {
    alice.calls('carol');
    pass(100);
    carol.takes('INVITE').answers(422, { headers: [['Min-SE', '3600']] });
    pass(100);
    const { request } = carol.takes('INVITE');
    expect([request.text('Session-Expires'), request.text('Min-SE')]).toEqual(['3600', '3600']);
  });

  it('may say when to try again', () => {
    alice.calls('carol');
    pass(100);
    carol.takes('INVITE').answers(480, { headers: [['Retry-After', '30']] });
    pass(100);
    expect(alice.last('call ended').cause).toMatchObject({ status: 480, retryAfterMs: 30_000 });
  });

  it('that says again and again that it rings tells nothing new by that', () => {
    alice.calls('carol');
    pass(100);
    const asked = carol.takes('INVITE');
    const told = () =>
      alice.events.flatMap((event) =>
        event.kind === 'call progress' ? [`${event.status} ${event.hasEarlyMedia}`] : [],
      );
    for (let times = 0; times < 3; times++) asked.answers(180);
    asked.answers(180, { tag: 'second' });
    asked.answers(180, { tag: 'second' });
    asked.answers(180);
    asked.answers(180, described);
    asked.answers(180, described);
    asked.answers(182);
    asked.answers(180, { tag: 'second' });
    pass(100);
    expect(told()).toEqual(['180 false', '180 false', '180 true', '182 true']);
    for (let phone = 0; phone < 50; phone++) asked.answers(180, { tag: `flood${phone}` });
    pass(100);
    // Twenty phones are told apart.
    expect(told()).toHaveLength(4 + 18 + 1);
  });

  it('is hung up where another one answered, forty phones at most, for half a minute', () => {
    alice.calls('carol');
    pass(100);
    const asked = carol.takes('INVITE');
    const late = (count: number, name: string): number => {
      const before = alice.requests('ACK').length;
      for (let phone = 0; phone < count; phone++)
        asked.answers(200, { ...described, tag: `${name}${phone}` });
      pass(100);
      return alice.requests('ACK').length - before;
    };
    expect(late(1, 'first')).toBe(1);
    expect(late(5, 'late')).toBe(5);
    expect(late(100, 'flood')).toBe(34);
    expect(new Set(alice.requests('BYE').map((bye) => bye.text('To'))).size).toBe(39);
    expect(late(1, 'late')).toBe(1); // again: its ACK was lost
    pass(33_000);
    expect(late(1, 'late')).toBe(0);
  });

  it('has its reliable responses acknowledged once each, in their order', () => {
    alice.calls('carol');
    pass(100);
    const asked = carol.takes('INVITE');
    const reliable = (number: number): HeaderLines => [
      ['Require', '100rel'],
      ['RSeq', String(number)],
    ];
    asked.answers(180, { headers: reliable(7) });
    asked.answers(180, { headers: reliable(7) });
    asked.answers(180, { headers: reliable(9) });
    pass(100);
    expect(carol.takes('PRACK').answers(200).request.text('RAck')).toMatch(/^7 \d+ INVITE$/);
    expect(carol.untaken).not.toContain('PRACK');
  });

  it('may change early media by UPDATE, and what it says then is answered', () => {
    alice.calls('carol');
    pass(100);
    const asked = carol.takes('INVITE').answers(183, described);
    pass(100);
    expect(asked.asks('UPDATE').status).toBe(200);
    const changed = asked.asks('UPDATE', described);
    pass(100);
    expect(changed.status).toBe(200);
    expect(changed.last.body.length).toBeGreaterThan(0);
  });

  it('that has no codec of ours is acknowledged and hung up', () => {
    const call = alice.calls('carol');
    pass(100);
    const body = SDP.replace('RTP/AVP 8', 'RTP/AVP 18');
    carol.takes('INVITE').answers(200, { ...described, body });
    pass(100);
    carol.takes('ACK');
    carol.takes('BYE').answers(200);
    pass(100);
    expect(call.state).toBe('ended');
    expect(alice.last('call ended').cause.what).toMatch(/^No sound: /);
  });

  it('that answers when all was taken back is acknowledged and hung up', () => {
    const call = alice.calls('carol');
    pass(100);
    alice.does(() => call.hangUp());
    pass(100);
    const asked = carol.takes('INVITE');
    asked.answers(200, described);
    pass(100);
    carol.takes('ACK');
    carol.takes('BYE').answers(200);
    pass(100);
    expect(call.state).toBe('ended');
  });

  it('that has lost the call ends it by 481', () => {
    const call = alice.calls('carol');
    pass(100);
    carol.takes('INVITE').answers(200, described);
    pass(100);
    alice.does(() => call.hold());
    pass(100);
    carol.takes('INVITE').answers(481);
    pass(100);
    expect(call.state).toBe('ended');
  });
});

describe('a peer that calls', () => {
  it('without an offer gets ours, and its ACK has the answer', () => {
    const asking = carol.calls('alice', { body: '' });
    pass(100);
    alice.does(() => alice.ringing.answer());
    pass(100);
    expect(asking.status).toBe(200);
    expect(asking.last.text('Content-Type')).toBe('application/sdp');
    carol.put(asking.within('ACK', described));
    pass(100);
    expect(alice.ringing.state).toBe('established');
    expect(alice.media.requests.map(({ kind }) => kind)).toEqual(['offer', 'establish', 'take answer']);
  });

  it.each([
    [420, { ...described, headers: [...described.headers, ['Require', 'teleportation']] as HeaderLines }],
    [415, { body: 'hello', headers: [['Content-Type', 'text/plain']] as HeaderLines }],
    [422, { ...described, headers: [...described.headers, ['Session-Expires', '30']] as HeaderLines }],
    [
      481,
      { ...described, headers: [...described.headers, ['Replaces', 'x;to-tag=1;from-tag=2']] as HeaderLines },
    ],
  ])('is refused with %i, and nobody is disturbed, where that is due', (status, saying) => {
    const asking = carol.calls('alice', saying);
    pass(100);
    expect(asking.status).toBe(status);
    expect(alice.kinds).not.toContain('incoming call');
  });

  it('and offers nothing that we have is refused with 488 when we answer', () => {
    const asking = carol.calls('alice', { ...described, body: SDP.replace('RTP/AVP 8', 'RTP/AVP 18') });
    pass(100);
    alice.does(() => alice.ringing.answer());
    pass(100);
    expect(asking.status).toBe(488);
    expect(alice.media.sessions.size).toBe(0);
  });

  it.each([
    ['and goes away rings no longer than three minutes and some seconds', undefined, 189_000, 480],
    ['and says for how long rings no longer than that', '20', 19_000, 487],
    ['and wants it to ring for an hour rings no longer than others', '3600', 189_000, 480],
  ] as const)('%s, and is missed', (_, expires, ringingMs, status) => {
    // No server takes it back that knows better.
    const lone = new UserAgentPhone(world, 'bob');
    const more: HeaderLines = expires === undefined ? [] : [['Expires', expires]];
    lone.hears(
      buildRequest({
        method: 'INVITE',
        uri: 'sip:bob@203.0.113.11:5060',
        headers: [
          ['Via', 'SIP/2.0/UDP 198.51.100.66:5080;branch=z9hG4bK-gone'],
          ['Max-Forwards', '70'],
          ['From', '<sip:gone@elsewhere.example>;tag=gone'],
          ['To', '<sip:bob@home.example>'],
          ['Call-ID', 'gone'],
          ['CSeq', '1 INVITE'],
          ['Contact', '<sip:gone@198.51.100.66:5080>'],
          ...described.headers,
          ...more,
        ],
        body: Uint8Array.from(SDP, (one) => one.charCodeAt(0)),
      }),
      { address: '198.51.100.66', port: 5080 },
    );
    passes(world, [lone], ringingMs);
    const { ringing } = lone;
    expect(ringing.state).toBe('ringing');
    passes(world, [lone], 2_000);
    expect(ringing.state).toBe('ended');
    expect(lone.last('call ended')).toMatchObject({ by: 'us', cause: causes.missed });
    expect(lone.sent.filter((one): one is SipResponse => one instanceof SipResponse).at(-1)?.status).toBe(
      status,
    );
    expect(lone.agent.kept).toMatchObject({ dialogs: 0, mediaSessions: 0 });
  });

  it('and is answered in the last moment is not missed', () => {
    const asking = carol.calls('alice', { ...described, headers: [...described.headers, ['Expires', '10']] });
    pass(9_900);
    alice.does(() => alice.ringing.answer());
    pass(100_000);
    expect(asking.status).toBe(200);
    expect(alice.last('call ended').cause).toBe(causes.unacknowledged);
  });

  it('and hangs up before we answered gets 487', () => {
    const asking = carol.calls('alice', described);
    pass(100);
    asking.cancels();
    pass(100);
    expect(asking.status).toBe(487);
    expect(alice.ringing.state).toBe('ended');
  });
});

describe('a call', () => {
  it('that is taken back before anything was sent is never made', () => {
    alice.does((agent) => agent.call('carol').hangUp());
    pass(60_000);
    expect(carol.asked).toEqual([]);
    expect(alice.media.sessions.size).toBe(0);
  });

  it('outlives its connection: the peer learns where we are now', () => {
    const dora = new UserAgentPhone(world, 'alice', {
      transport: 'tcp',
      instance: 'urn:uuid:dora',
    }).registers();
    const call = dora.calls('carol');
    passes(world, [dora], 100);
    carol.takes('INVITE').answers(200, described);
    passes(world, [dora], 100);
    carol.takes('ACK');
    dora.does(() => dora.losesFlows());
    passes(world, [dora], 1_000);
    expect(dora.agent.registration).toBe('registered');
    carol.takes('INVITE').answers(200, described);
    passes(world, [dora], 100);
    dora.does(() => call.hangUp());
    passes(world, [dora], 100);
    carol.takes('BYE').answers(200);
    expect(call.state).toBe('ended');
  });
});

describe('a peer that sends a call on', () => {
  it('is followed: another phone rings, and whom we speak with stays who was called', () => {
    const call = alice.calls('carol');
    pass(100);
    const dave = world.phone('carol');
    const first = carol.takes('INVITE');
    first.answers(183, described);
    pass(100);
    first.answers(302, { headers: [['Contact', `<${dave.contact.replace('carol', 'dave')}>`]] });
    pass(100);
    const second = dave.takes('INVITE');
    expect(second.request.uri).toContain('sip:dave@');
    expect(alice.last('call redirected')).toMatchObject({ call, target: second.request.uri });
    expect(second.request.text('To')).toBe(first.request.text('To'));
    expect(second.request.text('Call-ID')).toBe(first.request.text('Call-ID'));
    second.answers(200, described);
    pass(100);
    dave.takes('ACK');
    expect(call).toMatchObject({ state: 'established', peer: '<sip:carol@home.example>' });
    // The session of the first phone is over: that of the offer is left, and that of the call.
    expect(alice.media.sessions.size).toBe(2);
    alice.does(() => call.hangUp());
    pass(100);
    dave.takes('BYE').answers(200);
    expect(alice.media.sessions.size).toBe(0);
  });

  it('in a circle ends in words', () => {
    const call = alice.calls('carol');
    pass(100);
    carol.takes('INVITE').answers(302, { headers: [['Contact', '<sip:carol@home.example>']] });
    pass(100);
    expect(call.state).toBe('ended');
    expect(alice.last('call ended').cause).toMatchObject({
      status: 302,
      what: 'The user is to be reached elsewhere, where we cannot call.',
    });
  });

  it('is not followed when we have given up', () => {
    const call = alice.calls('carol');
    pass(100);
    const invite = carol.takes('INVITE').answers(180);
    pass(100);
    alice.does(() => call.hangUp());
    const dave = world.phone('carol');
    invite.answers(302, { headers: [['Contact', `<${dave.contact}>`]] });
    pass(1_000);
    expect(call.state).toBe('ended');
    expect(dave.asked).toEqual([]);
  });
});
