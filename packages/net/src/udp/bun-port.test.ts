import { describe, expect, test } from 'vitest';
import { type BunRuntime, openBunPort } from './bun-port.ts';

const remote = { address: '192.0.2.7', port: 5060 };

/** Until what was sent in this turn has gone out. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Bun's socket as the test wants it to behave; `room` is how many datagrams the kernel takes. */
const opened = async ({ gathers }: { gathers?: boolean } = {}) => {
  const kernel = { room: Number.POSITIVE_INFINITY, failures: 0, sent: [] as string[], closed: false };
  let socketOptions: Parameters<BunRuntime['udpSocket']>[0] | undefined;
  const socket = {
    port: 5060,
    fd: -1,
    send: (bytes: Uint8Array, port: number, address: string): boolean => {
      if (kernel.failures-- > 0) throw new Error('ECONNREFUSED');
      if (kernel.sent.length >= kernel.room) return false;
      kernel.sent.push(`${Buffer.from(bytes)} ${address}:${port}`);
      return true;
    },
    close: () => {
      kernel.closed = true;
    },
  };
  const runtime: BunRuntime = {
    udpSocket: async (options) => {
      socketOptions = options;
      return socket;
    },
  };
  const received: unknown[] = [];
  const receive = (bytes: Buffer, from: unknown) => received.push([bytes.toString(), from]);
  const options = {
    address: '192.0.2.1',
    port: 0,
    bufferBytes: 1000,
    receive,
    ...(gathers !== undefined && { gathers }),
  };
  const port = await openBunPort(options, runtime);
  const events = socketOptions!.socket;
  return { port, kernel, received, events, socket };
};

describe('a UDP port on Bun’s sockets', () => {
  test('receives and sends', async () => {
    const { port, kernel, received, events, socket } = await opened();
    expect(port.local).toEqual({ address: '192.0.2.1', port: 5060 });
    events.data(socket, Buffer.from('hello'), remote.port, remote.address);
    expect(received).toEqual([['hello', remote]]);
    port.send(Buffer.from('a'), remote);
    expect(kernel.sent).toEqual([]);
    await turn();
    expect(kernel.sent).toEqual(['a 192.0.2.7:5060']);
    port.send(Buffer.from('b'), remote);
    await port.close();
    expect(kernel.sent.at(-1)).toBe('b 192.0.2.7:5060');
    expect([port.open, kernel.closed]).toEqual([false, true]);
  });

  test('sends at once where it is not to gather', async () => {
    const { port, kernel } = await opened({ gathers: false });
    port.send(Buffer.from('a'), remote);
    expect(kernel.sent).toEqual(['a 192.0.2.7:5060']);
  });

  test('what many datagrams are answered goes out while more are read', async () => {
    const { port, kernel, events, socket } = await opened();
    port.send(Buffer.from('waits'), remote);
    for (let index = 0; index < 31; index++)
      events.data(socket, Buffer.from('x'), remote.port, remote.address);
    expect(kernel.sent).toEqual([]);
    events.data(socket, Buffer.from('x'), remote.port, remote.address);
    expect(kernel.sent).toEqual(['waits 192.0.2.7:5060']);
    for (let index = 0; index < 40; index++) port.send(Buffer.from(String(index)), remote);
    expect(kernel.sent).toHaveLength(33);
    await turn();
    expect(kernel.sent).toHaveLength(41);
  });

  test('an error that another peer caused costs nobody a datagram', async () => {
    const { port, kernel } = await opened();
    kernel.failures = 1;
    port.send(Buffer.from('a'), remote);
    await turn();
    expect(kernel.sent).toEqual(['a 192.0.2.7:5060']);
    kernel.failures = 2;
    port.send(Buffer.from('cannot be sent'), remote);
    port.send(Buffer.from('b'), remote);
    await turn();
    expect(kernel.sent.at(-1)).toBe('b 192.0.2.7:5060');
    expect(kernel.sent).toHaveLength(2);
  });

  test('what a full kernel does not take waits in order, within a bound', async () => {
    const { port, kernel, events, socket } = await opened();
    kernel.room = 1;
    for (let index = 0; index < 5000; index++) port.send(Buffer.from(String(index)), remote);
    await turn();
    expect(kernel.sent).toHaveLength(1);
    kernel.room = 3;
    events.drain(socket);
    expect(kernel.sent.map((line) => line.split(' ')[0])).toEqual(['0', '1', '2']);
    kernel.room = Number.POSITIVE_INFINITY;
    events.drain(socket);
    expect(kernel.sent).toHaveLength(4097);
    port.send(Buffer.from('next'), remote);
    await turn();
    expect(kernel.sent.at(-1)).toBe('next 192.0.2.7:5060');
  });
});
