import type { HeaderLines } from '@ringdown/sip';
import type { Call, MediaRequest } from '@ringdown/user-agent';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Asked } from '../world/exchange.ts';
import type { Phone } from '../world/phone.ts';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

/** A way that is found anew, and candidates that come later: against a peer that says what it is told to. */
let world: World;
let alice: UserAgentPhone;
let carol: Phone;
const pass = (milliseconds: number): void => passes(world, [alice], milliseconds);

const SDP =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n';
const sdp: readonly [string, string] = ['Content-Type', 'application/sdp'];
const described = { headers: [sdp] as HeaderLines, body: SDP };
const reliably = (number: number, ...headers: HeaderLines) => ({
  headers: [['Require', '100rel'], ['RSeq', String(number)], ...headers] as HeaderLines,
});
const trickles: HeaderLines = [
  ['Supported', '100rel, trickle-ice'],
  ['Recv-Info', 'trickle-ice'],
  ['Allow', 'INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO'],
];

beforeEach(() => {
  world = new World({ users: ['alice', 'carol'] });
  alice = new UserAgentPhone(world, 'alice').registers();
  carol = world.phone('carol');
  carol.registers();
});

const asked = <Kind extends MediaRequest['kind']>(kind: Kind) =>
  alice.media.requests.filter(
    (request): request is Extract<MediaRequest, { kind: Kind }> => request.kind === kind,
  );

/** A call that stands, and carol's end of it. */
const established = (headers: HeaderLines = []): { call: Call; asked: Asked } => {
  const call = alice.calls('carol');
  pass(100);
  const invite = carol.takes('INVITE').answers(200, { ...described, headers: [sdp, ...headers] });
  pass(100);
  carol.takes('ACK');
  expect(call.state).toBe('established');
  return { call, asked: invite };
};

describe('a way that is to be found anew', () => {
  it('is offered by re-INVITE', () => {
    const { call } = established();
    alice.does(() => call.renew('the peer is not heard'));
    pass(100);
    expect(asked('offer').at(-1)).toMatchObject({ session: call.mediaSession, restart: true, hold: false });
    carol.takes('INVITE').answers(200, described);
    pass(100);
    carol.takes('ACK');
    expect(asked('take answer')).toHaveLength(2);
    expect(alice.kinds).not.toContain('change failed');
  });

  it('keeps the peer on hold where it is', () => {
    const { call } = established();
    alice.does(() => call.hold());
    pass(100);
    carol.takes('INVITE').answers(200, described);
    pass(100);
    alice.does(() => call.renew('the peer is not heard'));
    pass(100);
    expect(asked('offer').at(-1)).toMatchObject({ restart: true, hold: true });
  });

  it('waits for a change that is under way', () => {
    const { call } = established();
    alice.does(() => {
      call.hold();
      call.renew('the peer is not heard');
    });
    pass(100);
    expect(asked('offer').at(-1)).toMatchObject({ hold: true, restart: false });
    const first = carol.takes('INVITE');
    expect(carol.untaken).not.toContain('INVITE');
    first.answers(200, described);
    pass(100);
    carol.takes('ACK');
    carol.takes('INVITE').answers(200, described);
    expect(asked('offer').at(-1)).toMatchObject({ hold: true, restart: true });
  });

  it('waits for its turn where the peer wants a change at the same time', () => {
    const { call } = established();
    alice.does(() => call.renew('the peer is not heard'));
    pass(10);
    carol.takes('INVITE').answers(491);
    // We own the Call-ID: 2.1 to 4 seconds (RFC 3261 §14.1).
    pass(2_000);
    expect(carol.untaken).not.toContain('INVITE');
    pass(2_100);
    carol.takes('INVITE').answers(200, described);
    pass(100);
    expect(asked('offer').slice(1)).toMatchObject([{ restart: true }, { restart: true }]);
    expect(asked('roll back')).toHaveLength(1);
  });

  it('comes again as soon as the peer says that it has time', () => {
    const { call } = established();
    alice.does(() => call.renew('the peer is not heard'));
    pass(10);
    carol.takes('INVITE').answers(500, { headers: [['Retry-After', '3']] });
    pass(2_900);
    expect(carol.untaken).not.toContain('INVITE');
    pass(200);
    carol.takes('INVITE').answers(200, described);
  });

  it('is given up where the peer never has time', () => {
    const { call } = established();
    alice.does(() => call.renew('the peer is not heard'));
    for (let tries = 0; tries < 9; tries++) {
      pass(4_100);
      carol.takes('INVITE').answers(491);
    }
    pass(60_000);
    expect(carol.untaken).not.toContain('INVITE');
    expect(alice.last('change failed')).toMatchObject({ change: 'renewal', cause: { status: 491 } });
    expect(call.state).toBe('established');
  });

  it('is refused, and the call goes on as it was', () => {
    const { call } = established();
    alice.does(() => call.renew('the peer is not heard'));
    pass(100);
    carol.takes('INVITE').answers(488);
    pass(100);
    expect(alice.last('change failed')).toMatchObject({
      call,
      change: 'renewal',
      why: 'the peer is not heard',
      cause: { status: 488 },
    });
    expect(call.state).toBe('established');
    expect(asked('roll back')).toHaveLength(1);
    alice.does(() => call.hold());
    pass(100);
    carol.takes('INVITE').answers(200, described);
  });

  it('outlives a network that is not there at that moment', () => {
    const dora = new UserAgentPhone(world, 'alice', {
      transport: 'tcp',
      instance: 'urn:uuid:dora',
    }).registers();
    const call = dora.calls('carol');
    passes(world, [dora], 100);
    carol.takes('INVITE').answers(200, described);
    passes(world, [dora], 100);
    dora.isOffline = true;
    dora.loses = () => true;
    dora.does(() => call.renew('the peer is not heard'));
    dora.does(() => dora.losesFlows());
    passes(world, [dora], 100);
    expect(dora.last('change failed')).toMatchObject({ change: 'renewal' });
    expect(call.state).toBe('established');
  });

  it('is asked for again with the session timer that the peer wants', () => {
    const { call } = established();
    alice.does(() => call.renew('the peer is not heard'));
    pass(100);
    carol.takes('INVITE').answers(422, { headers: [['Min-SE', '7200']] });
    pass(100);
    expect(carol.takes('INVITE').request.text('Session-Expires')).toBe('7200;refresher=uac');
  });

  it('is offered by UPDATE before the call is answered', () => {
    const call = alice.calls('carol');
    pass(100);
    const invite = carol.takes('INVITE');
    invite.answers(183, { ...reliably(1, sdp, ...trickles), body: SDP });
    pass(100);
    carol.takes('PRACK').answers(200);
    alice.does(() => call.renew('the peer is not heard'));
    pass(100);
    expect(asked('offer').at(-1)).toMatchObject({ session: call.mediaSession, restart: true });
    const update = carol.takes('UPDATE');
    expect(update.request.text('Content-Type')).toBe('application/sdp');
    expect(update.request.text('Contact')).toContain(alice.address);
    update.answers(200, described);
    pass(100);
    expect(asked('take answer')).toHaveLength(2);
    expect(call.state).toBe('early');
  });

  it('waits for the answer of a call whose peer does not know UPDATE', () => {
    const call = alice.calls('carol');
    pass(100);
    const invite = carol.takes('INVITE');
    invite.answers(183, { ...reliably(1, sdp, ['Allow', 'INVITE, ACK, BYE']), body: SDP });
    pass(100);
    carol.takes('PRACK').answers(200);
    alice.does(() => call.renew('the peer is not heard'));
    pass(100);
    expect(asked('offer')).toHaveLength(1);
    invite.answers(200, { headers: [] });
    pass(100);
    carol.takes('ACK');
    carol.takes('INVITE').answers(200, described);
    expect(asked('offer').at(-1)).toMatchObject({ restart: true });
  });

  it('is offered by the one who is called, too', () => {
    const asking = carol.calls('alice', { ...described, headers: [sdp, ...trickles] });
    pass(100);
    alice.does(() => alice.ringing.answerEarly());
    pass(100);
    alice.does(() => alice.ringing.renew('the peer is not heard'));
    pass(100);
    expect(carol.untaken).not.toContain('UPDATE');
    const { last } = asking;
    const rack = `${last.text('RSeq')} ${last.text('CSeq')}`;
    expect(asking.asks('PRACK', { headers: [['RAck', rack]] }).status).toBe(200);
    pass(100);
    carol.takes('UPDATE').answers(200, described);
    pass(100);
    expect(asked('offer')).toMatchObject([{ restart: true }]);
    expect(asked('take answer')).toHaveLength(1);
  });

  it('follows us where we go: the peer learns our new address', () => {
    const { call } = established();
    const before = alice.address;
    alice.does(() => alice.goesTo('203.0.113.250'));
    pass(1_000);
    expect(alice.agent.registration).toBe('registered');
    const invite = carol.takes('INVITE');
    expect(invite.request.text('Contact')).toContain('203.0.113.250');
    expect(asked('offer').at(-1)).toMatchObject({ restart: true });
    invite.answers(200, described);
    pass(100);
    carol.takes('ACK');
    expect(before).not.toBe(alice.address);
    // One binding: the new one took the place of the old (RFC 5626 §4.1).
    expect(world.bindingsOf('alice')).toHaveLength(1);
    alice.does(() => call.hangUp());
    pass(100);
    carol.takes('BYE').answers(200);
    expect(call.state).toBe('ended');
  });

  it('follows us without a registration, too', () => {
    const erin = new UserAgentPhone(world, 'alice', { instance: 'urn:uuid:erin' });
    const call = erin.calls('carol');
    passes(world, [erin], 100);
    carol.takes('INVITE').answers(200, described);
    passes(world, [erin], 100);
    carol.takes('ACK');
    erin.does(() => erin.goesTo('203.0.113.251'));
    passes(world, [erin], 100);
    expect(carol.takes('INVITE').answers(200, described).request.text('Contact')).toContain('203.0.113.251');
    passes(world, [erin], 100);
    expect(call.state).toBe('established');
  });
});

const fragment = (ufrag: string, ...candidates: number[]): string =>
  `a=ice-ufrag:${ufrag}\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n` +
  candidates.map((port) => `a=candidate:1 1 UDP 1 192.0.2.9 ${port} typ host\r\n`).join('');
const bodyOf = (one: Asked): string => String.fromCharCode(...one.request.body);
const info: HeaderLines = [
  ['Info-Package', 'trickle-ice'],
  ['Content-Type', 'application/trickle-ice-sdpfrag'],
  ['Content-Disposition', 'Info-Package'],
];

describe('candidates that are found later', () => {
  it('are told by INFO, one at a time, each with all before', () => {
    const { call } = established(trickles);
    alice.does(() => call.sendFragment(fragment('1', 1)));
    alice.does(() => call.sendFragment(fragment('1', 2)));
    alice.does(() => call.sendFragment(fragment('1', 3)));
    pass(100);
    const first = carol.takes('INFO');
    expect(carol.untaken).not.toContain('INFO');
    expect(first.request.text('Info-Package')).toBe('trickle-ice');
    expect(first.request.text('Content-Type')).toBe('application/trickle-ice-sdpfrag');
    expect(first.request.text('Content-Disposition')).toBe('Info-Package');
    expect(bodyOf(first)).toBe(fragment('1', 1));
    first.answers(200);
    pass(100);
    const second = carol.takes('INFO').answers(200);
    expect(bodyOf(second)).toBe(fragment('1', 1, 2, 3));
    pass(100);
    expect(carol.untaken).not.toContain('INFO');
  });

  it('are forgotten with the credentials that they belong to', () => {
    const { call } = established(trickles);
    alice.does(() => call.sendFragment(fragment('1', 1)));
    pass(100);
    carol.takes('INFO').answers(200);
    pass(100);
    alice.does(() => call.sendFragment(fragment('2', 7)));
    pass(100);
    expect(bodyOf(carol.takes('INFO').answers(200))).toBe(fragment('2', 7));
  });

  it.each([
    ['knows nothing of it', []],
    ['wants no such information', [['Supported', 'trickle-ice']]],
    ['does not say that it supports it', [['Recv-Info', 'trickle-ice']]],
  ] as readonly (readonly [string, HeaderLines])[])('are not told to a peer that %s', (_, headers) => {
    const { call } = established(headers);
    alice.does(() => call.sendFragment(fragment('1', 1)));
    pass(1_000);
    expect(carol.untaken).not.toContain('INFO');
  });

  it('are not told again to a peer that refuses them, and the call goes on', () => {
    const { call } = established(trickles);
    alice.does(() => call.sendFragment(fragment('1', 1)));
    pass(100);
    carol.takes('INFO').answers(469, { headers: [['Recv-Info', '']] });
    pass(100);
    alice.does(() => call.sendFragment(fragment('1', 2)));
    pass(1_000);
    expect(carol.untaken).not.toContain('INFO');
    expect(call.state).toBe('established');
  });

  it('are told to each phone that rings, as soon as it has answered something', () => {
    const call = alice.calls('carol');
    alice.does(() => call.sendFragment(fragment('1', 1)));
    pass(100);
    const invite = carol.takes('INVITE');
    expect(invite.request.text('Supported')).toContain('trickle-ice');
    expect(invite.request.text('Recv-Info')).toBe('trickle-ice');
    pass(1_000);
    expect(carol.untaken).not.toContain('INFO');
    invite.answers(183, { ...reliably(1, sdp, ...trickles), body: SDP, tag: 'one' });
    pass(100);
    carol.takes('PRACK').answers(200);
    expect(bodyOf(carol.takes('INFO').answers(200))).toBe(fragment('1', 1));
    invite.answers(183, { ...reliably(1, sdp, ...trickles), body: SDP, tag: 'two' });
    pass(100);
    carol.takes('PRACK').answers(200);
    const second = carol.takes('INFO').answers(200);
    expect(second.request.text('To')).toContain('tag=two');
    expect(bodyOf(second)).toBe(fragment('1', 1));
  });

  it('wait, where we are called, until the caller is known to have the dialog', () => {
    const asking = carol.calls('alice', { ...described, headers: [sdp, ...trickles] });
    pass(100);
    alice.does(() => alice.ringing.answerEarly());
    alice.does(() => alice.ringing.sendFragment(fragment('1', 1)));
    pass(100);
    expect(carol.untaken).not.toContain('INFO');
    const rack = `${asking.last.text('RSeq')} ${asking.last.text('CSeq')}`;
    asking.asks('PRACK', { headers: [['RAck', rack]] });
    pass(100);
    expect(bodyOf(carol.takes('INFO').answers(200))).toBe(fragment('1', 1));
  });

  it('come to the session that they are for', () => {
    const { call, asked: invite } = established(trickles);
    expect(invite.asks('INFO', { headers: info, body: fragment('9', 1) }).status).toBe(200);
    expect(asked('take fragment')).toEqual([
      { kind: 'take fragment', session: call.mediaSession, fragment: fragment('9', 1) },
    ]);
  });

  it('that come before the answer that they belong to are kept for it', () => {
    const asking = carol.calls('alice', { ...described, headers: [sdp, ...trickles] });
    pass(100);
    expect(asking.asks('INFO', { headers: info, body: fragment('9', 1) }).status).toBe(200);
    expect(asked('take fragment')).toEqual([]);
    alice.does(() => alice.ringing.answer());
    pass(100);
    expect(asked('take fragment')).toMatchObject([{ fragment: fragment('9', 1) }]);
  });

  it('are refused in another form', () => {
    const { asked: invite } = established(trickles);
    const other = invite.asks('INFO', {
      headers: [
        ['Info-Package', 'trickle-ice'],
        ['Content-Type', 'application/json'],
      ],
      body: '{}',
    });
    expect(other.status).toBe(415);
    expect(other.last.text('Accept')).toBe('application/trickle-ice-sdpfrag');
  });

  it('and no other information is what we take', () => {
    const { call, asked: invite } = established();
    const other = invite.asks('INFO', { headers: [['Info-Package', 'nil']] });
    expect(other.status).toBe(469);
    expect(other.last.text('Recv-Info')).toBe('trickle-ice');
    expect(call.state).toBe('established');
  });
});

describe('what a phone can do', () => {
  it('is told when it is asked', () => {
    const id = alice.does((agent) => agent.options('carol'));
    pass(100);
    carol.takes('OPTIONS').answers(200, {
      headers: [
        ['Allow', 'INVITE, ACK'],
        ['Allow', 'BYE'],
        ['Supported', '100rel, timer'],
        ['Server', 'Something/1.0'],
      ],
    });
    pass(100);
    expect(alice.last('options answered')).toEqual({
      kind: 'options answered',
      id,
      methods: ['INVITE', 'ACK', 'BYE'],
      extensions: ['100rel', 'timer'],
      product: 'Something/1.0',
      roundTripMs: 100,
    });
  });

  it('is told by ours', () => {
    const bob = carol.asks('OPTIONS', 'sip:alice@home.example');
    pass(100);
    expect(bob.status).toBe(200);
    expect(bob.last.text('Supported')).toContain('trickle-ice');
  });

  it('is not told by who is not there', () => {
    const id = alice.does((agent) => agent.options('nobody'));
    pass(1_000);
    expect(alice.last('options failed')).toMatchObject({ id, cause: { status: 404 } });
  });
});
