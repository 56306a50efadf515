import type { UdpPort } from '@ringdown/net';
import type { SocketAddress } from '@ringdown/sans-io';
import type { TurnClientPath } from '@ringdown/turn';

/** The way to a TURN client over UDP: a value, made anew for each datagram. */
export class UdpPath implements TurnClientPath {
  readonly transport = 'udp';
  readonly remote: SocketAddress;
  readonly #port: UdpPort;

  constructor(port: UdpPort, remote: SocketAddress) {
    this.#port = port;
    this.remote = remote;
  }

  get local(): SocketAddress {
    return this.#port.local;
  }

  send(bytes: Uint8Array): void {
    this.#port.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), this.remote);
  }

  close(): void {}
}
