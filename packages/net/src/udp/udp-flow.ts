import type { Flow, SocketAddress } from '@ringdown/sip';
import type { Advertise } from '../transport-options.ts';
import type { UdpPort } from './udp-port.ts';

const NO_NAMES: readonly string[] = Object.freeze([]);

/** The way between one of our UDP ports and a peer: a value, made anew for each datagram. */
export class UdpFlow implements Flow {
  readonly port: UdpPort;
  readonly remote: SocketAddress;
  readonly #advertise: Advertise;
  #advertised: SocketAddress | undefined = undefined;

  constructor(port: UdpPort, remote: SocketAddress, advertise: Advertise) {
    this.port = port;
    this.remote = remote;
    this.#advertise = advertise;
  }

  get transport(): 'udp' {
    return 'udp';
  }

  get connection(): string {
    return '';
  }

  get local(): SocketAddress {
    return this.port.local;
  }

  get advertised(): SocketAddress {
    this.#advertised ??= this.#advertise(this.port.local, this.remote);
    return this.#advertised;
  }

  get open(): boolean {
    return this.port.open;
  }

  get peerNames(): readonly string[] {
    return NO_NAMES;
  }
}
