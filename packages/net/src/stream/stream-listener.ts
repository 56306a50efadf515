import type { Server, Socket } from 'node:net';
import type { SocketAddress } from '@ringdown/sip';
import { ListenError } from '../listen-error.ts';
import type { Listener, TransportEvent } from '../transport-options.ts';
import type { Admission, AdmittedPlace } from './admission.ts';

/** A server of node's that is bound to one host and port. */
export interface StreamListener {
  readonly listener: Listener;
  readonly server: Server;
  close(): Promise<void>;
}

type Report = ((event: TransportEvent) => void) | undefined;

/** Binds a server. Rejects with a {@link ListenError} where the address or port cannot be had. */
export const listen = async (
  server: Server,
  transport: Listener['transport'],
  host: string,
  port: number,
  places: Places,
  report: Report,
): Promise<StreamListener> => {
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error): void => reject(new ListenError(transport, host, port, error));
    server.once('error', refuse);
    server.listen({ host, port, ipv6Only: host.includes(':') }, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address and a port');
  const listener: Listener = { transport, address: host, port: bound.port };
  // No descriptor is left, as a rule: those who are connected go on.
  server.on('error', (error: Error) => report?.({ kind: 'cannot accept', listener, why: error.message }));
  return {
    listener,
    server,
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      places.closeHalfOpen();
      return closed;
    },
  };
};

/** The places of a server's connections, from the moment they are accepted. */
export class Places {
  readonly #accepted = new Map<string, { readonly socket: Socket; readonly place: AdmittedPlace }>();

  /** Closes connections that there is no place for. */
  constructor(server: Server, transport: Listener['transport'], admission: Admission, report: Report) {
    server.on('connection', (socket: Socket) => {
      const remote = remoteOf(socket);
      const place = remote === undefined ? 'it is gone already' : admission.admit(remote.address);
      if (remote === undefined || typeof place === 'string') {
        socket.destroy();
        if (remote !== undefined) report?.({ kind: 'refused', transport, remote, why: String(place) });
        return;
      }
      const key = keyOf(socket);
      this.#accepted.set(key, { socket, place });
      // Whoever takes the socket over listens for its errors, too; until then they only close it.
      socket.on('error', () => {});
      socket.once('close', () => {
        place.release();
        this.#accepted.delete(key);
      });
    });
  }

  /** The place of a connection: TLS sockets are other objects than those that were accepted, with the same ends. */
  of(socket: Socket): AdmittedPlace | undefined {
    return this.#accepted.get(keyOf(socket))?.place;
  }

  /** Closes those that have not finished their handshake. */
  closeHalfOpen(): void {
    for (const { socket, place } of this.#accepted.values()) if (place.halfOpen) socket.destroy();
  }
}

const keyOf = ({ localAddress, remoteAddress, remotePort }: Socket): string =>
  `${localAddress} ${remoteAddress} ${remotePort}`;

/** The two ends of a socket; undefined where it has been closed already. */
export const remoteOf = ({ remoteAddress, remotePort }: Socket): SocketAddress | undefined =>
  remoteAddress === undefined || remotePort === undefined
    ? undefined
    : { address: remoteAddress, port: remotePort };

export const localOf = ({ localAddress, localPort }: Socket): SocketAddress | undefined =>
  localAddress === undefined || localPort === undefined
    ? undefined
    : { address: localAddress, port: localPort };
