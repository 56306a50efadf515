import { beforeEach, describe, expect, it } from 'vitest';
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
    expect(alice.last('presence')).toMatchObject({ isOpen: false, note: 'At lunch' });
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
    expect(alice.last('presence').isOpen).toBe(false);
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
