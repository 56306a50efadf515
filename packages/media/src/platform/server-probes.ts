import type { Hashes, Random, SocketAddress, Sockets, Timers } from '@ringdown/sans-io';
import { BINDING, StunClient } from '@ringdown/stun';

/** An answer that takes longer would come too late to be of use. */
const RETRANSMISSION = Object.freeze({ rtoMs: 250, rc: 3, rm: 4 });

export interface ServerProbesPorts {
  readonly sockets: Sockets;
  readonly timers: Timers;
  readonly random: Random;
  readonly hashes: Hashes;
  /** Which address of ours leads to a server; undefined where that is the system's choice. */
  readonly localAddressToward: (address: string) => string | undefined;
}

/** Looks whether a server is where one is supposed to be. */
export class ServerProbes {
  readonly #ports: ServerProbesPorts;
  readonly #running = new Set<{ close(): void }>();

  constructor(ports: ServerProbesPorts) {
    this.#ports = ports;
  }

  /** Whether STUN is answered there over UDP. */
  answersBinding(server: SocketAddress): Promise<boolean> {
    const localAddress = this.#ports.localAddressToward(server.address);
    return new Promise((resolve) => {
      const client = new StunClient(
        { server, retransmission: RETRANSMISSION, ...(localAddress !== undefined && { localAddress }) },
        this.#ports,
      );
      this.#running.add(client);
      client.request(
        BINDING,
        () => undefined,
        ({ kind }) => {
          this.#end(client);
          resolve(kind === 'success');
        },
      );
    });
  }

  /** Whether TLS is spoken there by somebody who proves the name. */
  opensTls(remote: SocketAddress, serverName: string): Promise<boolean> {
    return new Promise((resolve) => {
      const stream = this.#ports.sockets.connect(
        { remote, tls: { serverName } },
        {
          opened: (opened) => {
            this.#end(opened);
            resolve(true);
          },
          received: () => undefined,
          closed: () => {
            this.#running.delete(stream);
            resolve(false);
          },
        },
      );
      this.#running.add(stream);
    });
  }

  /** What runs is never answered. */
  close(): void {
    for (const probe of this.#running) probe.close();
    this.#running.clear();
  }

  #end(probe: { close(): void }): void {
    this.#running.delete(probe);
    probe.close();
  }
}
