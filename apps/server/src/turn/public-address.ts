import type { Random, Sockets, Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import {
  BINDING,
  ClientTransactions,
  MessageWriter,
  newTransactionId,
  parseStun,
  StunMessage,
  XorMappedAddress,
} from '@ringdown/stun';
import { isPrivate } from './relay-address.ts';

/** What became of asking. */
export type PublicAddressEvent =
  /** The world sees one of our private addresses as this public one. */
  | { readonly kind: 'found'; readonly address: string; readonly local: string; readonly server: string }
  /** Nobody answered. */
  | { readonly kind: 'unknown'; readonly local: string; readonly servers: readonly string[] };

export interface PublicAddressOptions {
  /** `HOST` or `HOST:PORT`, asked in this order until one answers. */
  readonly ask: readonly string[];
  /** Looks up the IPv4 addresses of a name. */
  readonly resolve: (name: string) => Promise<readonly string[]>;
  readonly observe: (event: PublicAddressEvent) => void;
}

export interface PublicAddressPorts {
  readonly sockets: Sockets;
  readonly timers: Timers;
  readonly random: Random;
}

const STUN_PORT = 3478;
/** An answer that needs longer than this would come too late to be of use. */
const RETRANSMISSION = Object.freeze({ rtoMs: 300, rc: 4, rm: 4 });
const AGAIN_MS = 600_000;
/** Where nobody answered: the line may have been down just then. */
const SOON_MS = 60_000;

/**
 * Finds out how the world sees a machine whose own addresses are all private, by asking STUN servers (RFC 8489), at once and
 * then every ten minutes: lines at home get another address now and then. A machine that has a public address asks nobody.
 */
export class PublicAddress implements TimerTarget {
  readonly #options: PublicAddressOptions;
  readonly #ports: PublicAddressPorts;
  #timer: Timer | undefined = undefined;
  #found: string | undefined = undefined;
  #closed = false;

  constructor(options: PublicAddressOptions, ports: PublicAddressPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  /** The last that was found. */
  get address(): string | undefined {
    return this.#found;
  }

  start(): void {
    void this.#look();
  }

  timerFired(): void {
    void this.#look();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== undefined) this.#ports.timers.stop(this.#timer);
  }

  async #look(): Promise<void> {
    const { ask, observe } = this.#options;
    const own = this.#ports.sockets.addresses().filter((address) => !address.includes(':'));
    const local = own.find((address) => !address.startsWith('127.'));
    if (ask.length === 0 || local === undefined || !own.every(isPrivate)) return;
    const told = await this.#askAll(local);
    if (this.#closed) return;
    if (told === undefined) observe({ kind: 'unknown', local, servers: ask });
    else if (told.address !== this.#found) {
      this.#found = told.address;
      observe({ kind: 'found', local, ...told });
    }
    this.#timer = this.#ports.timers.start(this, 'look again', told === undefined ? SOON_MS : AGAIN_MS);
  }

  async #askAll(local: string): Promise<{ address: string; server: string } | undefined> {
    for (const server of this.#options.ask) {
      const [, host = '', port = String(STUN_PORT)] = /^(.*?)(?::(\d+))?$/.exec(server) ?? [];
      for (const address of await this.#options.resolve(host)) {
        const told = await this.#askOne(local, { address, port: Number(port) });
        // A server in our own network sees us as we see ourselves.
        if (told !== undefined && !isPrivate(told)) return { address: told, server };
        if (this.#closed) return undefined;
      }
    }
    return undefined;
  }

  #askOne(local: string, to: { address: string; port: number }): Promise<string | undefined> {
    return new Promise((resolve) => {
      const transactions = new ClientTransactions(this.#ports.timers);
      this.#ports.sockets.openUdp(
        { address: local },
        {
          failed: () => resolve(undefined),
          received: (bytes, from) => {
            const message = parseStun(bytes);
            if (message instanceof StunMessage && from.address === to.address && from.port === to.port)
              transactions.received(message, from);
          },
          opened: (socket) =>
            void transactions.start({
              bytes: new MessageWriter(BINDING, 'request', newTransactionId(this.#ports.random)).bytes,
              retransmission: RETRANSMISSION,
              send: (bytes) => socket.send(bytes, to),
              done: (outcome) => {
                socket.close();
                resolve(
                  outcome.kind === 'response' ? outcome.message.get(XorMappedAddress)?.address : undefined,
                );
              },
            }),
        },
      );
    });
  }
}
