import { type HeaderLines, SipRequest } from '@ringdown/sip';
import type { MediaRequest } from '@ringdown/user-agent';
import { beforeEach, describe, expect, it } from 'vitest';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

/** What the media engine is asked for, whose its sessions are, and who ended a call. */
let world: World;
let alice: UserAgentPhone;
let bob: UserAgentPhone;
const pass = (milliseconds: number): void => passes(world, [alice, bob], milliseconds);

const SDP =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n';
const described = { headers: [['Content-Type', 'application/sdp']] as HeaderLines, body: SDP };

beforeEach(() => {
  world = new World({ users: ['alice', 'bob', 'carol'] });
  alice = new UserAgentPhone(world, 'alice').registers();
  bob = new UserAgentPhone(world, 'bob').registers();
});

/** The requests of a phone's engine, of one kind. */
const asked = <Kind extends MediaRequest['kind']>(phone: UserAgentPhone, kind: Kind) =>
  phone.media.requests.filter(
    (request): request is Extract<MediaRequest, { kind: Kind }> => request.kind === kind,
  );

describe('the media of a call', () => {
  it('are made as they are wished for, and heard when the call is answered', () => {
    const call = alice.does((agent) => agent.call('bob', { profile: 'interview', relayOnly: true }));
    pass(100);
    bob.does(() => bob.ringing.answer({ profile: 'voice', sound: 'a microphone' }));
    pass(100);
    expect(call.state).toBe('established');
    expect(asked(alice, 'offer')).toMatchObject([
      { hold: false, restart: false, wishes: { profile: 'interview', relayOnly: true } },
    ]);
    expect(asked(bob, 'answer')).toMatchObject([
      { early: false, wishes: { profile: 'voice', sound: 'a microphone' } },
    ]);
    const winner = asked(alice, 'fork').at(-1)!.session;
    expect(asked(alice, 'establish')).toEqual([{ kind: 'establish', session: winner }]);
    expect(asked(bob, 'establish')).toEqual([{ kind: 'establish', session: bob.ringing.mediaSession }]);
    expect(call.mediaSession).toBe(winner);
  });

  it('tell the wishes of the one who answers, where they were made ready before', () => {
    alice.calls('bob');
    pass(100);
    bob.does(() => bob.ringing.answerEarly({ relayOnly: true }));
    pass(100);
    expect(asked(bob, 'answer')).toMatchObject([{ early: true, wishes: { relayOnly: true } }]);
    expect(asked(bob, 'establish')).toEqual([]);
    bob.does(() => bob.ringing.answer({ sound: 'a microphone' }));
    pass(100);
    expect(asked(bob, 'establish')).toMatchObject([{ wishes: { sound: 'a microphone' } }]);
    expect(asked(bob, 'answer')).toHaveLength(1);
  });

  it('are those of the call whose place is taken, where one takes it without asking', () => {
    const call = alice.calls('bob');
    pass(100);
    bob.does(() => bob.ringing.answer({ sound: 'a microphone' }));
    pass(100);
    const first = bob.ringing;
    const { callId, localTag, remoteTag } = call.dialog!;
    const carol = world.phone('carol');
    carol.calls('bob', {
      ...described,
      headers: [...described.headers, ['Replaces', `${callId};to-tag=${remoteTag};from-tag=${localTag}`]],
    });
    pass(100);
    expect(asked(bob, 'answer')).toHaveLength(2);
    expect(asked(bob, 'answer').at(-1)!.wishes).toEqual({ sound: 'a microphone' });
    expect(bob.last('call ended')).toMatchObject({ call: first, by: 'peer' });
  });

  it.each([
    ['another profile', { profile: 'lossless' }, [{ profile: 'lossless' }]],
    ['the same profile', { profile: 'voice' }, []],
    ['copies', { profile: 'voice', duplicate: { delayMs: 20 } }, [{ duplicate: { delayMs: 20 } }]],
    ['nothing', {}, []],
  ] as const)(
    'that come with the answer of a call made ready before are offered when it stands: %s',
    (_, wishes, offered) => {
      const call = alice.calls('bob');
      pass(100);
      bob.does(() => bob.ringing.answerEarly({ profile: 'voice' }));
      pass(100);
      bob.does(() => bob.ringing.answer(wishes));
      pass(1_000);
      expect(call.state).toBe('established');
      expect(asked(bob, 'answer').map((request) => request.wishes)).toEqual([{ profile: 'voice' }]);
      expect(asked(bob, 'offer').map((request) => request.wishes)).toEqual(offered);
      expect(bob.requests('INVITE')).toHaveLength(offered.length);
      expect(asked(bob, 'take answer')).toHaveLength(offered.length);
    },
  );

  it('that the peer refuses are told, and the call goes on', () => {
    const call = alice.calls('bob');
    pass(100);
    bob.does(() => bob.ringing.answerEarly());
    pass(100);
    alice.media.fails = 'nothing of that';
    bob.does(() => bob.ringing.answer({ profile: 'lossless' }));
    pass(1_000);
    expect(bob.last('change failed')).toMatchObject({ change: 'profile' });
    expect([call.state, bob.ringing.state]).toEqual(['established', 'established']);
    expect(bob.media.requests.at(-1)?.kind).toBe('roll back');
  });

  it('name the call that they belong to, each of its forks, until it is over', () => {
    const other = new UserAgentPhone(world, 'bob', { instance: 'urn:uuid:other' }).registers();
    const all = [alice, bob, other];
    const call = alice.calls('bob');
    const [offer] = asked(alice, 'offer');
    expect(call.mediaSession).toBe(offer!.session);
    passes(world, all, 100);
    bob.does(() => bob.ringing.answerEarly());
    passes(world, all, 100);
    const first = call.mediaSession!;
    other.does(() => other.ringing.answerEarly());
    passes(world, all, 100);
    const second = call.mediaSession!;
    expect(new Set([offer!.session, first, second]).size).toBe(3);
    for (const session of [offer!.session, first, second])
      expect(alice.agent.callOfSession(session)).toBe(call);
    bob.does(() => bob.ringing.answer());
    passes(world, all, 100);
    expect(call.mediaSession).toBe(first);
    expect(alice.agent.callOfSession(second)).toBeUndefined();
    alice.does(() => call.hangUp());
    passes(world, all, 100);
    expect(call.mediaSession).toBeUndefined();
    expect(alice.agent.callOfSession(first)).toBeUndefined();
  });

  it('are not asked for by a call that only rings', () => {
    alice.calls('bob');
    pass(100);
    expect(bob.ringing.mediaSession).toBeUndefined();
    bob.does(() => bob.ringing.refuse());
    pass(100);
    expect(bob.media.requests).toEqual([]);
  });
});

describe('who ended a call', () => {
  const established = () => {
    const call = alice.calls('bob');
    pass(100);
    bob.does(() => bob.ringing.answer());
    pass(100);
    return call;
  };

  it('is known on both sides', () => {
    const call = established();
    alice.does(() => call.hangUp());
    pass(100);
    expect([alice.last('call ended').by, bob.last('call ended').by]).toEqual(['us', 'peer']);
  });

  it('is told when the peer has agreed; sound has ended before, and nothing new is agreed upon', () => {
    const call = established();
    alice.loses = (message, way) =>
      way === 'out' && message instanceof SipRequest && message.method === 'BYE';
    alice.does(() => call.hangUp());
    pass(100);
    expect(alice.media.requests.at(-1)?.kind).toBe('close');
    bob.does(() => bob.ringing.hold());
    pass(100);
    expect(bob.last('change failed')).toMatchObject({ change: 'hold' });
    expect(alice.events.some(({ kind }) => kind === 'call ended')).toBe(false);
  });

  it('is nobody where the network did, and the peer is told why', () => {
    const call = established();
    alice.does(() => call.hangUp({ status: 408, what: 'No\r\n"sound" came.', next: '' }));
    pass(100);
    expect(alice.requests('BYE')[0]!.text('Reason')).toBe('SIP ;cause=408 ;text="No \\"sound\\" came."');
    expect(alice.last('call ended')).toMatchObject({ by: 'network', cause: { status: 408 } });
    expect(bob.last('call ended')).toMatchObject({
      by: 'peer',
      cause: { status: 408, what: 'The other side hung up: No "sound" came.' },
    });
  });

  it('is who came first where both hang up at once', () => {
    const call = established();
    alice.does(() => {
      call.hangUp();
      bob.ringing.hangUp();
    });
    pass(1_000);
    expect([alice.last('call ended').by, bob.last('call ended').by]).toEqual(['us', 'us']);
  });

  it.each([
    [486, 'peer'],
    [603, 'peer'],
    [503, 'network'],
    [408, 'network'],
  ])('is for a %i the %s', (status, by) => {
    alice.calls('bob');
    pass(100);
    bob.does(() => bob.ringing.refuse(status));
    pass(100);
    expect(alice.last('call ended').by).toBe(by);
    expect(bob.last('call ended').by).toBe('us');
  });

  it('is the caller where he gives up, and we where nobody answers', () => {
    alice.calls('bob');
    pass(181_000);
    expect([alice.last('call ended').by, bob.last('call ended').by]).toEqual(['us', 'peer']);
  });

  it('is nobody where the server cannot be reached', () => {
    alice.loses = (_, way) => way === 'out';
    alice.calls('bob');
    pass(33_000);
    expect(alice.last('call ended').by).toBe('network');
  });

  it('refuses with the status of what made it impossible', () => {
    const carol = world.phone('carol');
    const calling = carol.calls('bob', described);
    pass(100);
    bob.does(() => bob.ringing.hangUp({ status: 500, what: 'No microphone.', next: '' }));
    pass(100);
    expect(calling.status).toBe(500);
    expect(bob.last('call ended').by).toBe('network');
  });
});

describe('a phone that is closed', () => {
  it('gives everything back in silence, whatever it was at', () => {
    const stands = alice.calls('bob');
    pass(100);
    bob.does(() => bob.ringing.answer());
    pass(100);
    expect(stands.state).toBe('established');
    alice.calls('carol');
    alice.does((agent) => {
      agent.watch('bob');
      agent.publish({ isOpen: true });
      agent.options('bob');
    });
    const told = alice.events.length;
    const said = alice.sent.length;
    alice.does((agent) => agent.close());
    pass(4_000_000);
    expect(alice.events).toHaveLength(told);
    expect(alice.sent).toHaveLength(said);
    expect(alice.agent.kept).toEqual({
      dialogs: 0,
      mediaSessions: 0,
      serverTransactions: 0,
      clientTransactions: 0,
    });
    expect(alice.media.sessions.size).toBe(0);
    expect(alice.wheel.size).toBe(0);
  });
});
