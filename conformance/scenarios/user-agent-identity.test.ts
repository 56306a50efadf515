import { type SipMessage, SipResponse } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import { worldWithPasswords } from '../world/passwords.ts';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import type { World } from '../world/world.ts';

let world: World;

beforeEach(() => {
  world = worldWithPasswords(['alice', 'bob']);
});

const challenges = (messages: readonly SipMessage[]): string[] =>
  messages.flatMap((message) =>
    message instanceof SipResponse && (message.status === 401 || message.status === 407)
      ? [message.text('WWW-Authenticate') ?? message.text('Proxy-Authenticate') ?? '']
      : [],
  );

describe('a password', () => {
  it('is shown by digest, and again when the nonce has grown old', () => {
    const alice = new UserAgentPhone(world, 'alice', { password: "alice's" }).registers();
    expect(alice.agent.registration).toBe('registered');
    expect(challenges(alice.received)).toHaveLength(1);
    passes(world, [alice], 3_001_000);
    expect(alice.agent.registration).toBe('registered');
    expect(challenges(alice.received).at(-1)).toContain('stale=true');
    expect(alice.requests('REGISTER')).toHaveLength(4);
  });

  it('opens calls, too: the proxy asks, and the call goes on', () => {
    const alice = new UserAgentPhone(world, 'alice', { password: "alice's" }).registers();
    const bob = new UserAgentPhone(world, 'bob', { password: "bob's" }).registers();
    const call = alice.calls('bob');
    passes(world, [alice, bob], 500);
    bob.does(() => bob.ringing.answer());
    passes(world, [alice, bob], 500);
    expect(call.state).toBe('established');
    bob.does(() => bob.ringing.hangUp());
    passes(world, [alice, bob], 500);
    expect(call.state).toBe('ended');
  });

  it('that is wrong is shown once, and the user is asked for another', () => {
    const alice = new UserAgentPhone(world, 'alice', { password: 'guessed' });
    alice.does((agent) => agent.register());
    passes(world, [alice], 4_000_000);
    expect(alice.last('registration')).toMatchObject({
      state: 'refused',
      cause: { what: 'User name or password are wrong.', next: 'Enter them anew.' },
    });
    expect(alice.requests('REGISTER')).toHaveLength(2);
  });
});
