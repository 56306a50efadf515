import type { SocketAddress, Timer, TimerTarget } from '@ringdown/sans-io';
import { bindingRequest, type StunClientPorts } from '@ringdown/stun';
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
  /** Looks up the addresses of a server; none where they cannot be found. */
  readonly resolve: (server: string) => Promise<readonly SocketAddress[]>;
  readonly observe: (event: PublicAddressEvent) => void;
}

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
  readonly #ports: StunClientPorts;
  #timer: Timer | undefined = undefined;
  #found: string | undefined = undefined;
  #closed = false;

  constructor(options: PublicAddressOptions, ports: StunClientPorts) {
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
      for (const address of await this.#options.resolve(server)) {
        if (this.#closed) return undefined;
        const told = address.address.includes(':') ? undefined : await this.#askOne(local, address);
        // A server in our own network sees us as we see ourselves.
        if (told !== undefined && !isPrivate(told)) return { address: told, server };
      }
    }
    return undefined;
  }

  async #askOne(localAddress: string, server: SocketAddress): Promise<string | undefined> {
    const outcome = await bindingRequest(
      { server, localAddress, retransmission: RETRANSMISSION },
      this.#ports,
    );
    return outcome.kind === 'mapped' ? outcome.mapped.address : undefined;
  }
}
