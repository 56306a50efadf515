import { type ByteStream, connectBytes, listenBytes } from '@ringdown/net';
import type { SocketAddress, Sockets } from '@ringdown/sans-io';
import type { RelaySockets, RelayStream, RelayStreamUser } from '@ringdown/turn';
import { guarded } from '../operations/guarded.ts';
import type { Log } from '../operations/log.ts';

/** Relays on this machine's sockets. Connections to peers leave from other ports than the relay's: no system here allows that. */
export const relaySockets = (sockets: Sockets, log: Log): RelaySockets => ({
  openUdp: (options, user) =>
    sockets.openUdp(options, {
      opened: guarded(log, (socket) => user.opened(socket)),
      failed: guarded(log, (why) => user.failed(why)),
      received: guarded(log, (bytes, from) => user.received(bytes, from)),
    }),
  listenTcp: (local, user) =>
    listenBytes(local, {
      opened: (listener) => user.opened(listener),
      failed: (why) => user.failed(why),
      accepted: guarded(log, (accepted) => {
        const stream = new PeerStream(accepted.remote);
        const peer = user.accepted(stream);
        if (peer === undefined) accepted.close('nobody takes it');
        else stream.begin(accepted, peer);
      }),
    }),
  connectTcp: (local, peer, user) => {
    const stream = new PeerStream(peer);
    const dialled = connectBytes(local.address, peer, {
      opened: (opened) => stream.begin(opened, user),
      failed: (why) => user.closed(why),
    });
    stream.dialled = dialled;
    return stream;
  },
});

/** A stream to a peer, from when it is asked for. */
class PeerStream implements RelayStream {
  readonly remote: SocketAddress;
  dialled: { close(): void } | undefined = undefined;
  #stream: ByteStream | undefined = undefined;
  #closed = false;

  constructor(remote: SocketAddress) {
    this.remote = remote;
  }

  get queuedBytes(): number {
    return this.#stream?.queuedBytes ?? 0;
  }

  begin(stream: ByteStream, user: RelayStreamUser): void {
    this.#stream = stream;
    // Nothing is read before this has returned: whoever pauses it on opening has the last word.
    stream.start({
      received: (bytes) => {
        if (!this.#closed) user.received(bytes);
      },
      drained: () => {
        if (!this.#closed) user.drained();
      },
      closed: (why) => {
        if (!this.#closed) user.closed(why);
      },
    });
    stream.keep();
    user.opened(this);
  }

  send(bytes: Uint8Array): void {
    this.#stream?.send(bytes);
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  close(): void {
    this.#closed = true;
    if (this.#stream === undefined) this.dialled?.close();
    else this.#stream.finish('the relay has ended it');
  }
}
