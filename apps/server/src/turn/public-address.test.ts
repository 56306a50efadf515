import { createLiveTimers, nodeClock, nodeHashes, nodeRandom, nodeSockets } from '@ringdown/net';
import type { SocketAddress, Sockets, UdpSocketUser } from '@ringdown/sans-io';
import { answerBinding } from '@ringdown/stun';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PublicAddress, type PublicAddressEvent } from './public-address.ts';

/** A network in which servers answer, or not, and see the sender as `seen`. */
const network = (addresses: readonly string[], seen: string, silent: readonly string[] = []) => {
  const asked: string[] = [];
  const sockets: Sockets = {
    ...nodeSockets(),
    addresses: () => addresses,
    openUdp: (_, user: UdpSocketUser) =>
      queueMicrotask(() =>
        user.opened({
          local: { address: addresses[0]!, port: 40_000 },
          close: () => {},
          send: (bytes: Uint8Array, to: SocketAddress) => {
            asked.push(`${to.address}:${to.port}`);
            const answer = answerBinding(bytes, { address: seen, port: 40_000 });
            if (!silent.includes(to.address) && answer !== undefined)
              queueMicrotask(() => user.received(answer, to));
          },
        }),
      ),
  };
  return { sockets, asked };
};

const at3478 = (address: string): SocketAddress => ({ address, port: 3478 });

const lookedFor = (
  { sockets }: { readonly sockets: Sockets },
  ask: readonly string[],
): Promise<{ readonly event: PublicAddressEvent; readonly address: string | undefined }> =>
  new Promise((resolve) => {
    const timers = createLiveTimers(nodeClock);
    const found: PublicAddress = new PublicAddress(
      {
        ask,
        resolve: async (server) =>
          (server === 'stun.example' ? ['192.0.2.1', '192.0.2.2'] : [server]).map(at3478),
        observe: (event) => resolve({ event, address: found.address }),
      },
      { sockets, timers, random: nodeRandom, hashes: nodeHashes },
    );
    onTestFinished(() => {
      found.close();
      timers.close();
    });
    found.start();
  });

describe('the public address', () => {
  it('is what a STUN server sees', async () => {
    const { event, address } = await lookedFor(network(['127.0.0.1', '10.0.0.5'], '198.51.100.7'), [
      'stun.example',
    ]);
    expect(event).toEqual({
      kind: 'found',
      address: '198.51.100.7',
      local: '10.0.0.5',
      server: 'stun.example',
    });
    expect(address).toBe('198.51.100.7');
  });

  it('comes from the next server where one is silent, or sees us as we do ourselves', async () => {
    const net = network(['10.0.0.5'], '198.51.100.7', ['192.0.2.1']);
    const { event } = await lookedFor(net, ['stun.example']);
    expect(event).toMatchObject({ kind: 'found', address: '198.51.100.7' });
    expect(new Set(net.asked)).toEqual(new Set(['192.0.2.1:3478', '192.0.2.2:3478']));
    const inside = await lookedFor(network(['10.0.0.5'], '10.0.0.5'), ['192.0.2.9']);
    expect(inside.event).toEqual({ kind: 'unknown', local: '10.0.0.5', servers: ['192.0.2.9'] });
    expect(inside.address).toBe(undefined);
  });

  it.each([
    ['where one of our own is public', ['10.0.0.5', '203.0.113.5'], ['192.0.2.9']],
    ['where only this machine reaches us', ['127.0.0.1'], ['192.0.2.9']],
    ['where the operator wants that', ['10.0.0.5'], []],
  ])('is asked of nobody %s', async (_, addresses, ask) => {
    const net = network(addresses, '198.51.100.7');
    const timers = createLiveTimers(nodeClock);
    const quiet = new PublicAddress(
      { ask, resolve: async (server) => [at3478(server)], observe: () => expect.unreachable() },
      { sockets: net.sockets, timers, random: nodeRandom, hashes: nodeHashes },
    );
    quiet.start();
    await new Promise((resolve) => setImmediate(resolve));
    expect(net.asked).toEqual([]);
    quiet.close();
    timers.close();
  });
});
