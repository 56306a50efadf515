import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Endpoint } from './provider.ts';
import type { Stage } from './suite.ts';

export interface LossyLink {
  /** Where the phone sends to instead of the server. */
  readonly front: Endpoint;
  /** How many datagrams it dropped. */
  dropped(): number;
}

/** Tells of each datagram whether the line loses it. */
export type Loss = (direction: 'out' | 'in', datagram: Buffer) => boolean;

/** Loses the first copy of every message, so that only retransmission gets anything across. */
export function firstCopies(): Loss {
  const seen = new Set<string>();
  return (direction, datagram) => {
    const text = datagram.toString('latin1');
    const start = text.slice(0, text.indexOf('\r\n'));
    const value = (header: RegExp): string => header.exec(text)?.[1] ?? '';
    // A retransmitted 2xx makes a new ACK (RFC 3261 §13.2.2.4), so a message is known by what it is, not by its bytes.
    const key = [direction, start, value(/^Call-ID:\s*(.*)\r$/im), value(/^CSeq:\s*(.*)\r$/im)].join('|');
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  };
}

/** Loses a share (0…1) of all datagrams at random. */
export function share(lost: number): Loss {
  return () => Math.random() < lost;
}

/** A line between one phone and the server that loses datagrams in both directions. */
export async function startLossyLink(
  stage: Stage,
  address: string,
  server: Endpoint,
  loses: Loss,
): Promise<LossyLink> {
  let phone: RemoteInfo | undefined;
  let dropped = 0;
  const passes = (direction: 'out' | 'in', datagram: Buffer): boolean => {
    const lost = loses(direction, datagram);
    if (lost) dropped += 1;
    return !lost;
  };
  const front = await bound(stage, address);
  const back = await bound(stage, address);
  front.on('message', (datagram, from) => {
    phone = from;
    if (passes('out', datagram)) back.send(datagram, server.port, server.host);
  });
  back.on('message', (datagram) => {
    if (phone !== undefined && passes('in', datagram)) front.send(datagram, phone.port, phone.address);
  });
  return { front: { host: address, port: front.address().port }, dropped: () => dropped };
}

async function bound(stage: Stage, address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('error', () => {}); // a peer that has gone away; the case times out
  socket.bind(0, address);
  await once(socket, 'listening');
  stage.defer(() => void socket.close());
  return socket;
}
