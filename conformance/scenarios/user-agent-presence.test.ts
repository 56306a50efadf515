import { beforeEach, describe, expect, it } from 'vitest';
import { testText } from '../../tools/testing/hashes.ts';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

let world: World;
let alice: UserAgentPhone;
let bob: UserAgentPhone;
const pass = (milliseconds: number): void => passes(world, [alice, bob], milliseconds);

beforeEach(() => {
  world = new World({ users: ['alice', 'bob'], presence: true });
  alice = new UserAgentPhone(world, 'alice').registers();
  bob = new UserAgentPhone(world, 'bob').registers();
});

describe('a text', () => {
  it('arrives as it was written', () => {
    const id = alice.does((agent) => agent.message('bob', 'Grüße, 你好 🙂'));
    pass(1_000);
    expect(bob.last('message')).toMatchObject({ text: 'Grüße, 你好 🙂', contentType: 'text/plain' });
    expect(bob.last('message').from).toContain('sip:alice@home.example');
    expect(alice.last('message sent').id).toBe(id);
  });

  it('to nobody fails, with the reason', () => {
    const id = alice.does((agent) => agent.message('nobody', 'Hello?'));
    pass(1_000);
    expect(alice.last('message failed')).toMatchObject({ id, cause: { what: 'There is no such user.' } });
  });

  it('that is too long for UDP is not sent', () => {
    expect(() => alice.agent.message('bob', 'x'.repeat(2_000))).toThrow(RangeError);
  });
});

describe('presence', () => {
  it('is told to who watches, and changes with what is published', () => {
    alice.does((agent) => agent.watch('bob'));
    pass(1_000);
    bob.does((agent) => agent.publish({ isOpen: true, note: 'On air' }));
    pass(10_000);
    expect(alice.last('presence')).toMatchObject({ isOpen: true, note: 'On air' });
    bob.does((agent) => agent.publish({ isOpen: false, note: 'At lunch' }));
    pass(10_000);
    expect(alice.last('presence')).toMatchObject({ isOpen: false, isThere: true, note: 'At lunch' });
  });

  it('of two phones is open while one is, with what that one says', () => {
    const desk = new UserAgentPhone(world, 'bob', { instance: 'urn:uuid:desk' }).registers();
    const wait = (): void => passes(world, [alice, bob, desk], 10_000);
    alice.does((agent) => agent.watch('bob'));
    desk.does((agent) => agent.publish({ isOpen: true, note: 'On air' }));
    wait();
    bob.does((agent) => agent.publish({ isOpen: false, note: 'Lid shut' }));
    wait();
    expect(alice.last('presence')).toMatchObject({ isOpen: true, note: 'On air' });
    const document = testText.utf8(alice.received.at(-1)?.body ?? new Uint8Array());
    expect(document.match(/<tuple id="phone-\w+">/g)).toHaveLength(2);
    desk.does((agent) => agent.withdraw());
    wait();
    expect(alice.last('presence')).toMatchObject({ isOpen: false, note: 'Lid shut' });
    bob.does((agent) => agent.withdraw());
    wait();
    expect(alice.last('presence')).not.toHaveProperty('note');
  });

  it('of two phones is open again when the one that hid it has gone', () => {
    const laptop = new UserAgentPhone(world, 'bob', { instance: 'urn:uuid:laptop' }).registers();
    const wait = (): void => passes(world, [alice, bob, laptop], 10_000);
    alice.does((agent) => agent.watch('bob'));
    laptop.does((agent) => agent.publish({ isOpen: true, note: 'Here' }));
    wait();
    laptop.does((agent) => agent.withdraw());
    wait();
    expect(alice.last('presence').isOpen).toBe(false);
    laptop.does((agent) => agent.unregister());
    wait();
    expect(alice.last('presence').isOpen).toBe(true);
  });

  it('is watched on for hours, and published on', () => {
    const watch = alice.does((agent) => agent.watch('bob'));
    bob.does((agent) => agent.publish({ isOpen: true, note: 'Here' }));
    pass(4 * 3_600_000);
    expect(watch.phase).toBe('active');
    expect(alice.last('presence')).toMatchObject({ isOpen: true, note: 'Here' });
    expect(bob.requests('PUBLISH').length).toBeGreaterThanOrEqual(4);
  });

  it('is withdrawn, and watched no more, when it is wanted no more', () => {
    const watch = alice.does((agent) => agent.watch('bob'));
    bob.does((agent) => agent.publish({ isOpen: true }));
    pass(10_000);
    bob.does((agent) => agent.withdraw());
    pass(10_000);
    expect(bob.last('published').isKnown).toBe(false);
    expect(alice.last('presence')).toMatchObject({ isOpen: false, isThere: false });
    alice.does(() => watch.stop());
    pass(40_000);
    expect(watch.phase).toBe('ended');
    expect(alice.kinds).toContain('watch ended');
  });

  it('of nobody ends the watch', () => {
    const watch = alice.does((agent) => agent.watch('nobody'));
    pass(40_000);
    expect(watch.phase).toBe('ended');
    expect(alice.last('watch ended').cause.what).toBe('There is no such user.');
  });
});
