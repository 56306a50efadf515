import { type Phone, PhoneError } from '@ringdown/user-agent';
import { beforeEach, describe, expect, it } from 'vitest';
import { gathered, Stage, type StagedPhone } from '../world/stage.ts';
import { World } from '../world/world.ts';

let world: World;
let stage: Stage;
let alice: StagedPhone;
let bob: StagedPhone;

beforeEach(async () => {
  world = new World({ users: ['alice', 'bob', 'carol'], presence: true });
  stage = new Stage(world);
  alice = await stage.phone('alice');
  bob = await stage.phone('bob');
});

const nothingIsLeft = ({ phone, platform }: StagedPhone): void => {
  expect([platform.opened.isOpen, platform.opened.leftOpen]).toEqual([false, 0]);
  expect([phone.calls, phone.registration]).toEqual([[], 'unregistered']);
};

describe('a phone that is closed', () => {
  it('unregisters, and ends what was iterated', async () => {
    const events = alice.phone.events();
    const told = gathered(events);
    const incoming = alice.phone.incoming().next();
    const watched = gathered(alice.phone.presence('bob'));
    await stage.passes(100);
    await stage.settled(alice.phone.close());
    expect(told.at(-1)).toEqual({ kind: 'registration', state: 'unregistered' });
    expect((await events.next()).done).toBe(true);
    expect((await incoming).done).toBe(true);
    expect(watched.length).toBeGreaterThan(0);
    nothingIsLeft(alice);
    expect((await stage.refusal(bob.phone.call('alice'))).cause.status).toBe(480);
  });

  it('hangs up in the middle of a call, and both sides know', async () => {
    const { call, taken } = await stage.talk(alice, bob);
    const sounds = call.quality().next();
    await stage.passes(2_000);
    const from = world.now;
    await stage.settled(alice.phone.close());
    expect(world.now - from).toBeLessThan(100);
    expect(await stage.settled(call.ended)).toMatchObject({ by: 'us', durationMs: 2_000 });
    expect((await stage.settled(taken.ended)).by).toBe('peer');
    expect((await sounds).done).toBe(true);
    nothingIsLeft(alice);
  });

  it('takes back what it calls, and does not decline for others what rings', async () => {
    const { taken } = await stage.rings(bob, alice);
    const { call: made } = await stage.rings(alice, await stage.phone('carol'));
    const ringing = bob.phone.calls[0]!;
    await stage.settled(alice.phone.close());
    expect((await stage.settled(ringing.ended)).cause.status).toBe(480);
    expect([taken.state, made.state]).toEqual(['ended', 'ended']);
    expect((await stage.refusal(made.answered)).cause.what).toContain('gave up');
    nothingIsLeft(alice);
  });

  it('withdraws what it told of itself, and watches nobody any more', async () => {
    const statuses = gathered(bob.phone.presence('alice'));
    alice.phone.publish({ isOpen: true, note: 'Here' });
    void alice.phone.presence('bob').next();
    await stage.passes(10_000);
    await stage.settled(alice.phone.close());
    expect(alice.platform.sent('PUBLISH').at(-1)?.text('Expires')).toBe('0');
    expect(alice.platform.sent('SUBSCRIBE').at(-1)?.text('Expires')).toBe('0');
    await stage.passes(10_000);
    expect(statuses.at(-1)?.isOpen).toBe(false);
    nothingIsLeft(alice);
  });

  it('does not wait for ever where nobody answers', async () => {
    const { call } = await stage.talk(alice, bob);
    const asked = [alice.phone.message('bob', 'Hello?'), alice.phone.capabilities('bob')];
    alice.platform.loses = () => true;
    const hold = call.hold();
    const from = world.now;
    await stage.settled(alice.phone.close());
    expect(world.now - from).toBe(5_000);
    expect((await stage.settled(call.ended)).by).toBe('us');
    expect((await stage.refusal(hold)).cause.what).toBe('We hung up.');
    for (const promise of asked)
      expect((await stage.refusal(promise)).cause.what).toBe('The phone is closed.');
    nothingIsLeft(alice);
  });

  it('is closed once, however often that is said', async () => {
    const closing = alice.phone.close();
    expect(alice.phone.close()).toBe(closing);
    await stage.settled(closing);
    await alice.phone.close();
    expect(alice.platform.sent('REGISTER')).toHaveLength(3);
  });

  it('does nothing any more, and says so', async () => {
    const { call, taken } = await stage.talk(alice, bob);
    await stage.settled(alice.phone.close());
    const { phone } = alice;
    const asked: readonly ((closed: Phone<string>) => unknown)[] = [
      () => phone.dial('bob'),
      () => phone.incoming(),
      () => phone.events(),
      () => phone.presence('bob'),
      () => phone.moved(),
    ];
    for (const ask of asked) {
      expect(() => ask(phone)).toThrow(PhoneError);
      expect(() => ask(phone)).toThrow('The phone is closed. Connect again.');
    }
    const promises = [
      phone.call('bob'),
      phone.message('bob', 'Hello'),
      phone.capabilities('bob'),
      phone.publish({ isOpen: true }),
    ];
    for (const promise of promises)
      await expect(promise).rejects.toThrow('The phone is closed. Connect again.');
    call.hangUp();
    call.mute(true);
    expect((await stage.refusal(call.hold())).cause.what).toBe('We hung up.');
    await stage.passes(1_000);
    expect(taken.state).toBe('ended');
  });

  it('hears nothing any more', async () => {
    await stage.settled(alice.phone.close());
    const sent = alice.platform.opened.sent.length;
    await stage.passes(100_000);
    expect(alice.platform.opened.sent).toHaveLength(sent);
  });
});

describe('a server that was away', () => {
  it('finds its phones again, and calls that stood go on', async () => {
    const carol = await stage.phone('carol', { transport: 'tcp' });
    const { call, taken } = await stage.talk(carol, bob);
    await stage.passes(200_000);
    const told = gathered(carol.phone.events());
    world.network.forgetsConnections();
    carol.platform.opened.losesFlows();
    await stage.passes(5_000);
    const states = told.flatMap((event) => (event.kind === 'registration' ? [event.state] : []));
    expect(states).toEqual(['registering', 'registered']);
    expect([call.state, taken.state]).toEqual(['established', 'established']);
    await stage.settled(call.hold());
    expect(taken.isHeldByPeer).toBe(true);
    call.hangUp();
    expect((await stage.settled(taken.ended)).by).toBe('peer');
    const { taken: next } = await stage.rings(alice, carol);
    expect(next.state).toBe('ringing');
  });
});
