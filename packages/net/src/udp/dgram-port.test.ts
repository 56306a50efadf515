import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { getSystemErrorName } from 'node:util';
import { afterEach, describe, expect, it, test } from 'vitest';
import { type DgramNative, openDgramNative, openDgramPort } from './dgram-port.ts';
import type { UdpPort, UdpPortOptions } from './udp-port.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const openPeer = async (): Promise<Socket> => {
  const peer = createSocket('udp4');
  closing.push(() => peer.close());
  peer.bind(0, '127.0.0.1');
  await once(peer, 'listening');
  return peer;
};

/** What a socket gets, once so many have come. */
const gets = (peer: Socket, count: number): Promise<string[]> => {
  const received: string[] = [];
  return new Promise((resolve) => {
    peer.on('message', (bytes) => {
      if (received.push(bytes.toString()) === count) resolve(received);
    });
  });
};

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

const bySystem = await openDgramNative();
/** On Linux with the libraries that npm brings the kernel's own calls are there, and all this is about them, too. */
const ways: readonly (readonly [string, DgramNative | undefined])[] = [
  ['node:dgram alone', undefined],
  ...(bySystem === undefined ? [] : [['the kernel’s own calls', bySystem] as const]),
];

test.runIf(process.platform === 'linux' && process.report.getReport)(
  'the kernel’s own calls can be had',
  () => {
    const { header } = process.report.getReport() as {
      readonly header: { readonly glibcVersionRuntime?: string };
    };
    const isExpected = header.glibcVersionRuntime !== undefined && ['x64', 'arm64'].includes(process.arch);
    expect(bySystem !== undefined).toBe(isExpected);
  },
);

describe.each(ways)('a UDP port on %s', (_, native) => {
  const open = async (options: Partial<UdpPortOptions> = {}): Promise<UdpPort> => {
    const port = await openDgramPort(
      { address: '127.0.0.1', port: 0, bufferBytes: 1_000_000, receive: () => undefined, ...options },
      native,
    );
    closing.push(() => port.close());
    return port;
  };

  it.each([true, false])(
    'sends what was sent at once in its order, also when it is closed right behind it (gathers: %s)',
    async (gathers) => {
      const peer = await openPeer();
      const all = gets(peer, 100);
      const port = await open({ gathers });
      const remote = peer.address();
      for (const number of numbers(100)) port.send(Buffer.from(number), remote);
      port.send(Buffer.from('nobody'), { ...remote, port: 0 });
      await port.close();
      port.send(Buffer.from('too late'), remote);
      expect(await all).toEqual(numbers(100));
    },
  );

  it.each([true, false])(
    'receives all that came at once, each whole and in its order (gathers: %s)',
    async (gathers) => {
      const peer = await openPeer();
      const texts = [...numbers(300), 'x'.repeat(9_000), ...numbers(10)];
      const heard: (readonly [string, string, number])[] = [];
      const all = new Promise<void>((resolve) => {
        void open({
          gathers,
          receive: (bytes, { address, port }) => {
            if (heard.push([bytes.toString(), address, port]) === texts.length) resolve();
          },
        }).then(({ local }) => {
          for (const text of texts) peer.send(text, local.port, local.address);
        });
      });
      await all;
      const { address, port } = peer.address();
      expect(heard).toEqual(texts.map((text) => [text, address, port]));
    },
  );

  it('answers those that ask, in one go', async () => {
    const peers = await Promise.all(numbers(40).map(openPeer));
    const port: UdpPort = await open({
      receive: (bytes, remote) => port.send(Buffer.from(`${bytes}!`), remote),
    });
    const answers = peers.map((peer) => gets(peer, 1));
    for (const [index, peer] of peers.entries())
      peer.send(String(index), port.local.port, port.local.address);
    expect(await Promise.all(answers)).toEqual(numbers(40).map((text) => [`${text}!`]));
  });

  it('hears nothing of peers that are gone', async () => {
    const gone = await openPeer();
    const remote = gone.address();
    closing.pop();
    gone.close();
    await once(gone, 'close');
    const peer = await openPeer();
    const all = gets(peer, 20);
    const port = await open();
    for (const number of numbers(20)) {
      port.send(Buffer.from('nobody hears this'), remote);
      port.send(Buffer.from(number), peer.address());
    }
    expect(await all).toEqual(numbers(20));
  });

  it('lets whoever receives close it', async () => {
    const peer = await openPeer();
    let heard = 0;
    const port: UdpPort = await open({
      receive: () => {
        heard++;
        void port.close();
      },
    });
    for (const number of numbers(10)) peer.send(number, port.local.port, port.local.address);
    await new Promise((resolve) => peer.send('last', port.local.port, port.local.address, resolve));
    await expect.poll(() => port.open).toBe(false);
    await port.close();
    expect(heard).toBe(1);
  });

  it('says why an address or a port cannot be had', async () => {
    const { local } = await open();
    await expect(open({ port: local.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(open({ address: '192.0.2.77' })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  it('has the buffers that it asked for, as far as the kernel allows', async () => {
    const { buffers } = await open({ bufferBytes: 20_000 });
    expect(buffers!.receiveBytes).toBeGreaterThanOrEqual(20_000);
    expect(buffers!.receiveBytes).toBeLessThan(100_000);
  });

  it('gives its port back when it is closed', async () => {
    const { local, close } = await open().then((port) => ({ local: port.local, close: () => port.close() }));
    await close();
    expect((await open({ port: local.port })).local).toEqual(local);
  });
});

test.skipIf(bySystem === undefined)('a socket that could not be bound is closed', async () => {
  const failures: string[] = [];
  const closed: number[] = [];
  const { calls } = bySystem!;
  const libc = {
    ...calls.libc,
    bind: (...args: Parameters<typeof calls.libc.bind>) => {
      const result = calls.libc.bind(...args);
      failures.push(result < 0 ? getSystemErrorName(-calls.libc.errno()) : 'none');
      return result;
    },
    close: (fd: number) => {
      closed.push(fd);
      return calls.libc.close(fd);
    },
  };
  const native: DgramNative = { ...bySystem!, calls: { ...calls, libc } };
  const options = { port: 0, bufferBytes: 1_000, receive: () => undefined };
  const first = await openDgramPort({ ...options, address: '127.0.0.1' }, native);
  await expect(openDgramPort({ ...options, address: '192.0.2.77' }, native)).rejects.toThrow('192.0.2.77');
  expect(failures).toEqual(['none', 'EADDRNOTAVAIL']);
  expect(closed).toHaveLength(1);
  await first.close();
});
