import { classifyDatagram } from '@ringdown/rtp';
import type { SocketAddress, Sockets, UdpSocket, UdpSocketUser } from '@ringdown/sans-io';

interface Lent {
  readonly socket: UdpSocket;
  readonly user: UdpSocketUser;
  /** Who has it for good. */
  owner: ((bytes: Uint8Array, from: SocketAddress) => void) | undefined;
}

/**
 * Sockets for somebody who may be gone before the call is: when a peer turns out not to speak ICE, the socket that it was told
 * of is kept, and all the others go.
 */
export class LentSockets implements Sockets {
  readonly #sockets: Sockets;
  readonly #lent = new Set<Lent>();

  constructor(sockets: Sockets) {
    this.#sockets = sockets;
  }

  addresses(): readonly string[] {
    return this.#sockets.addresses();
  }

  openUdp(options: Parameters<Sockets['openUdp']>[0], user: UdpSocketUser): void {
    let lent: Lent | undefined;
    this.#sockets.openUdp(options, {
      opened: (socket) => {
        lent = { socket, user, owner: undefined };
        this.#lent.add(lent);
        user.opened(this.#handed(lent));
      },
      failed: (why) => user.failed(why),
      received: (bytes, from) => {
        // Who had it may still wait for answers of servers.
        if (lent?.owner === undefined || classifyDatagram(bytes) === 'stun') user.received(bytes, from);
        else lent.owner(bytes, from);
      },
    });
  }

  connect(...[options, user]: Parameters<Sockets['connect']>): ReturnType<Sockets['connect']> {
    return this.#sockets.connect(options, user);
  }

  /** @returns the socket on this address, which from now on nobody else closes; undefined where there is none */
  keep(local: SocketAddress, owner: (bytes: Uint8Array, from: SocketAddress) => void): UdpSocket | undefined {
    for (const lent of this.#lent) {
      const { address, port } = lent.socket.local;
      if (address !== local.address || port !== local.port) continue;
      lent.owner = owner;
      return lent.socket;
    }
    return undefined;
  }

  #handed(lent: Lent): UdpSocket {
    const { socket } = lent;
    return {
      local: socket.local,
      send: (bytes, to) => socket.send(bytes, to),
      close: () => {
        if (lent.owner !== undefined) return;
        this.#lent.delete(lent);
        socket.close();
      },
    };
  }
}
