import { type AddressInfo, createServer, type Socket } from 'node:net';
import { nodeSockets } from '@ringdown/net';
import type { RelayStream } from '@ringdown/turn';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLog } from '../operations/log.ts';
import { relaySockets } from './relay-sockets.ts';

const log = openLog({ level: 'error', format: 'text' });

const LOCAL = { address: '127.0.0.1', port: 0 };

/** A peer that listens, and a stream of ours to it. */
const connected = async (peer: (socket: Socket) => void, opened: (stream: RelayStream) => void) => {
  const server = createServer((socket) => {
    onTestFinished(() => void socket.destroy());
    peer(socket);
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const told = { bytes: 0, came: () => {} };
  const stream = await new Promise<RelayStream>((resolve) => {
    relaySockets(nodeSockets(), log).connectTcp?.(
      LOCAL,
      { address: '127.0.0.1', port },
      {
        opened: (one) => {
          opened(one);
          resolve(one);
        },
        received: (bytes) => {
          told.bytes += bytes.length;
          told.came();
        },
        closed: () => {},
        drained: () => {},
      },
    );
  });
  onTestFinished(() => stream.close());
  return { stream, told };
};

describe('streams to peers', () => {
  it('tell nothing from when they are paused on opening until they are resumed', async () => {
    let sent = (): void => {};
    const isSent = new Promise<void>((resolve) => {
      sent = resolve;
    });
    const { stream, told } = await connected(
      (socket) => socket.write('hello', () => sent()),
      (one) => one.pause?.(),
    );
    await isSent;
    // A turn of the loop more, in which it would have been read.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(told.bytes).toBe(0);
    const came = new Promise<void>((resolve) => {
      told.came = resolve;
    });
    stream.resume?.();
    await came;
    expect(told.bytes).toBe(5);
  });

  it('that are closed still send what they were given', async () => {
    let received = 0;
    let reader: Socket | undefined;
    let end = (): void => {};
    const hasEnded = new Promise<void>((resolve) => {
      end = resolve;
    });
    const { stream } = await connected(
      (socket) => {
        reader = socket;
        socket.on('error', () => end());
        socket.on('close', () => end());
      },
      () => {},
    );
    const piece = 100_000;
    let sent = 0;
    // Until the kernel takes no more.
    for (; (stream.queuedBytes ?? 0) < 5 * piece; sent += piece) {
      stream.send(new Uint8Array(piece));
      await new Promise((resolve) => setImmediate(resolve));
    }
    stream.close();
    reader?.on('data', (bytes) => {
      received += bytes.length;
    });
    await hasEnded;
    expect(received).toBe(sent);
  });
});
