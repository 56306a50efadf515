import { parseStun, StunMessage } from '@ringdown/stun';
import { CHANNEL_BIND, CREATE_PERMISSION, XorPeerAddress } from '@ringdown/turn';
import { describe, expect, test } from 'vitest';
import { connect, Party, Stage, talk, twoParties } from './stage.ts';

const blocked = { firewall: { udp: false } } as const;

describe('relays', () => {
  test('alone, where the peer is to learn no address: neither in candidates nor on the way', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, {
      alice: { nat: 'full-cone' },
      bob: { nat: 'full-cone' },
      options: { policy: 'relay' },
    });
    await connect(stage, pair);
    expect([pair.alice.way, pair.bob.way]).toEqual(['relay to relay', 'relay to relay']);
    const candidates = pair.alice.of('candidate').map(({ candidate }) => candidate);
    for (const { type, address, related } of candidates) {
      expect(type).toBe('relay');
      expect(stage.turnHost.addresses).toContain(address);
      expect(related?.port).toBe(9);
    }
    const told = JSON.stringify(candidates.map(({ base: _base, ...told }) => told));
    for (const secret of [pair.alice.host.address, pair.alice.host.nat.externalAddresses[0]!])
      expect(told).not.toContain(`"${secret}"`);
    await talk(stage, pair);
  });

  test('over TLS where no UDP passes, within two seconds, with other servers being silent', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, {
      servers: [stage.stunServer, stage.turnServer, stage.turnServerTls],
      alice: { nat: 'port-restricted', ...blocked },
      bob: { nat: 'port-restricted' },
    });
    const before = stage.world.clock.now();
    pair.alice.connectivity.start();
    pair.bob.connectivity.start();
    await stage.world.run({ until: () => pair.alice.of('usable').length > 0, withinMs: 2_000 });
    expect(stage.world.clock.now() - before).toBeGreaterThan(500);
    await stage.world.run({ until: () => pair.bob.connectivity.state === 'completed' });
    await stage.world.run({ until: () => pair.alice.connectivity.state === 'completed' });
    expect(pair.alice.way).toMatch(/^relay to/);
    await talk(stage, pair);
  });

  test('over TCP at the same port where the server says no transport and UDP is silent', async () => {
    const stage = new Stage();
    const { transport: _transport, ...server } = stage.turnServer;
    const pair = twoParties(stage, {
      servers: [server],
      alice: { nat: 'symmetric', ...blocked },
      bob: { nat: 'symmetric', ...blocked },
    });
    pair.alice.connectivity.start();
    pair.bob.connectivity.start();
    // Nobody waits for UDP once there is a relay, and nobody asks on.
    await stage.world.run({ until: () => pair.alice.of('gathered').length === 1, withinMs: 1_500 });
    await stage.world.run({
      until: () => [pair.alice, pair.bob].every(({ connectivity }) => connectivity.state === 'completed'),
    });
    expect([pair.alice.way, pair.bob.way]).toEqual(['relay to relay', 'relay to relay']);
    await talk(stage, pair);
    stage.world.advance(30_000);
    const asked = stage.world
      .trace()
      .filter(
        ({ protocol, sender, to }) => protocol === 'udp' && sender === 'alice' && to.port === server.port,
      );
    expect(asked.every(({ sentAt }) => sentAt < 3_000)).toBe(true);
  });

  test('over TLS are asked for at once where there is no server over UDP', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { servers: [stage.turnServerTls] });
    pair.alice.connectivity.start();
    await stage.world.run({
      until: () => pair.alice.of('candidate').some(({ candidate }) => candidate.type === 'relay'),
      withinMs: 400,
    });
  });

  test('are no more than was said', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { options: { components: 2, maxRelays: 1 } });
    pair.alice.connectivity.start();
    await stage.world.run({ until: () => pair.alice.of('gathered').length === 1, withinMs: 10_000 });
    expect(stage.allocations).toBe(1);
  });

  test('give data of the way that was selected a channel at once', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { options: { policy: 'relay' } });
    await connect(stage, pair);
    const binds = stage.world.trace().filter(({ bytes }) => bytes[0] === 0 && bytes[1] === CHANNEL_BIND);
    expect(new Set(binds.map(({ sender }) => sender))).toEqual(new Set(['alice', 'bob']));
  });

  test('let nobody in any more who did not answer, once there is a way', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, {
      options: { policy: 'relay' },
      alice: { nat: 'port-restricted' },
      bob: { nat: 'port-restricted' },
    });
    const nobody = { address: '203.0.113.200', port: 4_000 };
    pair.alice.connectivity.start();
    pair.bob.connectivity.start();
    stage.world.advance(60);
    pair.alice.connectivity.addRemoteCandidate({
      ...nobody,
      foundation: 'x',
      component: 1,
      transport: 'udp',
      priority: 99,
      type: 'host',
    });
    const asked = (): number[] =>
      stage.world.trace().flatMap(({ bytes, sentAt }) => {
        const message = bytes[0] === 0 && bytes[1] === CREATE_PERMISSION ? parseStun(bytes) : undefined;
        const peer = message instanceof StunMessage ? message.get(XorPeerAddress) : undefined;
        return peer?.address === nobody.address ? [sentAt] : [];
      });
    stage.world.advance(600_000);
    expect(pair.alice.connectivity.state).toBe('completed');
    expect(asked().length).toBeGreaterThan(0);
    expect(asked().every((sentAt) => sentAt < 60_000)).toBe(true);
    await talk(stage, pair);
  });

  test('a stream is not asked for where UDP gives a relay', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { servers: [stage.turnServer, stage.turnServerTls] });
    await connect(stage, pair);
    expect(stage.world.trace().filter(({ protocol }) => protocol === 'tcp')).toEqual([]);
  });

  test('that the peer may not be reached by do not stand in the way of others', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, {
      alice: { nat: 'symmetric' },
      bob: { nat: 'symmetric' },
    });
    await connect(stage, pair);
    const refused = pair.alice.of('peer-refused');
    expect(refused.map(({ address }) => address)).toContain(pair.bob.host.address);
    expect(refused[0]?.failure).toMatchObject({ cause: 'forbidden', code: 403 });
    await talk(stage, pair);
  });

  test('with a wrong password give a sentence, and the others go on', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, {
      servers: [stage.stunServer, { ...stage.turnServer, password: 'wrong' }],
      alice: { nat: 'port-restricted' },
      bob: { nat: 'port-restricted' },
    });
    await connect(stage, pair);
    expect(pair.alice.of('server-failed')).toMatchObject([{ failure: { cause: 'wrong credentials' } }]);
    expect(pair.alice.of('server-failed')[0]?.why).toMatch(/user name or the password.*Next:/);
    await talk(stage, pair);
  });

  test('last as long as the call, and go by channels', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { options: { policy: 'relay' } });
    await connect(stage, pair);
    for (let minute = 0; minute < 25; minute++) {
      stage.world.advance(60_000);
      await talk(stage, pair);
    }
    expect(stage.allocations).toBeGreaterThanOrEqual(2);
    const data = stage.world.trace().filter(({ bytes }) => bytes.length < 60 && bytes[0] === 0x40);
    expect(data.length).toBeGreaterThan(0);
  });

  test('are given back when it is over, with all sockets and timers', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { alice: { nat: 'symmetric' }, bob: { nat: 'symmetric' } });
    await connect(stage, pair);
    expect(stage.allocations).toBeGreaterThanOrEqual(2);
    for (const { connectivity } of [pair.alice, pair.bob]) connectivity.close();
    await stage.world.run({
      until: () => [pair.alice, pair.bob].every((one) => one.of('closed').length === 1),
      withinMs: 2_500,
    });
    expect(stage.allocations).toBe(0);
    expect(pair.alice.outputs.at(-1)).toEqual({ kind: 'closed' });
    expect([pair.alice.connectivity.state, pair.alice.say('anybody?')]).toEqual(['closed', false]);
    await stage.world.run({ withinMs: 600_000 });
    expect(stage.world.waiting).toBe(0);
  });

  test('that end with their server are told of, and the call with them', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { options: { policy: 'relay' } });
    await connect(stage, pair);
    stage.turn.close();
    stage.turnHost.leave();
    await stage.world.run({
      until: () => [pair.alice, pair.bob].every((one) => one.of('lost').length > 0),
      withinMs: 700_000,
    });
    expect(pair.alice.say('anybody?')).toBe(false);
  });

  test('a server that is a name, or a relay without a password, is a mistake', () => {
    const stage = new Stage();
    const { turnServer } = stage;
    const made = (server: object) => () =>
      new Party(
        stage,
        'mistaken',
        {},
        {
          role: 'controlling',
          servers: [{ ...turnServer, ...server }],
        },
      );
    expect(made({ address: 'turn.example.org' })).toThrow();
    expect(
      () =>
        new Party(
          stage,
          'another',
          {},
          {
            role: 'controlling',
            servers: [{ kind: 'turn', address: turnServer.address, port: 3478 }],
          },
        ),
    ).toThrow(TypeError);
    expect(
      () =>
        new Party(
          stage,
          'third',
          {},
          {
            role: 'controlling',
            servers: [{ ...stage.stunServer, transport: 'tcp' }],
          },
        ),
    ).toThrow(TypeError);
  });
});
