import { describe, expect, test } from 'vitest';
import { bytesOf, connect, Party, Stage, talk, twoParties } from './stage.ts';

describe('a device with IPv6 alone, behind NAT64', () => {
  test.each([
    ['well-known', 'well-known'],
    ['of 32 bits', { prefix: '2001:db8::/32' }],
    ['of 64 bits', { prefix: '2001:db8:1:2::/64' }],
    ['of 96 bits', { prefix: '2001:db8:1:2:3:4::/96' }],
  ] as const)('learns the prefix %s, and finds a peer that has IPv4 alone', async (_, nat64) => {
    const stage = new Stage();
    const pair = twoParties(stage, {
      alice: { nat: { nat64, type: 'port-restricted' } },
      bob: { nat: 'port-restricted' },
    });
    expect(pair.alice.host.addresses.every((address) => address.includes(':'))).toBe(true);
    await connect(stage, pair);
    const types = pair.alice.of('candidate').map(({ candidate }) => candidate.type);
    expect(types).toContain('srflx');
    expect(types).toContain('relay');
    expect(pair.alice.way).not.toMatch(/relay/);
    await talk(stage, pair);
  });

  test.each([
    ['knows of none', { dns64: false }, {}],
    ['is silent', {}, { dnsLatencyMs: 100_000 }],
  ])('goes on without it where the resolver %s', async (_, nat, world) => {
    const stage = new Stage(1, world);
    const pair = twoParties(stage, {
      alice: { nat: { nat64: 'well-known', ...nat } },
      bob: { families: ['ipv4', 'ipv6'] },
    });
    await connect(stage, pair);
    expect(pair.alice.of('selected').at(-1)?.pair.remote.address).toContain(':');
    await talk(stage, pair);
  });
});

describe('two devices', () => {
  test('that both have IPv6 prefer it', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, {
      alice: { nat: { ipv6: 'firewall' }, families: ['ipv4', 'ipv6'] },
      bob: { nat: { ipv6: 'firewall' }, families: ['ipv4', 'ipv6'] },
    });
    await connect(stage, pair);
    expect(pair.alice.of('selected').at(-1)?.pair.remote.address).toContain(':');
    const [first, second] = pair.alice
      .of('candidate')
      .map(({ candidate }) => candidate)
      .filter(({ type }) => type === 'host')
      .sort((left, right) => right.priority - left.priority);
    expect([first?.address.includes(':'), second?.address.includes(':')]).toEqual([true, false]);
    await talk(stage, pair);
  });

  test('that need no server need none', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { servers: [] });
    await connect(stage, pair);
    await talk(stage, pair);
  });

  test('find a way for each component', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, {
      alice: { nat: 'symmetric' },
      bob: { nat: 'symmetric' },
      options: { components: 2 },
    });
    await connect(stage, pair);
    expect(new Set(pair.alice.of('selected').map(({ component }) => component))).toEqual(new Set([1, 2]));
    expect(pair.alice.say('report', 2)).toBe(true);
    await stage.world.run({ until: () => pair.bob.heard.includes('report'), withinMs: 1_000 });
    expect(pair.bob.of('data')).toMatchObject([{ component: 2 }]);
  });

  test.each([1, 2, 3])('find one where each fifth datagram is lost (seed %i)', async (seed) => {
    const stage = new Stage(seed);
    const link = { loss: 0.2, latencyMs: 60, jitterMs: 20 };
    const pair = twoParties(stage, {
      alice: { nat: 'port-restricted', link },
      bob: { nat: 'symmetric', link },
    });
    await connect(stage, pair, 60_000);
  });

  test('on addresses that were named open no others', async () => {
    const stage = new Stage();
    const nat = stage.world.nat('full-cone');
    const host = stage.world.host('alice', { interfaces: [{ nat }, { nat: 'full-cone' }] });
    const bob = stage.world.host('bob', { nat });
    const [address] = host.addresses;
    const options = { servers: [], addresses: [address!] };
    const alice = new Party(stage, 'alice', {}, { role: 'controlling', ...options }, host);
    const other = new Party(stage, 'bob', {}, { role: 'controlled', servers: [] }, bob);
    alice.peer = other;
    other.peer = alice;
    await connect(stage, { alice, bob: other });
    expect(alice.of('candidate').map(({ candidate }) => candidate.address)).toEqual([address]);
  });

  test('are told where an address is none of theirs', async () => {
    const stage = new Stage();
    const alice = new Party(
      stage,
      'alice',
      {},
      {
        role: 'controlling',
        addresses: ['192.0.2.99'],
      },
    );
    alice.connectivity.start();
    await stage.world.run({ until: () => alice.of('gathered').length === 1, withinMs: 1_000 });
    expect(alice.of('socket-failed')).toMatchObject([{ address: '192.0.2.99' }]);
  });
});

describe('strangers', () => {
  test('are not heard, though the NAT lets them in', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { alice: { nat: 'full-cone' }, bob: { nat: 'full-cone' } });
    await connect(stage, pair);
    const mapped = pair.alice.of('candidate').find(({ candidate }) => candidate.type === 'srflx')?.candidate;
    const eve = stage.world.host('eve');
    eve.sockets.openUdp(
      { address: eve.address },
      {
        opened: (socket) => {
          for (const bytes of [bytesOf('evil'), Uint8Array.of(0x40, 0, 0, 1, 9), new Uint8Array(0)])
            socket.send(bytes, { address: mapped!.address, port: mapped!.port });
        },
        failed: () => undefined,
        received: () => undefined,
      },
    );
    stage.world.advance(1_000);
    expect(
      stage.world.trace().filter(({ sender, outcome }) => sender === 'eve' && outcome === 'delivered'),
    ).toHaveLength(3);
    expect(pair.alice.of('data')).toEqual([]);
    await talk(stage, pair);
  });
});

describe('an owner', () => {
  test('may call back from within deliver', async () => {
    const stage = new Stage();
    const pair = twoParties(stage);
    const { connectivity } = pair.alice;
    const answered: boolean[] = [];
    pair.alice.answering = (output) => {
      if (output.kind === 'selected') answered.push(connectivity.send(bytesOf('at once')));
    };
    await connect(stage, pair);
    await stage.world.run({ until: () => pair.bob.heard.includes('at once'), withinMs: 1_000 });
    expect(answered).toEqual([true]);
  });

  test('may tell of the peer before there are parameters, and leave before anything is found', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { alice: { nat: { nat64: 'well-known' } } });
    pair.alice.connectivity.start();
    pair.alice.connectivity.setRemote({ ufrag: 'abcd', pwd: 'abcdefghijklmnopqrstuv' });
    expect(pair.alice.connectivity.parameters).toBeUndefined();
    pair.alice.connectivity.close();
    await stage.world.run();
    expect(pair.alice.outputs.map(({ kind }) => kind)).toEqual(['closed']);
    expect(() => pair.alice.connectivity.start()).toThrow();
    pair.bob.connectivity.start();
    stage.world.advance(20);
    pair.bob.connectivity.close();
    await stage.world.run({ until: () => pair.bob.of('closed').length === 1, withinMs: 2_600 });
    await stage.world.run({ withinMs: 700_000 });
    expect([stage.world.waiting, stage.allocations]).toEqual([0, 0]);
  });
});
