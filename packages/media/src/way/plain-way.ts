import type { SocketAddress, Sockets, UdpSocket } from '@ringdown/sans-io';
import type { PairRow } from '@ringdown/user-agent';
import { isSomewhere } from './somewhere.ts';
import type { LocalEnd, Way, WayUser } from './way.ts';

export interface PlainWayOptions {
  /** The local address. */
  readonly address: string;
  readonly advertise: (local: SocketAddress) => SocketAddress;
}

/** One socket, and the addresses of the descriptions: RTP as it was before ICE. */
export class PlainWay implements Way {
  readonly speaksIce = false;
  readonly #advertise: PlainWayOptions['advertise'];
  readonly #opening: Promise<string | undefined>;
  #socket: UdpSocket | undefined = undefined;
  #isClosed = false;

  constructor(options: PlainWayOptions, sockets: Sockets, user: WayUser) {
    this.#advertise = options.advertise;
    this.#opening = new Promise((resolve) => {
      sockets.openUdp(
        { address: options.address },
        {
          opened: (socket) => {
            if (this.#isClosed) socket.close();
            else {
              this.#socket = socket;
              user.usable(true);
            }
            resolve(undefined);
          },
          // Once open this is about one destination, which may yet become reachable.
          failed: (why) => resolve(`no socket on ${options.address}: ${why}`),
          received: (bytes, from) => {
            if (!this.#isClosed) user.received(bytes, from);
          },
        },
      );
    });
  }

  ready(): Promise<string | undefined> {
    return this.#opening;
  }

  describe(): LocalEnd {
    if (this.#socket === undefined) throw new Error('the way is not ready');
    const { address, port } = this.#advertise(this.#socket.local);
    return { address, port };
  }

  setRemote(): void {}

  takeFragment(): void {}

  restart(): void {}

  send(bytes: Uint8Array, to: SocketAddress): void {
    if (!this.#isClosed && isSomewhere(to)) this.#socket?.send(bytes, to);
  }

  pairs(): readonly PairRow[] {
    return [];
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#socket?.close();
    return Promise.resolve();
  }
}
