import type { Destination, SocketAddress } from '@ringdown/sip';
import type { SipTransportOptions, TransportLimits } from '../transport-options.ts';
import type { Datagrams } from './datagrams.ts';
import type { LocalAddress } from './local-addresses.ts';
import type { SourceAddresses } from './source-address.ts';
import { UdpFlow } from './udp-flow.ts';
import type { UdpPort, UdpPortOptions } from './udp-port.ts';
import { UdpPorts } from './udp-ports.ts';

/** SIP's UDP ports, and the flows between them and peers. */
export class UdpListeners {
  readonly #options: SipTransportOptions;
  readonly #sources: SourceAddresses;
  readonly #ports: UdpPorts;

  constructor(
    options: SipTransportOptions,
    { udpBufferBytes }: TransportLimits,
    datagrams: Datagrams,
    sources: SourceAddresses,
    open: (options: UdpPortOptions) => Promise<UdpPort>,
  ) {
    this.#options = options;
    this.#sources = sources;
    this.#ports = new UdpPorts({
      hosts: options.hosts,
      bufferBytes: udpBufferBytes,
      open,
      borrows: true,
      receiver: (port) => (bytes, remote) => datagrams.receive(port(), bytes, remote),
      report: options.report,
    });
  }

  get ports(): readonly UdpPort[] {
    return this.#ports.all;
  }

  /** Binds every address to one port; 0 takes what the first is given. Binds none where one cannot be had. */
  listen(port: number): Promise<number> {
    return this.#ports.listen(port);
  }

  /** Binds addresses that came and lets go of those that went. */
  follow(addresses: readonly LocalAddress[]): Promise<void> {
    return this.#ports.follow(addresses);
  }

  /** @returns undefined where none of our addresses reaches it. */
  flowTo({ address, port }: Destination, addresses: readonly LocalAddress[]): UdpFlow | undefined {
    const local = this.#sources.choose(address, addresses);
    const from = local === undefined ? undefined : this.#ports.at(local.address);
    return from === undefined ? undefined : new UdpFlow(from, { address, port }, this.#options.advertise);
  }

  /** The flow between one of our ports and a peer; undefined where we do not listen there. */
  flowBetween(local: SocketAddress, remote: SocketAddress): UdpFlow | undefined {
    const from = this.#ports.at(local.address);
    return from === undefined || from.local.port !== local.port
      ? undefined
      : new UdpFlow(from, remote, this.#options.advertise);
  }

  close(): Promise<void> {
    return this.#ports.close();
  }
}
