import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { eventually } from './deadline.ts';
import type { Endpoint } from './provider.ts';
import type { Stage } from './suite.ts';

/** A peer behind a relay: sends every datagram back and counts. */
export interface EchoPeer {
  readonly at: Endpoint;
  readonly received: number;
  /** Where the last one came from. */
  readonly lastFrom: Endpoint | undefined;
  send(bytes: Uint8Array, to: Endpoint): void;
  /** Waits until so many have come in all. */
  until(count: number, withinMs: number): Promise<void>;
}

export async function openEchoPeer(stage: Stage, host: string): Promise<EchoPeer> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  let received = 0;
  let lastFrom: Endpoint | undefined;
  socket.on('error', () => {}); // a relay that has gone; the case counts what came
  socket.on('message', (datagram, from) => {
    received += 1;
    lastFrom = { host: from.address, port: from.port };
    socket.send(datagram, from.port, from.address);
  });
  socket.bind(0, host);
  await once(socket, 'listening');
  stage.defer(() => void socket.close());
  return {
    at: { host, port: socket.address().port },
    get received() {
      return received;
    },
    get lastFrom() {
      return lastFrom;
    },
    send: (bytes, to) => socket.send(bytes, to.port, to.host),
    until: async (count, withinMs) => {
      await eventually(
        () => (received >= count ? true : undefined),
        withinMs,
        `the peer at ${host} gets ${count} datagrams`,
      );
    },
  };
}
