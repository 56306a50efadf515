import type { SocketAddress, UdpSocket, UdpSocketOptions, UdpSocketUser } from '@ringdown/sans-io';
import { canonicalEndpoint, endpointText } from '../address/endpoint.ts';
import { canonicalAddress, familyOf } from '../address/ip.ts';
import type { Packet } from '../network/packet.ts';
import { freePort, type Stack } from './stack.ts';

/** The UDP sockets of one host. */
export class UdpPorts {
  readonly #stack: Stack;
  readonly #sockets = new Map<string, UdpSocketUser>();

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  /** Binds at once, and says so afterwards. */
  open(options: UdpSocketOptions, user: UdpSocketUser): void {
    const address = canonicalAddress(options.address);
    const local = this.#bind(address, options.port ?? 0, user);
    if (typeof local === 'string') this.#stack.time.later(0, () => user.failed(local));
    else this.#stack.time.later(0, () => user.opened(this.#socket(local)));
  }

  /** A datagram. True if somebody was there to take it. */
  receive(packet: Packet): boolean {
    const user = this.#sockets.get(endpointText(packet.to));
    if (user === undefined || packet.payload.kind !== 'datagram') return false;
    this.#stack.delivered(packet);
    user.received(packet.payload.bytes.slice(), packet.from);
    return true;
  }

  /** ICMP about a datagram that was sent from here. */
  unreachable(packet: Packet): void {
    const user = this.#sockets.get(endpointText(packet.to));
    if (user === undefined) {
      this.#stack.dropped(packet, 'port closed');
      return;
    }
    this.#stack.delivered(packet);
    user.failed(`${endpointText(packet.from)} is unreachable: its port is closed`);
  }

  #bind(address: string, asked: number, user: UdpSocketUser): SocketAddress | string {
    if (!this.#stack.owns(address)) return `${address} is no address of this host`;
    const isTaken = (port: number): boolean => this.#sockets.has(endpointText({ address, port }));
    const port = asked === 0 ? freePort(this.#stack.random, isTaken) : asked;
    if (port === undefined) return 'no port is free';
    const local = { address, port };
    if (isTaken(port)) return `${endpointText(local)} is in use`;
    this.#sockets.set(endpointText(local), user);
    return local;
  }

  #socket(local: SocketAddress): UdpSocket {
    const key = endpointText(local);
    let isOpen = true;
    return {
      local,
      send: (bytes, to) => {
        const remote = canonicalEndpoint(to);
        if (!isOpen || familyOf(remote.address) !== familyOf(local.address)) return;
        this.#stack.send('udp', local, remote, { kind: 'datagram', bytes });
      },
      close: () => {
        if (isOpen) this.#sockets.delete(key);
        isOpen = false;
      },
    };
  }
}
