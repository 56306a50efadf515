import type { SocketAddress } from '@ringdown/sans-io';
import type { Segment } from '../stream/segment.ts';
import type { Journey } from '../trace/trace.ts';

export type Payload =
  | { readonly kind: 'datagram'; readonly bytes: Uint8Array }
  /** ICMP's "port unreachable", which travels from the closed port to the one who wrote to it. */
  | { readonly kind: 'unreachable' }
  | Segment;

export interface Packet {
  readonly protocol: 'udp' | 'tcp' | 'icmp';
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly payload: Payload;
  readonly journey: Journey;
}

const NOTHING = new Uint8Array(0);

export const carriedBytes = (payload: Payload): Uint8Array => ('bytes' in payload ? payload.bytes : NOTHING);

/** Bytes on the wire, headers of IP and UDP or TCP included. */
export const wireSize = ({ protocol, to, payload }: Packet): number =>
  (to.address.includes(':') ? 40 : 20) + (protocol === 'tcp' ? 20 : 8) + carriedBytes(payload).length;
