import { type Sockets, seededRandom, type UdpSocket, type UdpSocketOptions } from '@ringdown/sans-io';
import { expect, test } from 'vitest';
import { withinPorts } from './port-range.ts';

/** A machine whose ports are taken once they are bound. */
const machine = (taken: readonly number[] = []): Sockets => {
  const bound = new Set(taken);
  return {
    addresses: () => ['192.0.2.1'],
    connect: () => {
      throw new Error('nothing is connected here');
    },
    openUdp: ({ address, port = 0 }, user) =>
      queueMicrotask(() => {
        if (bound.has(port)) return user.failed('another program has that port');
        bound.add(port);
        user.opened({ local: { address, port }, send: () => undefined, close: () => undefined });
      }),
  };
};

const opened = (sockets: Sockets, options: UdpSocketOptions): Promise<UdpSocket | string> =>
  new Promise((resolve) =>
    sockets.openUdp(options, { opened: resolve, failed: resolve, received: () => undefined }),
  );

test('ports are of the range, each once, until there is none', async () => {
  const sockets = withinPorts(machine([40_002]), [40_000, 40_004], seededRandom(1));
  const found: number[] = [];
  for (let count = 0; count < 4; count++) {
    const socket = await opened(sockets, { address: '192.0.2.1', port: 0 });
    if (typeof socket === 'string') throw new Error(socket);
    found.push(socket.local.port);
  }
  expect(found.toSorted()).toEqual([40_000, 40_001, 40_003, 40_004]);
  expect(await opened(sockets, { address: '192.0.2.1' })).toBe(
    'no port from 40000 to 40004 can be had: another program has that port',
  );
});

test('a port that is asked for is given, whatever the range', async () => {
  const sockets = withinPorts(machine(), [40_000, 40_000], seededRandom(1));
  expect(await opened(sockets, { address: '192.0.2.1', port: 50_000 })).toMatchObject({
    local: { port: 50_000 },
  });
});
