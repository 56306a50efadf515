import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { openDgramPort } from './dgram-port.ts';

test.each([true, false])(
  'what was sent at once goes out in its order, also when the port is closed right behind it (gathers: %s)',
  async (gathers) => {
    const peer = createSocket('udp4');
    peer.bind(0, '127.0.0.1');
    await once(peer, 'listening');
    const { address, port: number } = peer.address();
    const received: string[] = [];
    const all = new Promise<void>((resolve) => {
      peer.on('message', (bytes) => {
        if (received.push(bytes.toString()) === 100) resolve();
      });
    });
    const port = await openDgramPort({
      address: '127.0.0.1',
      port: 0,
      bufferBytes: 100_000,
      gathers,
      receive: () => undefined,
    });
    for (let index = 0; index < 100; index++)
      port.send(Buffer.from(String(index)), { address, port: number });
    port.send(Buffer.from('nobody'), { address, port: 0 });
    await port.close();
    port.send(Buffer.from('too late'), { address, port: number });
    await all;
    expect(received).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
    peer.close();
  },
);
