import type { Random, SocketAddress } from '@ringdown/sans-io';
import type { VirtualTime } from '../clock/virtual-time.ts';
import type { Packet, Payload } from '../network/packet.ts';

/** What the sockets of a host stand on: its addresses and its way out. */
export interface Stack {
  readonly time: VirtualTime;
  readonly random: Random;
  /** Whether this address is the host's own now, loopback included. */
  owns(address: string): boolean;
  /** Its address to come from toward a destination. */
  addressFor(destination: string): string | undefined;
  send(protocol: Packet['protocol'], from: SocketAddress, to: SocketAddress, payload: Payload): void;
  delivered(packet: Packet): void;
  dropped(packet: Packet, why: string): void;
}

/** The ports that a host gives where none is asked for (RFC 6335 §6). */
const EPHEMERAL = Object.freeze({ first: 49_152, count: 16_384 });

/** A free port; undefined when all are taken. */
export const freePort = (random: Random, isTaken: (port: number) => boolean): number | undefined => {
  const start = Math.floor(random.fraction() * EPHEMERAL.count);
  for (let step = 0; step < EPHEMERAL.count; step++) {
    const port = EPHEMERAL.first + ((start + step) % EPHEMERAL.count);
    if (!isTaken(port)) return port;
  }
  return undefined;
};
