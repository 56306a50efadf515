import type { Flow, SipMessage, SocketAddress, TransportName } from '@ringdown/sip';
import { nodeRandom } from '../random.ts';

/** Whom a connection tells what happens to it. */
export interface ConnectionUser {
  received(message: SipMessage, connection: Connection): void;
  /** Something the peer sent was dropped or answered with an error. */
  refused(connection: Connection, why: string): void;
  /** Told once, never from within a call to the connection. */
  closed(connection: Connection, why: string): void;
}

/** What a connection is known by. */
export interface ConnectionEnds {
  readonly transport: TransportName;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly advertised: SocketAddress;
}

/** A place among the connections that peers may open. */
export interface Place {
  /** The peer is known: its place is no longer one of those that strangers share. */
  keep(): void;
}

const NO_NAMES: readonly string[] = Object.freeze([]);

/** This process, among those that were and will be. */
const epoch = nodeRandom.token(8);
let connections = 0;

const newConnection = (): string => `${epoch}${(connections++).toString(36)}`;

/** A flow over a connection: TCP, TLS or WebSocket. */
export abstract class Connection implements Flow, ConnectionEnds {
  readonly transport: TransportName;
  readonly connection = newConnection();
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly advertised: SocketAddress;
  peerNames: readonly string[] = NO_NAMES;
  /** The name whose certificate we asked for when we opened it. */
  readonly serverName: string | undefined;
  protected readonly user: ConnectionUser;
  /** Whether the peer is known, so that it may be silent as long as it likes. */
  protected kept = false;
  readonly #place: Place | undefined;
  #open = true;

  constructor(ends: ConnectionEnds, user: ConnectionUser, place?: Place, serverName?: string) {
    this.transport = ends.transport;
    this.local = ends.local;
    this.remote = ends.remote;
    this.advertised = ends.advertised;
    this.user = user;
    this.#place = place;
    this.serverName = serverName;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Sends, or queues within the bound. @returns false where the message was not taken. */
  abstract send(message: SipMessage): boolean;
  /** Sends what keeps a NAT's mapping open. */
  abstract keepAlive(): void;
  /** Why it has to be closed now, if it has to be. Called every second or so. */
  abstract overdue(now: number): string | undefined;
  /** Ends the socket: `abruptly` without waiting for what is queued. */
  protected abstract shut(abruptly: boolean): void;

  keep(): void {
    this.kept = true;
    this.#place?.keep();
  }

  /** Closes at once; what waits to be written is lost. */
  close(why: string): void {
    this.#end(why, true);
  }

  /** Closes when all that was sent has been written. */
  finish(why: string): void {
    this.#end(why, false);
  }

  #end(why: string, abruptly: boolean): void {
    if (!this.#open) return;
    this.#open = false;
    this.shut(abruptly);
    queueMicrotask(() => this.user.closed(this, why));
  }
}
