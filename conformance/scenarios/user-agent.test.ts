import { seededRandom } from '@ringdown/sans-io';
import { beforeEach, describe, expect, it } from 'vitest';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

let world: World;
let alice: UserAgentPhone;
let bob: UserAgentPhone;
const pass = (milliseconds: number): void => passes(world, [alice, bob], milliseconds);

beforeEach(() => {
  world = new World({ users: ['alice', 'bob', 'carol'] });
  alice = new UserAgentPhone(world, 'alice').registers();
  bob = new UserAgentPhone(world, 'bob').registers();
});

describe('a registration', () => {
  it('shows credentials when asked, and is refreshed before it ends', () => {
    expect(alice.agent.registration).toBe('registered');
    expect(alice.requests('REGISTER')).toHaveLength(2);
    pass(3_001_000);
    expect(alice.requests('REGISTER')).toHaveLength(3);
    expect(alice.agent.registration).toBe('registered');
  });

  it('comes back at once when the connection breaks, and over a new one', () => {
    const carol = new UserAgentPhone(world, 'carol', { transport: 'tcp' }).registers();
    passes(world, [carol], 200_000);
    const before = carol.requests('REGISTER').length;
    carol.does(() => carol.losesFlows());
    passes(world, [carol], 1_000);
    expect(carol.agent.registration).toBe('registered');
    expect(carol.requests('REGISTER')).toHaveLength(before + 1);
    alice.calls('carol');
    passes(world, [alice, carol], 500);
    expect(carol.ringing.state).toBe('ringing');
  });

  it('backs off while the server is away, longer each time, and says what is the matter', () => {
    const carol = new UserAgentPhone(world, 'carol', { transport: 'tcp' });
    carol.loses = () => true;
    carol.does((agent) => agent.register());
    passes(world, [carol], 33_000);
    expect(carol.last('registration')).toMatchObject({
      state: 'waiting',
      cause: { what: 'The server does not answer.' },
    });
    passes(world, [carol], 400_000);
    const tries = carol.requests('REGISTER').length;
    expect(tries).toBeGreaterThanOrEqual(3);
    expect(tries).toBeLessThanOrEqual(6);
    carol.loses = () => false;
    passes(world, [carol], 600_000);
    expect(carol.agent.registration).toBe('registered');
  });

  it('is made anew after a sleep', () => {
    const before = alice.requests('REGISTER').length;
    alice.sleptMs = 7_200_000;
    pass(26_000);
    expect(alice.requests('REGISTER')).toHaveLength(before + 1);
    expect(alice.agent.registration).toBe('registered');
  });

  it('keeps the way open', () => {
    const carol = new UserAgentPhone(world, 'carol', { transport: 'tcp' }).registers();
    passes(world, [alice, bob, carol], 101_000);
    expect(carol.keptAlive.length).toBeGreaterThanOrEqual(4);
    expect(carol.keptAlive.length).toBeLessThanOrEqual(5);
    // Over UDP by STUN, which finds out more: once at first, then as often.
    expect(alice.keptAlive).toEqual([]);
    expect(alice.asked).toBeGreaterThanOrEqual(5);
    expect(alice.asked).toBeLessThanOrEqual(6);
  });

  it('ends when it is wanted no more', () => {
    alice.does((agent) => agent.unregister());
    pass(100);
    expect(alice.agent.registration).toBe('unregistered');
    bob.calls('alice');
    pass(1_000);
    expect(bob.last('call ended').cause.what).toBe('The user is not reachable at present.');
    expect(alice.kinds).not.toContain('incoming call');
  });

  it('is not tried again where the account is wrong', () => {
    const nobody = new UserAgentPhone(world, 'nobody');
    nobody.does((agent) => agent.register());
    passes(world, [nobody], 4_000_000);
    expect(nobody.last('registration')).toMatchObject({
      state: 'refused',
      cause: { what: 'User name or password are wrong.' },
    });
    expect(nobody.requests('REGISTER')).toHaveLength(2);
  });
});

describe('a call', () => {
  it('rings, is answered, and ends', () => {
    const call = alice.calls('bob');
    pass(500);
    expect(call.state).toBe('early');
    bob.does(() => bob.ringing.answer());
    pass(100);
    expect(call.state).toBe('established');
    expect(bob.ringing.state).toBe('established');
    pass(10_000);
    bob.does(() => bob.ringing.hangUp());
    pass(100);
    expect(alice.last('call ended').cause.what).toBe('The other side hung up.');
    expect(bob.last('call ended').cause.what).toBe('We hung up.');
    pass(60_000);
    expect(alice.media.sessions.size).toBe(0);
    expect(bob.media.sessions.size).toBe(0);
    expect(world.provider.transactionCount).toEqual({ servers: 0, clients: 0 });
  });
});

const method = (message: unknown): string => (message as { method?: string }).method ?? '';

/** A call that stands. */
const established = () => {
  const call = alice.calls('bob');
  pass(100);
  bob.does(() => bob.ringing.answer());
  pass(100);
  expect([call.state, bob.ringing.state]).toEqual(['established', 'established']);
  return { call, taken: bob.ringing };
};

describe('a call that does not come about', () => {
  it.each([
    [486, 'The user is busy.'],
    [603, 'The user declined.'],
  ])('is refused with %i, in words', (status, what) => {
    const call = alice.calls('bob');
    pass(100);
    bob.does(() => bob.ringing.refuse(status));
    pass(100);
    expect(call.state).toBe('ended');
    expect(alice.last('call ended').cause).toMatchObject({ status, what });
    expect(bob.last('call ended').cause.what).toBe('We refused the call.');
  });

  it('is taken back while it rings', () => {
    const call = alice.calls('bob');
    pass(1_000);
    alice.does(() => call.hangUp());
    pass(1_000);
    expect(call.state).toBe('ended');
    expect(bob.last('call ended').cause.what).toBe('The caller gave up before we answered.');
    expect(alice.requests('CANCEL')).toHaveLength(1);
  });

  it('is given up when nobody answers', () => {
    alice.calls('bob');
    pass(181_000);
    expect(alice.last('call ended').cause.what).toBe('Nobody answered.');
    expect(bob.last('call ended').cause.what).toBe('The caller gave up before we answered.');
  });

  it('finds nobody', () => {
    alice.calls('nobody');
    pass(1_000);
    expect(alice.last('call ended').cause.status).toBeGreaterThanOrEqual(404);
  });

  it('finds no network', () => {
    alice.loses = (_, way) => way === 'out';
    alice.calls('bob');
    pass(33_000);
    expect(alice.last('call ended').cause.what).toBe('The server does not answer.');
  });

  it('is hung up where CANCEL and 200 cross', () => {
    const call = alice.calls('bob');
    pass(500);
    alice.loses = (message, way) => way === 'out' && method(message) === 'CANCEL';
    alice.does(() => call.hangUp());
    bob.does(() => bob.ringing.answer());
    pass(2_000);
    expect(call.state).toBe('ended');
    expect(bob.ringing.state).toBe('ended');
    expect(alice.requests('BYE')).toHaveLength(1);
  });
});

describe('a network that loses messages', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('leaves both sides of one mind, whatever is lost (%i)', (seed) => {
    const random = seededRandom(seed);
    const often = (): boolean => random.fraction() < 0.2;
    alice.loses = often;
    bob.loses = often;
    const call = alice.calls('bob');
    pass(15_000);
    bob.does(() => bob.ringing.answer());
    pass(40_000);
    expect([call.state, bob.ringing.state]).toEqual(['established', 'established']);
    alice.does(() => call.hangUp());
    pass(40_000);
    expect([call.state, bob.ringing.state]).toEqual(['ended', 'ended']);
    expect([alice.media.sessions.size, bob.media.sessions.size]).toEqual([0, 0]);
  });

  it('acknowledges a 200 each time that it comes', () => {
    const call = alice.calls('bob');
    pass(100);
    let lost = 0;
    alice.loses = (message, way) => way === 'out' && method(message) === 'ACK' && lost++ < 2;
    bob.does(() => bob.ringing.answer());
    pass(5_000);
    expect(call.state).toBe('established');
    expect(bob.ringing.state).toBe('established');
    expect(lost).toBe(3);
  });

  it('hangs up where the ACK never comes', () => {
    alice.calls('bob');
    pass(100);
    alice.loses = (message, way) => way === 'out' && method(message) === 'ACK';
    bob.does(() => bob.ringing.answer());
    pass(40_000);
    expect(bob.last('call ended').cause.what).toBe('We answered and the caller did not acknowledge it.');
    expect(alice.last('call ended').cause.what).toBe('The other side hung up.');
  });
});

describe('a call that stands', () => {
  it('is held and taken up again, from both sides', () => {
    const { call, taken } = established();
    alice.does(() => call.hold());
    pass(100);
    expect([call.isHeld, taken.isHeldByPeer]).toEqual([true, true]);
    bob.does(() => taken.hold());
    pass(100);
    expect([taken.isHeld, call.isHeldByPeer]).toEqual([true, true]);
    alice.does(() => call.resume());
    pass(100);
    expect([call.isHeld, taken.isHeldByPeer]).toEqual([false, false]);
    bob.does(() => taken.resume());
    pass(100);
    expect([taken.isHeld, call.isHeldByPeer]).toEqual([false, false]);
  });

  it('settles who comes first where both hold at once', () => {
    const { call, taken } = established();
    // Both speak before either hears the other.
    alice.does(() => {
      call.hold();
      taken.hold();
    });
    pass(10_000);
    expect([call.isHeld, taken.isHeld]).toEqual([true, true]);
    expect(
      [...alice.sent, ...bob.sent].filter((one) => 'status' in one && one.status === 491).length,
    ).toBeGreaterThan(0);
  });

  it('says digits by INFO, in their order', () => {
    const { call } = established();
    alice.does(() => call.sendDigits('12#'));
    pass(1_000);
    expect(bob.events.flatMap((event) => (event.kind === 'digit' ? [event.digit] : []))).toEqual([
      '1',
      '2',
      '#',
    ]);
  });

  it('is refreshed while both live, and ended where one is gone', () => {
    const { call, taken } = established();
    pass(4_000_000);
    expect([call.state, taken.state]).toEqual(['established', 'established']);
    expect(alice.requests('UPDATE').length).toBeGreaterThanOrEqual(3);
    alice.loses = () => true;
    pass(3_000_000);
    expect([call.state, taken.state]).toEqual(['ended', 'ended']);
    expect(bob.last('call ended').cause.what).toBe('The other side has gone without hanging up.');
  });
});

describe('early media', () => {
  it('is heard before the call is answered, and PRACKed', () => {
    const call = alice.calls('bob');
    pass(100);
    bob.does(() => bob.ringing.answerEarly());
    pass(1_000);
    expect(alice.last('call progress')).toMatchObject({ status: 183, hasEarlyMedia: true });
    expect(alice.requests('PRACK')).toHaveLength(1);
    bob.does(() => bob.ringing.answer());
    pass(100);
    expect([call.state, bob.ringing.state]).toEqual(['established', 'established']);
  });

  it('survives a PRACK that is lost', () => {
    alice.calls('bob');
    pass(100);
    let lost = 0;
    alice.loses = (message, way) => way === 'out' && method(message) === 'PRACK' && lost++ < 2;
    bob.does(() => bob.ringing.answerEarly());
    bob.does(() => bob.ringing.answer());
    pass(5_000);
    expect(bob.ringing.state).toBe('established');
  });
});

describe('a call that several phones ring for', () => {
  it('is answered by one of them, and the others stop ringing', () => {
    const other = new UserAgentPhone(world, 'bob', { instance: 'urn:uuid:other' }).registers();
    const all = [alice, bob, other];
    const call = alice.calls('bob');
    passes(world, all, 500);
    bob.does(() => bob.ringing.answerEarly());
    other.does(() => other.ringing.answerEarly());
    passes(world, all, 500);
    expect(alice.media.requests.filter(({ kind }) => kind === 'fork')).toHaveLength(2);
    other.does(() => other.ringing.answer());
    passes(world, all, 1_000);
    expect([call.state, other.ringing.state, bob.ringing.state]).toEqual([
      'established',
      'established',
      'ended',
    ]);
    expect(alice.media.sessions.size).toBe(2);
  });

  it('is answered by two at once: one is acknowledged and hung up', () => {
    const other = new UserAgentPhone(world, 'bob', { instance: 'urn:uuid:other' }).registers();
    const all = [alice, bob, other];
    const call = alice.calls('bob');
    passes(world, all, 500);
    other.loses = (message, way) => way === 'in' && method(message) === 'CANCEL';
    bob.does(() => bob.ringing.answer());
    other.does(() => other.ringing.answer());
    passes(world, all, 5_000);
    expect(call.state).toBe('established');
    expect([bob.ringing.state, other.ringing.state].sort()).toEqual(['ended', 'established']);
  });
});

describe('a transfer', () => {
  it('is blind: the peer calls, we are told, and hang up', () => {
    const carol = new UserAgentPhone(world, 'carol').registers();
    const all = [alice, bob, carol];
    const { call, taken } = established();
    alice.does(() => call.transfer('carol'));
    passes(world, all, 100);
    const { target } = bob.last('transfer asked');
    bob.does((agent) => agent.follow(taken, target));
    passes(world, all, 500);
    carol.does(() => carol.ringing.answer());
    passes(world, all, 500);
    expect(carol.ringing.state).toBe('established');
    expect(alice.last('transfer progress').status).toBe(200);
    expect(alice.last('call ended').cause.what).toBe('The call was handed over.');
    expect(taken.state).toBe('ended');
  });

  it('is attended: the new call takes the place of the one that was asked first', () => {
    const carol = new UserAgentPhone(world, 'carol').registers();
    const all = [alice, bob, carol];
    const { call, taken } = established();
    const consulted = alice.calls('carol');
    passes(world, all, 100);
    carol.does(() => carol.ringing.answer());
    passes(world, all, 100);
    const first = carol.ringing;
    alice.does(() => call.transfer(consulted));
    passes(world, all, 100);
    const made = bob.does((agent) => agent.follow(taken, bob.last('transfer asked').target));
    passes(world, all, 1_000);
    expect([made.state, carol.ringing.state]).toEqual(['established', 'established']);
    expect([call.state, consulted.state, first.state]).toEqual(['ended', 'ended', 'ended']);
  });
});
