import { beforeEach, describe, expect, it } from 'vitest';
import { gathered, Stage, type StagedPhone } from '../world/stage.ts';
import { World } from '../world/world.ts';

let stage: Stage;
let alice: StagedPhone;
let bob: StagedPhone;

beforeEach(async () => {
  stage = new Stage(new World({ users: ['alice', 'bob'], presence: true }));
  alice = await stage.phone('alice', { displayName: 'Alíce' });
  bob = await stage.phone('bob');
});

describe('a text', () => {
  it('is sent when it has arrived, as it was written', async () => {
    const told = gathered(bob.phone.events());
    await stage.settled(alice.phone.message('bob', 'Grüße, 你好 🙂'));
    expect(told.filter(({ kind }) => kind === 'message')).toEqual([
      {
        kind: 'message',
        from: 'sip:alice@home.example',
        fromName: 'Alíce',
        text: 'Grüße, 你好 🙂',
        contentType: 'text/plain',
      },
    ]);
  });

  it('is told apart from others on their way', async () => {
    const [first, second] = [alice.phone.message('nobody', 'Hello?'), alice.phone.message('bob', 'Hello')];
    expect((await stage.refusal(first)).cause.what).toBe('There is no such user.');
    await stage.settled(second);
  });

  it('that is too long, or to nobody, is not sent', async () => {
    const { cause } = await stage.refusal(alice.phone.message('bob', 'x'.repeat(2_000)));
    expect(cause).toEqual({
      what: 'A message of 2000 bytes is too long for UDP: at most 900.',
      next: 'Shorten it, or speak TCP or TLS with the server.',
    });
    await expect(alice.phone.message('sip:', 'Hello')).rejects.toThrow(TypeError);
  });
});

describe('presence', () => {
  it('is told to who watches, as it changes, until he leaves', async () => {
    const watched = alice.phone.presence('bob');
    bob.phone.publish({ isOpen: true, note: 'On air' });
    await stage.passes(10_000);
    bob.phone.publish({ isOpen: false, note: 'At lunch' });
    await stage.passes(10_000);
    const statuses = gathered(watched);
    await stage.passes(1);
    expect(statuses.slice(-2)).toEqual([
      { isOpen: true, isThere: true, note: 'On air' },
      { isOpen: false, isThere: true, note: 'At lunch' },
    ]);
    const before = alice.platform.sent('SUBSCRIBE').length;
    await watched.return?.();
    await stage.passes(40_000);
    const last = alice.platform.sent('SUBSCRIBE');
    expect(last).toHaveLength(before + 1);
    expect(last.at(-1)?.text('Expires')).toBe('0');
  });

  it('is published when the server knows the latest of it', async () => {
    const first = bob.phone.publish({ isOpen: true });
    const second = bob.phone.publish({ isOpen: false, note: 'At lunch' });
    await stage.settled(first);
    await stage.settled(second);
    const watched = alice.phone.presence('bob');
    expect((await stage.settled(watched.next())).value).toMatchObject({ isOpen: false, note: 'At lunch' });
    await stage.settled(bob.phone.publish(undefined));
    await stage.settled(bob.phone.publish(undefined)); // nothing is to be taken back any more
    await stage.settled(watched.return!());
  });

  it('that the server does not take is told to who publishes it', async () => {
    const stage = new Stage(new World({ users: ['alice'], presence: false }));
    const alice = await stage.phone('alice');
    const refused = await stage.refusal(alice.phone.publish({ isOpen: true }));
    expect(refused.cause.status).toBe(489);
    await stage.settled(alice.phone.close());
  });

  it('is withdrawn', async () => {
    bob.phone.publish({ isOpen: true });
    await stage.passes(1_000);
    const statuses = gathered(alice.phone.presence('bob'));
    await stage.passes(1_000);
    bob.phone.publish(undefined);
    await stage.passes(10_000);
    expect(statuses.map(({ isOpen }) => isOpen)).toEqual([true, false]);
  });

  it('of nobody says so', async () => {
    const watched = alice.phone.presence('nobody');
    expect((await stage.refusal(watched.next())).cause.what).toBe('There is no such user.');
    expect((await watched.next()).done).toBe(true);
    expect(() => alice.phone.presence('sip:')).toThrow(TypeError);
  });
});

describe('what a phone can do', () => {
  it('is told when it is asked', async () => {
    const told = await stage.settled(alice.phone.capabilities('bob'));
    expect(told.methods).toEqual(expect.arrayContaining(['INVITE', 'REFER', 'MESSAGE']));
    expect(told.extensions).toEqual(expect.arrayContaining(['replaces', 'timer']));
    expect(told.roundTripMs).toBeGreaterThanOrEqual(0);
  });

  it('is not known of nobody', async () => {
    expect((await stage.refusal(alice.phone.capabilities('nobody'))).cause.status).toBe(404);
    alice.platform.loses = () => true;
    expect((await stage.refusal(alice.phone.capabilities('bob'))).cause.what).toBe(
      'The server does not answer.',
    );
    await expect(alice.phone.capabilities('sip:')).rejects.toThrow(TypeError);
  });
});

describe('signalling', () => {
  it('is told in both directions, as it was on the wire', async () => {
    const told = gathered(alice.phone.events());
    await stage.settled(alice.phone.message('bob', 'Hello'));
    const ladder = told.flatMap((event) =>
      event.kind === 'signalling' ? [`${event.direction} ${event.summary}`] : [],
    );
    expect(ladder).toEqual([
      'sent MESSAGE sip:bob@home.example SIP/2.0',
      'received SIP/2.0 407 Proxy Authentication Required',
      'sent MESSAGE sip:bob@home.example SIP/2.0',
      'received SIP/2.0 200 OK',
    ]);
    const [first] = told;
    if (first?.kind !== 'signalling') throw new Error('the first event is no message');
    expect(first).toMatchObject({ transport: 'udp', peer: '192.0.2.1:5060', at: stage.world.now });
    expect(first.text).toContain('From: "Alíce" <sip:alice@home.example>');
    expect(first.text.endsWith('\r\n\r\nHello')).toBe(true);
    expect(alice.platform.sent('MESSAGE')[0]?.text('Call-ID')).toBe(first.callId);
  });
});

describe('a reader who is late', () => {
  it('gets what counts, and is told how much of the rest he missed', async () => {
    const events = bob.phone.events();
    for (let sent = 0; sent < 200; sent++) await stage.settled(alice.phone.message('bob', String(sent)));
    const told = gathered(events);
    await stage.rests();
    // Each text came as a message, a request and its answer; 512 are kept.
    expect(told[0]).toEqual({ kind: 'dropped', why: '88 events were not read in time' });
    const texts = told.flatMap((event) => (event.kind === 'message' ? [Number(event.text)] : []));
    expect(texts).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect(told).toHaveLength(513);
  });
});
