import type { SocketAddress, UdpSocket } from '@ringdown/sans-io';
import type { Host } from '@ringdown/simulator';
import { byteString, bytesOf } from '@ringdown/stun';

/** The first port of the relay's clients; each has one to speak with it, and one for the peers. */
const FIRST_PORT = 49_152;

/**
 * What a TURN server does for ICE, and no more: it sends from an address of its own what a client asks it to, and hands back
 * what comes from the hosts that the client has sent to. Frames are the peer's endpoint in ASCII, a zero, the datagram.
 */
export class Relay {
  readonly #host: Host;
  #ports = FIRST_PORT;
  /** Datagrams from hosts that had no permission. */
  refused = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** @returns where the client sends its frames to, and what peers see */
  allocate(): { readonly control: SocketAddress; readonly relayed: SocketAddress } {
    const { address } = this.#host;
    const control = { address, port: this.#ports++ };
    const relayed = { address, port: this.#ports++ };
    const permitted = new Set<string>();
    let client: SocketAddress | undefined;
    let inward: UdpSocket | undefined;
    let outward: UdpSocket | undefined;
    this.#host.sockets.openUdp(control, {
      opened: (socket) => {
        inward = socket;
      },
      failed: () => undefined,
      received: (frame, from) => {
        client = from;
        const { endpoint, bytes } = unframed(frame);
        permitted.add(endpoint.address);
        outward?.send(bytes, endpoint);
      },
    });
    this.#host.sockets.openUdp(relayed, {
      opened: (socket) => {
        outward = socket;
      },
      failed: () => undefined,
      received: (bytes, from) => {
        if (!permitted.has(from.address)) this.refused++;
        else if (client !== undefined) inward?.send(framed(from, bytes), client);
      },
    });
    return { control, relayed };
  }
}

export const framed = ({ address, port }: SocketAddress, bytes: Uint8Array): Uint8Array => {
  return Uint8Array.from([...bytesOf(`${address} ${port}\0`), ...bytes]);
};

export const unframed = (
  frame: Uint8Array,
): { readonly endpoint: SocketAddress; readonly bytes: Uint8Array } => {
  const end = frame.indexOf(0);
  const [address = '', port = ''] = byteString(frame.subarray(0, end)).split(' ');
  return { endpoint: { address, port: Number(port) }, bytes: frame.slice(end + 1) };
};
