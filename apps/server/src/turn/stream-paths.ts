import type { ByteStream } from '@ringdown/net';
import type { SocketAddress } from '@ringdown/sans-io';
import type { TurnClientPath, TurnServer } from '@ringdown/turn';

/** The streams of TURN clients. */
export class StreamPaths {
  readonly #server: TurnServer;
  readonly #paths = new Map<string, StreamPath>();

  constructor(server: TurnServer) {
    this.#server = server;
  }

  get size(): number {
    return this.#paths.size;
  }

  /** @param first what has been read of it already */
  accept(stream: ByteStream, first?: Buffer): void {
    const path = new StreamPath(stream);
    const key = keyOf(stream.transport, stream.remote);
    this.#paths.set(key, path);
    this.#server.accepted(path);
    stream.start(
      {
        received: (bytes) => this.#server.received(path, bytes),
        drained: () => this.#server.drained(path),
        closed: () => {
          if (this.#paths.get(key) === path) this.#paths.delete(key);
          this.#server.closed(path);
        },
      },
      first,
    );
  }

  /** The client has shown who it is: it may be silent as long as its allocation lives. */
  keep(transport: 'tcp' | 'tls', remote: SocketAddress): void {
    this.#paths.get(keyOf(transport, remote))?.stream.keep();
  }
}

const keyOf = (transport: string, { address, port }: SocketAddress): string =>
  `${transport} ${address} ${port}`;

class StreamPath implements TurnClientPath {
  readonly stream: ByteStream;
  readonly transport: 'tcp' | 'tls';
  readonly local: SocketAddress;
  readonly remote: SocketAddress;

  constructor(stream: ByteStream) {
    this.stream = stream;
    this.transport = stream.transport;
    this.local = stream.local;
    this.remote = stream.remote;
  }

  get queuedBytes(): number {
    return this.stream.queuedBytes;
  }

  send(bytes: Uint8Array): void {
    this.stream.send(bytes);
  }

  close(): void {
    this.stream.finish('the TURN server has ended it');
  }

  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }
}
