import type { ByteStream } from '@ringdown/net';
import type { SocketAddress } from '@ringdown/sans-io';
import type { TurnClientPath, TurnServer } from '@ringdown/turn';
import { guarded } from '../operations/guarded.ts';
import type { Log } from '../operations/log.ts';

/** The streams of TURN clients. */
export class StreamPaths {
  readonly #server: TurnServer;
  readonly #log: Log;
  readonly #paths = new Set<StreamPath>();

  constructor(server: TurnServer, log: Log) {
    this.#server = server;
    this.#log = log;
  }

  get size(): number {
    return this.#paths.size;
  }

  /** @param first what has been read of it already */
  accept(stream: ByteStream, first?: Buffer): void {
    const path = new StreamPath(stream);
    this.#paths.add(path);
    this.#server.accepted(path);
    stream.start(
      {
        received: guarded(this.#log, (bytes) => this.#server.received(path, bytes)),
        drained: guarded(this.#log, () => this.#server.drained(path)),
        closed: guarded(this.#log, () => {
          this.#paths.delete(path);
          this.#server.closed(path);
        }),
      },
      first,
    );
  }
}

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

  keep(): void {
    this.stream.keep();
  }

  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }
}
