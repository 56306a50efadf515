import type { IceState } from '@ringdown/ice';
import { type HostOptions, type NatType, simulate } from '@ringdown/simulator';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Party, type PartyOptions, stunServer } from './party.ts';
import { Relay } from './relay.ts';

interface Sketch {
  readonly seed: number;
  readonly alice: HostOptions;
  readonly bob: HostOptions;
  readonly options?: Partial<PartyOptions>;
  readonly bobOptions?: Partial<PartyOptions>;
  readonly signallingMs?: number;
}

const start = async ({ seed, options = {}, bobOptions = {}, signallingMs = 30, ...hosts }: Sketch) => {
  const world = simulate({ seed });
  const stunServers = [stunServer(world.host('stun'))];
  const relay = new Relay(world.host('relay'));
  const given = { stunServers, relay, ...options };
  const alice = new Party(world, world.host('alice', hosts.alice), { ...given, role: 'controlling' });
  const bob = new Party(world, world.host('bob', hosts.bob), { ...given, role: 'controlled', ...bobOptions });
  await world.run({ withinMs: 1 });
  alice.call(bob, signallingMs);
  const both = (state: IceState) => () => alice.agent.state === state && bob.agent.state === state;
  return { world, alice, bob, both };
};

/** Whether both send on one path: what one says gets to the other, which answers from where it was sent to. */
const agree = (alice: Party, bob: Party, component = 1): void => {
  const [ours, theirs] = [alice.selected(component), bob.selected(component)];
  expect(`${ours?.local.address} ${ours?.local.port}`).toBe(
    `${theirs?.remote.address} ${theirs?.remote.port}`,
  );
  expect(`${ours?.remote.address} ${ours?.remote.port}`).toBe(
    `${theirs?.local.address} ${theirs?.local.port}`,
  );
};

const nat = fc.constantFrom<NatType | undefined>(
  undefined,
  'open',
  'firewall',
  'full-cone',
  'address-restricted',
  'port-restricted',
  'symmetric',
);
const host = fc.record({
  nat,
  link: fc.record({
    latencyMs: fc.integer({ min: 0, max: 150 }),
    jitterMs: fc.integer({ min: 0, max: 30 }),
    loss: fc.constantFrom(0, 0, 0.02, 0.1),
    duplication: fc.constantFrom(0, 0.05),
    reordering: fc.constantFrom(0, 0.05),
  }),
});
const hostOptions = (drawn: { readonly nat: NatType | undefined; readonly link: object }): HostOptions => ({
  link: drawn.link,
  ...(drawn.nat === undefined ? {} : { nat: drawn.nat }),
});

describe('two agents', () => {
  test('in any network meet, agree on the pair, and hear each other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000_000 }),
        host,
        host,
        fc.integer({ min: 0, max: 1_000 }),
        async (seed, left, right, signallingMs) => {
          const sketch = { seed, alice: hostOptions(left), bob: hostOptions(right), signallingMs };
          const { world, alice, bob, both } = await start(sketch);
          await world.run({ until: both('completed'), withinMs: 60_000 });
          agree(alice, bob);
          expect(alice.agent.role).not.toBe(bob.agent.role);
          // Loss may take one of them; ten in a row it does not.
          for (let times = 0; times < 10; times++) {
            alice.say('hello');
            bob.say('hello');
          }
          await world.run({ withinMs: 1_000 });
          expect([alice.heard.includes('hello'), bob.heard.includes('hello')]).toEqual([true, true]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('send data on a valid pair before one is nominated, after one round trip of checks', async () => {
    const link = { latencyMs: 50 };
    const { world, alice, bob } = await start({ seed: 1, alice: { link }, bob: { link }, signallingMs: 0 });
    await world.run({ until: () => alice.using.size > 0 && bob.using.size > 0, withinMs: 400 });
    expect([alice.selected(), bob.selected()]).toEqual([undefined, undefined]);
    alice.say('early');
    bob.say('early, too');
    await world.run({ withinMs: 110 });
    expect([bob.heard, alice.heard]).toEqual([['early'], ['early, too']]);
  });

  test('that can only meet over relays send over them at once, and nominate when direct paths had their chance', async () => {
    const link = { latencyMs: 20 };
    const hidden = { nat: 'symmetric', link } as const;
    const { world, alice, bob, both } = await start({ seed: 1, alice: hidden, bob: hidden });
    await world.run({ until: both('connected'), withinMs: 800 });
    alice.say('over the relay');
    await world.run({ withinMs: 300 });
    expect(bob.heard).toEqual(['over the relay']);
    await world.run({ until: both('completed'), withinMs: 2_500 });
    expect([alice.selected()?.relayed, bob.selected()?.relayed]).toEqual([true, true]);
  });

  test('with two components have a pair for each, and say so when both are there', async () => {
    const port = 'port-restricted';
    const sketch = { seed: 4, alice: { nat: port }, bob: { nat: port }, options: { components: 2 } } as const;
    const { world, alice, bob, both } = await start(sketch);
    await world.run({ until: both('completed'), withinMs: 10_000 });
    for (const component of [1, 2]) agree(alice, bob, component);
    bob.say('report', 2);
    await world.run({ withinMs: 100 });
    expect(alice.heard).toEqual(['report']);
  });

  test('of which one multiplexes RTCP need one component only (RFC 8445 §6.1.2.2)', async () => {
    const { world, alice, bob, both } = await start({
      seed: 5,
      alice: {},
      bob: {},
      options: { components: 2 },
      bobOptions: { components: 1 },
    });
    await world.run({ until: both('completed'), withinMs: 10_000 });
    agree(alice, bob);
    expect(alice.all('selected').length).toBe(1);
  });

  test('with IPv4 and IPv6 pair each with its own, and meet over IPv6 where IPv4 does not get through', async () => {
    const families = ['ipv6', 'ipv4'] as const;
    const sketch = { seed: 6, alice: { families, nat: 'open' }, bob: { families, nat: 'open' } } as const;
    const { world, alice, bob, both } = await start({ ...sketch, options: {} });
    const isIpv4 = (address: string): boolean => !address.includes(':');
    for (const party of [alice, bob])
      for (const address of [...alice.host.addresses, ...bob.host.addresses])
        if (isIpv4(address)) party.blocked.add(address);
    await world.run({ until: both('completed'), withinMs: 10_000 });
    agree(alice, bob);
    expect(isIpv4(alice.selected()!.remote.address)).toBe(false);
    for (const { local, remote } of alice.agent.pairs())
      expect(isIpv4(local.address)).toBe(isIpv4(remote.address));
  });

  test('behind one NAT meet inside of it', async () => {
    const world = simulate({ seed: 7 });
    const stunServers = [stunServer(world.host('stun'))];
    const home = world.nat('port-restricted');
    const alice = new Party(world, world.host('alice', { nat: home }), { role: 'controlling', stunServers });
    const bob = new Party(world, world.host('bob', { nat: home }), { role: 'controlled', stunServers });
    await world.run({ withinMs: 1 });
    alice.call(bob);
    await world.run({ until: () => alice.agent.state === 'completed' && bob.agent.state === 'completed' });
    expect([alice.selected()?.remote.type, bob.selected()?.remote.type]).toEqual(['host', 'host']);
  });

  test('that cannot meet say so, each pair with its reason, and not before patience is over (RFC 8863)', async () => {
    const hidden = { nat: 'symmetric' } as const;
    const world = simulate({ seed: 8 });
    const stunServers = [stunServer(world.host('stun'))];
    const alice = new Party(world, world.host('alice', hidden), { role: 'controlling', stunServers });
    const bob = new Party(world, world.host('bob', hidden), { role: 'controlled', stunServers });
    await world.run({ withinMs: 1 });
    alice.call(bob);
    await world.run({ withinMs: 39_400 });
    expect([alice.agent.state, bob.agent.state]).toEqual(['checking', 'checking']);
    await world.run({
      until: () => alice.agent.state === 'failed' && bob.agent.state === 'failed',
      withinMs: 10_000,
    });
    for (const pair of [...alice.agent.pairs(), ...bob.agent.pairs()]) {
      expect([pair.state, pair.why]).toEqual(['failed', 'no answer to 7 checks']);
    }
    expect(alice.states).toEqual(['checking', 'failed']);
  });

  test('stay together for an hour, over NATs that forget after half a minute', async () => {
    const hidden = { nat: { type: 'port-restricted', lifetimeMs: 30_000 } } as const;
    const { world, alice, bob, both } = await start({ seed: 9, alice: hidden, bob: hidden });
    await world.run({ until: both('completed'), withinMs: 10_000 });
    // The last checks that nobody needed are given up meanwhile.
    await world.run({ withinMs: 60_000 });
    const told = [alice.outputs.length, bob.outputs.length];
    await world.run({ withinMs: 3_600_000 });
    expect([alice.outputs.length, bob.outputs.length]).toEqual(told);
    alice.say('still there?');
    await world.run({ withinMs: 100 });
    expect(bob.heard).toEqual(['still there?']);
  });

  test('find each other again when a NAT forgets and maps anew', async () => {
    const link = { latencyMs: 20 };
    const { world, alice, bob, both } = await start({
      seed: 10,
      alice: { link },
      bob: { nat: 'port-restricted', link },
      options: {},
    });
    await world.run({ until: both('completed'), withinMs: 10_000 });
    bob.host.nat.reboot();
    await world.run({ withinMs: 40_000 });
    alice.say('hello');
    bob.say('hello');
    await world.run({ withinMs: 200 });
    expect([alice.heard, bob.heard]).toEqual([['hello'], ['hello']]);
    expect([alice.agent.state, bob.agent.state]).toEqual(['completed', 'completed']);
  });
});
