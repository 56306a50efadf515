import { ListenError } from '../listen-error.ts';
import type { TransportEvent } from '../transport-options.ts';
import { type LocalAddress, localAddresses } from './local-addresses.ts';
import type { DatagramReceiver, UdpPort, UdpPortOptions } from './udp-port.ts';

export interface UdpPortsOptions {
  readonly hosts: readonly string[];
  readonly bufferBytes: number;
  readonly open: (options: UdpPortOptions) => Promise<UdpPort>;
  /** Who takes what comes to a port. */
  readonly receiver: (port: () => UdpPort) => DatagramReceiver;
  /** See `UdpPortOptions`. */
  readonly borrows?: boolean;
  readonly report?: ((event: TransportEvent) => void) | undefined;
}

/**
 * One UDP socket for each local address: a wildcard socket answers from whatever address the kernel likes, and a peer that
 * asked another one drops the answer.
 */
export class UdpPorts {
  readonly #options: UdpPortsOptions;
  readonly #ports = new Map<string, UdpPort>();
  #number = 0;

  constructor(options: UdpPortsOptions) {
    this.#options = options;
  }

  get all(): readonly UdpPort[] {
    return [...this.#ports.values()];
  }

  /** The port at one of our addresses. */
  at(address: string): UdpPort | undefined {
    return this.#ports.get(address);
  }

  /** Binds every address to one port; 0 takes what the first is given. Binds none where one cannot be had. */
  async listen(port: number): Promise<number> {
    this.#number = port;
    try {
      for (const { address } of localAddresses(this.#options.hosts)) {
        this.#number = (await this.#bind(address, this.#number)).local.port;
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    return this.#number;
  }

  /** Binds addresses that came and lets go of those that went. */
  async follow(addresses: readonly LocalAddress[]): Promise<void> {
    const wanted = new Set(addresses.map(({ address }) => address));
    for (const port of this.all) if (!wanted.has(port.local.address)) await this.#drop(port);
    for (const address of wanted) if (!this.#ports.has(address)) await this.#bindLater(address);
  }

  async close(): Promise<void> {
    const ports = this.all;
    this.#ports.clear();
    await Promise.all(ports.map((port) => port.close()));
  }

  async #bind(address: string, number: number): Promise<UdpPort> {
    const { open, bufferBytes, receiver, borrows = false } = this.#options;
    const opened = open({ address, port: number, bufferBytes, borrows, receive: receiver(() => port) });
    const port = await opened.catch((error: unknown) => {
      throw new ListenError('udp', address, number, error);
    });
    this.#ports.set(address, port);
    return port;
  }

  async #bindLater(address: string): Promise<void> {
    try {
      const { local } = await this.#bind(address, this.#number);
      this.#options.report?.({ kind: 'listening', listener: { transport: 'udp', ...local } });
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      this.#options.report?.({ kind: 'cannot listen', error });
    }
  }

  async #drop(port: UdpPort): Promise<void> {
    this.#ports.delete(port.local.address);
    await port.close();
    this.#options.report?.({ kind: 'not listening', listener: { transport: 'udp', ...port.local } });
  }
}
