import type { PhoneEvent } from '@ringdown/user-agent';
import { beforeEach, describe, expect, it } from 'vitest';
import { gathered, Stage, type StagedPhone } from '../world/stage.ts';
import { World } from '../world/world.ts';

let world: World;
let stage: Stage;
let alice: StagedPhone;
let bob: StagedPhone;

beforeEach(async () => {
  world = new World({ users: ['alice', 'bob', 'carol'] });
  stage = new Stage(world);
  alice = await stage.phone('alice', { displayName: 'Alice ü 你好' });
  bob = await stage.phone('bob');
});

/** The kinds of what was told, signalling left out. */
const kinds = (events: readonly PhoneEvent[]): string[] =>
  events.map(({ kind }) => kind).filter((kind) => kind !== 'signalling');

describe('a call', () => {
  it('does not ring at a phone that is there for an errand, and goes on at the others', async () => {
    const errand = await stage.phone('bob', { takesCalls: false });
    const told = gathered(errand.phone.events());
    const call = alice.phone.dial('bob');
    await stage.passes(1_000);
    expect(kinds(told)).toEqual([]);
    expect(errand.phone.calls).toEqual([]);
    expect(bob.phone.calls).toHaveLength(1);
    call.hangUp();
    await stage.settled(call.ended);
  });

  it('is made, answered and ended, and both sides are told', async () => {
    const [told, toldBob] = [gathered(alice.phone.events()), gathered(bob.phone.events())];
    const { call, taken } = await stage.rings(alice, bob);
    expect([call.state, call.direction, call.peer]).toEqual([
      'early',
      'outgoing',
      { name: undefined, uri: 'sip:bob@home.example' },
    ]);
    expect([taken.state, taken.direction, taken.peer]).toEqual([
      'ringing',
      'incoming',
      { name: 'Alice ü 你好', uri: 'sip:alice@home.example' },
    ]);
    expect([call.durationMs, taken.durationMs]).toEqual([undefined, undefined]);
    expect(alice.phone.calls).toEqual([call]);
    expect(bob.phone.calls).toEqual([taken]);
    expect(taken.id).toBe(call.id);
    await stage.settled(taken.answer());
    await stage.settled(call.answered);
    await stage.passes(5_000);
    expect([call.durationMs, taken.durationMs]).toEqual([5_000, 5_000]);
    call.hangUp();
    const end = await stage.settled(call.ended);
    expect(end).toMatchObject({ by: 'us', cause: { what: 'We hung up.' }, durationMs: 5_000 });
    expect(await stage.settled(taken.ended)).toMatchObject({
      by: 'peer',
      cause: { what: 'The other side hung up.' },
      durationMs: 5_000,
    });
    await stage.passes(1_000);
    expect([call.state, call.durationMs, alice.phone.calls]).toEqual(['ended', 5_000, []]);
    expect(kinds(told)).toEqual(['calling', 'ringing', 'ringing', 'answered', 'ended']);
    const ringing = told.flatMap((event) => (event.kind === 'ringing' ? [[event.status, event.early]] : []));
    expect(ringing).toEqual([
      [180, false],
      [183, true],
    ]);
    expect(kinds(toldBob)).toEqual(['incoming', 'answered', 'ended']);
    expect(told.find((event) => event.kind === 'ended')).toEqual({ kind: 'ended', call, end });
  });

  it('that another phone of the user answers, or declines, is told so to those that rang', async () => {
    const second = await stage.phone('bob');
    for (const [answer, what] of [
      [true, 'The call was answered at another phone.'],
      [false, 'The call was declined at another phone.'],
    ] as const) {
      const { call, taken } = await stage.rings(alice, bob);
      const other = second.phone.calls[0]!;
      if (answer) await stage.settled(taken.answer());
      else taken.refuse(603);
      expect(await stage.settled(other.ended)).toMatchObject({ by: 'peer', cause: { what } });
      if (answer) await stage.settled(call.answered);
      else await stage.refusal(call.answered);
      call.hangUp();
      await stage.passes(1_000);
    }
  });

  it('is hung up by who was called, too', async () => {
    const { call, taken } = await stage.talk(alice, bob);
    taken.hangUp();
    expect((await stage.settled(call.ended)).by).toBe('peer');
    expect((await stage.settled(taken.ended)).by).toBe('us');
  });

  it('is waited for by who makes it', async () => {
    const calling = alice.phone.call('bob', { profile: 'interview', sound: 'a microphone' });
    await stage.passes(100);
    bob.phone.calls[0]!.hangUp();
    expect((await stage.refusal(calling)).cause.what).toBe('The user declined.');
    expect(alice.platform.media.requests[0]).toMatchObject({
      kind: 'offer',
      wishes: { profile: 'interview', sound: 'a microphone' },
    });
  });

  it.each([
    [486, 'The user is busy.'],
    [480, 'The user is not reachable at present.'],
    [undefined, 'The user declined.'],
  ])('is refused with %s', async (status, what) => {
    const { call, taken } = await stage.rings(alice, bob);
    expect(() => taken.refuse(200)).toThrow(RangeError);
    taken.refuse(status);
    const { cause } = await stage.refusal(call.answered);
    expect(cause).toMatchObject({ status: status ?? 603, what });
    expect(await stage.settled(call.ended)).toEqual({ by: 'peer', cause, durationMs: undefined });
    expect(await stage.settled(taken.ended)).toMatchObject({ by: 'us', durationMs: undefined });
  });

  it('that nobody answers is given up', async () => {
    const { call, taken } = await stage.rings(alice, bob);
    const answer = bob.phone.calls[0]!.answered;
    expect((await stage.refusal(call.answered, 200_000)).cause.what).toBe('Nobody answered.');
    expect((await stage.refusal(answer)).cause.what).toBe('The caller gave up before we answered.');
    expect((await stage.settled(taken.ended)).by).toBe('peer');
  });

  it('is taken back while it rings', async () => {
    const { call, taken } = await stage.rings(alice, bob);
    call.hangUp();
    expect((await stage.settled(call.ended)).by).toBe('us');
    expect((await stage.settled(taken.ended)).cause.what).toBe('The caller gave up before we answered.');
    expect((await stage.refusal(taken.answer())).cause.what).toBe('The caller gave up before we answered.');
    expect(alice.platform.sent('CANCEL')).toHaveLength(1);
  });

  it('to nobody says that there is nobody', async () => {
    expect((await stage.refusal(alice.phone.call('nobody'))).cause.what).toBe('There is no such user.');
  });

  it('to what is no address is not made', async () => {
    expect(() => alice.phone.dial('sip:')).toThrow(TypeError);
    await expect(alice.phone.call('two words@home.example')).rejects.toThrow(TypeError);
    expect(alice.phone.calls).toEqual([]);
  });

  it('of ourselves rings here', async () => {
    const { call, taken } = await stage.talk(alice, alice);
    expect(alice.phone.calls).toEqual([call, taken]);
    call.hangUp();
    await stage.settled(taken.ended);
  });

  it('leaves nothing behind, in the media engine neither', async () => {
    const { call } = await stage.talk(alice, bob);
    call.hangUp();
    await stage.passes(60_000);
    expect([alice, bob].map(({ platform }) => platform.media.sessions.size)).toEqual([0, 0]);
    expect(world.provider.transactionCount).toEqual({ servers: 0, clients: 0 });
  });
});

it('a call lasts until it is hung up, whenever the other side agrees', async () => {
  const { call } = await stage.talk(alice, bob);
  await stage.passes(5_000);
  bob.platform.loses = () => true;
  call.hangUp();
  await stage.passes(3_000);
  expect([call.state, call.durationMs]).toEqual(['ending', 5_000]);
  expect(await stage.settled(call.ended)).toMatchObject({ by: 'us', durationMs: 5_000 });
});

describe('calls that come in', () => {
  it('are told to who iterates from then on, those that are over left out', async () => {
    const incoming = bob.phone.incoming();
    const gone = alice.phone.dial('bob');
    await stage.passes(100);
    gone.hangUp();
    await stage.settled(gone.ended);
    alice.phone.dial('bob');
    await stage.passes(100);
    expect((await stage.settled(incoming.next())).value?.state).toBe('ringing');
    const late = bob.phone.incoming().next();
    await stage.passes(100);
    alice.phone.dial('bob');
    await stage.settled(late);
    expect(bob.phone.calls).toHaveLength(2);
  });

  it('find a phone busy that has too many', async () => {
    const dialled = Array.from({ length: 33 }, () => alice.phone.dial('bob'));
    await stage.passes(1_000);
    expect(bob.phone.calls).toHaveLength(32);
    const states = dialled.map(({ state }) => state);
    expect(states.filter((state) => state === 'early')).toHaveLength(32);
    const refused = dialled[states.indexOf('ended')]!;
    expect((await stage.settled(refused.ended)).cause.status).toBe(486);
  });
});

describe('a call that stands', () => {
  it('is held and taken up again, from both sides', async () => {
    const { call, taken } = await stage.talk(alice, bob);
    const told = gathered(bob.phone.events());
    await stage.settled(call.hold());
    expect([call.isHeld, taken.isHeldByPeer]).toEqual([true, true]);
    await stage.settled(taken.hold());
    expect([taken.isHeld, call.isHeldByPeer]).toEqual([true, true]);
    await stage.settled(call.resume());
    await stage.settled(taken.resume());
    expect([call.isHeld, call.isHeldByPeer, taken.isHeld, taken.isHeldByPeer]).toEqual(Array(4).fill(false));
    expect(told.flatMap((event) => ('by' in event ? [[event.kind, event.by]] : []))).toEqual([
      ['held', 'peer'],
      ['held', 'us'],
      ['resumed', 'peer'],
      ['resumed', 'us'],
    ]);
  });

  it('is held by both at once: each learns when it was', async () => {
    const { call, taken } = await stage.talk(alice, bob);
    const both = [call.hold(), taken.hold()];
    for (const held of both) await stage.settled(held);
    expect([call.isHeld, taken.isHeld]).toEqual([true, true]);
  });

  it('is taken up again though it was only just to be held', async () => {
    const { call } = await stage.talk(alice, bob);
    const both = [call.hold(), call.resume()];
    for (const done of both) await stage.settled(done);
    expect(call.isHeld).toBe(false);
    expect(alice.platform.sent('INVITE').length).toBeGreaterThanOrEqual(3);
  });

  it('goes on where the peer does not want to be held', async () => {
    const { call } = await stage.talk(alice, bob);
    alice.platform.answers = (request) => (request.method === 'INVITE' ? 488 : undefined);
    expect((await stage.refusal(call.hold())).cause.status).toBe(488);
    expect([call.state, call.isHeld]).toEqual(['established', false]);
  });

  it('cannot be held before it is answered, nor when it is over', async () => {
    const { call } = await stage.rings(alice, bob);
    expect((await stage.refusal(call.hold())).cause.what).toBe('The call is not established.');
    call.hangUp();
    await stage.settled(call.ended);
    expect((await stage.refusal(call.hold())).cause.what).toContain('gave up');
    expect((await stage.refusal(call.transfer('carol'))).cause.what).toContain('gave up');
    expect(() => call.sendDigits('1')).toThrow('gave up');
  });

  it('ends while it is being held', async () => {
    const { call, taken } = await stage.talk(alice, bob);
    alice.platform.loses = (message, way) =>
      way === 'out' && 'method' in message && message.method === 'INVITE';
    const hold = call.hold();
    taken.hangUp();
    expect((await stage.refusal(hold)).cause.what).toBe('The other side hung up.');
  });
});

describe('promises that nobody waits for', () => {
  it('are rejected in silence', async () => {
    const unhandled: unknown[] = [];
    const note = (why: unknown): void => void unhandled.push(why);
    process.on('unhandledRejection', note);
    try {
      const { call, taken } = await stage.rings(alice, bob);
      void alice.phone.call('nobody');
      void alice.phone.message('nobody', 'Hello?');
      void alice.phone.call('');
      void taken.answered;
      void call.hold();
      call.hangUp();
      void taken.answer();
      await stage.passes(60_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});
