import { type Destination, flowKey, isSecure } from '@ringdown/sip';
import type { Connection } from './connection.ts';

/** The open connections, by their flow's key and by whom they lead to. */
export class ConnectionTable {
  readonly #all = new Set<Connection>();
  readonly #byKey = new Map<string, Connection>();
  readonly #byPeer = new Map<string, Connection>();

  get size(): number {
    return this.#all.size;
  }

  add(connection: Connection): void {
    this.#all.add(connection);
    this.#byKey.set(flowKey(connection), connection);
    this.#byPeer.set(peer(connection.transport, connection.remote), connection);
    const { serverName } = connection;
    if (serverName !== undefined)
      this.#byPeer.set(peer(connection.transport, connection.remote, serverName), connection);
  }

  remove(connection: Connection): void {
    this.#all.delete(connection);
    forget(this.#byKey, flowKey(connection), connection);
    forget(this.#byPeer, peer(connection.transport, connection.remote), connection);
    const { serverName } = connection;
    if (serverName !== undefined)
      forget(this.#byPeer, peer(connection.transport, connection.remote, serverName), connection);
  }

  ofKey(key: string): Connection | undefined {
    return open(this.#byKey.get(key));
  }

  /**
   * A connection to use again (RFC 3261 §18.1.1): whichever side opened it. Where a certificate must prove a name, only one
   * whose peer has proved it, or is being asked to (RFC 5922 §4, RFC 5923).
   */
  leadingTo({ transport, address, port, serverName }: Destination): Connection | undefined {
    const remote = { address, port };
    const any = open(this.#byPeer.get(peer(transport, remote)));
    if (!isSecure(transport) || serverName === undefined) return any;
    const asked = open(this.#byPeer.get(peer(transport, remote, serverName)));
    return asked ?? (any?.peerNames.includes(serverName.toLowerCase()) ? any : undefined);
  }

  /** Closes what is overdue. */
  sweep(now: number): void {
    this.closeWhere((connection) => connection.overdue(now));
  }

  /** Closes those that there is a reason for. */
  closeWhere(why: (connection: Connection) => string | undefined): void {
    for (const connection of this.#all) {
      const reason = why(connection);
      if (reason !== undefined) connection.close(reason);
    }
  }

  /** Closes all, each when what it was sent has been written. */
  finishAll(why: string): void {
    for (const connection of this.#all) connection.finish(why);
  }
}

const open = (connection: Connection | undefined): Connection | undefined =>
  connection?.open ? connection : undefined;

const peer = (
  transport: string,
  { address, port }: { readonly address: string; readonly port: number },
  serverName = '',
): string => `${transport} ${address} ${port} ${serverName.toLowerCase()}`;

/** Another connection may have taken the key since. */
const forget = (map: Map<string, Connection>, key: string, connection: Connection): void => {
  if (map.get(key) === connection) map.delete(key);
};
