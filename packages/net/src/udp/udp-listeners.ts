import type { Destination, SocketAddress } from '@ringdown/sip';
import { ListenError } from '../listen-error.ts';
import type { SipTransportOptions, TransportLimits } from '../transport-options.ts';
import type { Datagrams } from './datagrams.ts';
import { type LocalAddress, localAddresses } from './local-addresses.ts';
import type { SourceAddresses } from './source-address.ts';
import { UdpFlow } from './udp-flow.ts';
import type { UdpPort, UdpPortOptions } from './udp-port.ts';

type OpenPort = (options: UdpPortOptions) => Promise<UdpPort>;

/**
 * One UDP socket for each local address: a wildcard socket answers from whatever address the kernel likes, and a peer that
 * asked another one drops the answer.
 */
export class UdpListeners {
  readonly #options: SipTransportOptions;
  readonly #datagrams: Datagrams;
  readonly #sources: SourceAddresses;
  readonly #bufferBytes: number;
  readonly #open: OpenPort;
  readonly #ports = new Map<string, UdpPort>();
  #number = 0;

  constructor(
    options: SipTransportOptions,
    limits: TransportLimits,
    datagrams: Datagrams,
    sources: SourceAddresses,
    open: OpenPort,
  ) {
    this.#options = options;
    this.#datagrams = datagrams;
    this.#sources = sources;
    this.#bufferBytes = limits.udpBufferBytes;
    this.#open = open;
  }

  get ports(): readonly UdpPort[] {
    return [...this.#ports.values()];
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
    for (const port of this.ports) if (!wanted.has(port.local.address)) await this.#drop(port);
    for (const address of wanted) if (!this.#ports.has(address)) await this.#bindLater(address);
  }

  /** @returns undefined where none of our addresses reaches it. */
  flowTo({ address, port }: Destination, addresses: readonly LocalAddress[]): UdpFlow | undefined {
    const local = this.#sources.choose(address, addresses);
    const from = local === undefined ? undefined : this.#ports.get(local.address);
    return from === undefined ? undefined : new UdpFlow(from, { address, port }, this.#options.advertise);
  }

  /** The flow between one of our ports and a peer; undefined where we do not listen there. */
  flowBetween(local: SocketAddress, remote: SocketAddress): UdpFlow | undefined {
    const from = this.#ports.get(local.address);
    return from === undefined || from.local.port !== local.port
      ? undefined
      : new UdpFlow(from, remote, this.#options.advertise);
  }

  async close(): Promise<void> {
    const { ports } = this;
    this.#ports.clear();
    await Promise.all(ports.map((port) => port.close()));
  }

  async #bind(address: string, number: number): Promise<UdpPort> {
    const receive = (bytes: Buffer, remote: SocketAddress): void =>
      this.#datagrams.receive(port, bytes, remote);
    const opened = this.#open({ address, port: number, bufferBytes: this.#bufferBytes, receive });
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
