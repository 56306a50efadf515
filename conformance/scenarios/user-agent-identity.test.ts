import { seededRandom } from '@ringdown/sans-io';
import { computeHa1, isMalformed, type SipMessage, SipResponse } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import { Authenticator } from '../../packages/provider/src/identity/authenticate.ts';
import { NonceCounts } from '../../packages/provider/src/identity/nonce-counts.ts';
import { Nonces } from '../../packages/provider/src/identity/nonces.ts';
import { FloodLimit } from '../../packages/provider/src/policy/flood.ts';
import { FailureThrottle } from '../../packages/provider/src/policy/throttle.ts';
import { testHashes as hashes, testText as text } from '../../tools/testing/hashes.ts';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

let world: World;

/** A world whose provider asks for passwords as the real one does. */
beforeEach(() => {
  let authenticator: Authenticator | undefined;
  world = new World({
    users: ['alice', 'bob'],
    authenticator: { authenticate: (...asked) => authenticator!.authenticate(...asked) },
  });
  for (const user of ['alice', 'bob']) {
    const ha1 = computeHa1(hashes, text, user, world.domain, `${user}'s`);
    if (isMalformed(ha1)) throw new Error(ha1.why);
    world.accounts.setPassword(user, world.domain, ha1);
  }
  const random = seededRandom(3);
  authenticator = new Authenticator({
    hashes,
    text,
    random,
    accounts: world.accounts,
    domains: world.domains,
    nonces: new Nonces({ hashes, random }, new Uint8Array(32)),
    counts: new NonceCounts(),
    throttle: new FailureThrottle(),
    flood: new FloodLimit(),
    hasLiveRegistration: () => false,
  });
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
