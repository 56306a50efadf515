import { nodeHashes } from '@ringdown/net/ports';
import { type Host, simulate, type World } from '@ringdown/simulator';
import { describe, expect, test } from 'vitest';
import {
  AlternateServer,
  answerBinding,
  type BindingOutcome,
  bindingRequest,
  errorTo,
  finishSigned,
  LongTermServer,
  longTermKey,
  Malformed,
  parseStun,
  StunFramer,
  StunMessage,
  type StunServerAddress,
  successTo,
  type TransportAddress,
  XorMappedAddress,
} from '../src/index.ts';

type Answer = (bytes: Uint8Array, from: TransportAddress) => Uint8Array | undefined;

/** A server on one host, over UDP and TCP. */
const serve = (host: Host, answer: Answer, port = 3478): StunServerAddress => {
  host.sockets.openUdp(
    { address: host.address, port },
    {
      opened: (socket) => {
        socketOf.set(host, socket.send.bind(socket));
      },
      failed: (why) => {
        throw new Error(why);
      },
      received: (bytes, from) => {
        const reply = answer(bytes, from);
        if (reply !== undefined) socketOf.get(host)!(reply, from);
      },
    },
  );
  return { address: host.address, port };
};
const socketOf = new WeakMap<Host, (bytes: Uint8Array, to: TransportAddress) => void>();

const listen = (host: Host, answer: Answer): StunServerAddress => {
  const framer = new StunFramer();
  host.listen({ address: host.address, port: 3478 }, (stream) => ({
    received: (bytes) => {
      for (const piece of framer.receive(bytes)) {
        const reply = piece instanceof Malformed ? undefined : answer(piece, stream.remote);
        if (reply !== undefined) stream.send(reply);
      }
    },
    closed: () => {},
    opened: () => {},
  }));
  return { address: host.address, port: 3478, transport: 'tcp' };
};

const protectedBy = (world: World): Answer => {
  const alice = { keys: { MD5: longTermKey('MD5', alicesCredential, nodeHashes) } };
  const server = new LongTermServer(
    { realm: 'example.org' },
    { find: (username) => (username === 'alice' ? alice : undefined) },
    { clock: world.clock, random: world.random, hashes: nodeHashes },
  );
  return (bytes, from) => {
    const request = parseStun(bytes);
    if (!(request instanceof StunMessage)) return undefined;
    const verdict = server.authenticate(request, from);
    if (verdict.kind === 'dropped') return undefined;
    if (verdict.kind === 'refused') return verdict.answer;
    return finishSigned(successTo(request).add(XorMappedAddress, from), request, verdict, nodeHashes);
  };
};
const alicesCredential = { username: 'alice', realm: 'example.org', password: 'secret' };

const ask = async (
  world: World,
  client: Host,
  server: StunServerAddress,
  password?: string,
): Promise<BindingOutcome> => {
  const ports = { sockets: client.sockets, timers: world.timers, random: world.random, hashes: nodeHashes };
  const credential = password === undefined ? {} : { credential: { username: 'alice', password } };
  let outcome: BindingOutcome | undefined;
  void bindingRequest({ server, ...credential }, ports).then((one) => {
    outcome = one;
  });
  await world.run({ until: () => outcome !== undefined });
  return outcome!;
};
const causeOf = (outcome: BindingOutcome): string =>
  outcome.kind === 'failed' ? outcome.cause : outcome.kind;

describe('a Binding request', () => {
  test.each(['udp', 'tcp'] as const)('over %s tells the address outside of the NAT', async (transport) => {
    const world = simulate();
    const host = world.host('server');
    const alice = world.host('alice', { nat: 'port-restricted' });
    const server = transport === 'udp' ? serve(host, answerBinding) : listen(host, answerBinding);
    const outcome = await ask(world, alice, server);
    if (outcome.kind !== 'mapped') throw new Error(JSON.stringify(outcome));
    expect(alice.nat.externalAddresses).toContain(outcome.mapped.address);
    expect(outcome.local.address).toBe(alice.address);
  });

  test.each([
    ['udp', 'secret', 'mapped'],
    ['tcp', 'secret', 'mapped'],
    ['udp', 'guessed', 'wrong credentials'],
    ['tcp', 'guessed', 'wrong credentials'],
  ] as const)('over %s, with the password "%s": %s', async (transport, password, expected) => {
    const world = simulate();
    const host = world.host('server');
    const answer = protectedBy(world);
    const server = transport === 'udp' ? serve(host, answer) : listen(host, answer);
    expect(causeOf(await ask(world, world.host('alice'), server, password))).toBe(expected);
  });

  test('answers that anyone could have sent end a stream, and are waited out over UDP', async () => {
    const world = simulate();
    const host = world.host('server');
    const honest = protectedBy(world);
    const unsigned: Answer = (bytes, from) =>
      bytes.length === 20 ? honest(bytes, from) : answerBinding(bytes, from);
    const alice = world.host('alice');
    const overTcp = await ask(world, alice, listen(host, unsigned), 'secret');
    const soon = world.clock.now();
    expect([causeOf(overTcp), soon < 1_000]).toEqual(['integrity', true]);
    const overUdp = await ask(world, alice, serve(host, unsigned), 'secret');
    expect([causeOf(overUdp), world.clock.now() - soon > 39_000]).toEqual(['integrity', true]);
  });

  test('goes where a 300 sends it, but not in a circle', async () => {
    const world = simulate();
    const [first, second] = [world.host('first'), world.host('second')];
    const redirect =
      (to: StunServerAddress): Answer =>
      (bytes) => {
        const request = parseStun(bytes);
        return request instanceof StunMessage
          ? errorTo(request, 300).add(AlternateServer, to).bytes
          : undefined;
      };
    const here = serve(first, redirect({ address: second.address, port: 3478 }));
    const alice = world.host('alice');
    serve(second, answerBinding);
    expect(causeOf(await ask(world, alice, here))).toBe('mapped');
    const circle = serve(
      second,
      redirect(serve(first, redirect({ address: second.address, port: 3479 }), 3479)),
      3479,
    );
    const outcome = await ask(world, alice, circle);
    expect(causeOf(outcome)).toBe('redirected in a circle');
  });

  test('nobody there: one sentence that says what to look at', async () => {
    const world = simulate();
    const outcome = await ask(world, world.host('alice'), { address: '203.0.113.9', port: 3478 });
    if (outcome.kind !== 'failed') throw new Error(outcome.kind);
    expect(outcome.cause).toBe('no answer');
    expect(outcome.why).toMatch(/^STUN server 203\.0\.113\.9:3478 over UDP does not answer: check/);
    const six = await ask(world, world.host('old', { nat: 'symmetric' }), {
      address: '2001:db8::1',
      port: 1,
    });
    expect(causeOf(six)).toBe('unreachable');
  });
});
