import type { Random, SocketAddress, Sockets } from '@ringdown/sans-io';
import { isLoopback } from '../address/ip.ts';
import type { VirtualTime } from '../clock/virtual-time.ts';
import type { Answered, Dns, RecordType } from '../dns/dns.ts';
import type { Link, Surroundings } from '../link/link.ts';
import type { Nat } from '../nat/nat.ts';
import { stoppedBy } from '../network/firewall.ts';
import type { Station } from '../network/network.ts';
import { carriedBytes, type Packet, type Payload } from '../network/packet.ts';
import type { Interface, Places, Settle } from './place.ts';
import type { Stack } from './stack.ts';
import { type Accept, type ListenOptions, type StreamListener, Streams } from './streams.ts';
import { UdpPorts } from './udp.ts';

/** How a host behaves wherever it stands. */
export interface HostBehaviour {
  /** Tells the sender of a datagram that its port is closed (ICMP). */
  readonly icmp: boolean;
  /** After so long without any acknowledgement a stream is closed. */
  readonly streamGiveUpMs: number;
}

/** A computer in the simulated world. Its sockets are those that machines ask for. */
export class Host implements Station, Stack {
  readonly name: string;
  readonly sockets: Sockets;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly #behaviour: HostBehaviour;
  readonly #trace: Surroundings['trace'];
  readonly #dns: Dns;
  readonly #settle: Settle;
  readonly #udp: UdpPorts;
  readonly #streams: Streams;
  #interfaces: readonly Interface[] = [];

  constructor(name: string, behaviour: HostBehaviour, surroundings: Surroundings, dns: Dns, settle: Settle) {
    this.name = name;
    this.#behaviour = behaviour;
    this.#trace = surroundings.trace;
    this.#dns = dns;
    this.#settle = settle;
    this.time = surroundings.time;
    this.random = surroundings.randomFor(`${name}, ports`);
    this.#udp = new UdpPorts(this);
    this.#streams = new Streams(this, behaviour.streamGiveUpMs);
    this.sockets = {
      addresses: () => this.addresses,
      openUdp: (options, user) => this.#udp.open(options, user),
      connect: (options, user) => this.#streams.connect(options, user),
    };
  }

  /** Its addresses as it knows them itself; those that others see are its NATs'. */
  get addresses(): readonly string[] {
    return this.#interfaces.flatMap(({ attachment }) => attachment.addresses);
  }

  /** Its first address. Throws while it has none. */
  get address(): string {
    const [address] = this.addresses;
    if (address === undefined) throw new Error(`${this.name} has no address`);
    return address;
  }

  /** The link of its first interface. Throws while it has none. */
  get link(): Link {
    const [first] = this.#interfaces;
    if (first === undefined) throw new Error(`${this.name} is attached nowhere`);
    return first.attachment.link;
  }

  /** The NATs of its first interface, the nearest first. */
  get nats(): readonly Nat[] {
    return this.#interfaces[0]?.nats ?? [];
  }

  /** The nearest NAT. Throws where there is none. */
  get nat(): Nat {
    const [nearest] = this.nats;
    if (nearest === undefined) throw new Error(`${this.name} stands behind no NAT`);
    return nearest;
  }

  get interfaces(): readonly Interface[] {
    return this.#interfaces;
  }

  /** Waits for streams. Throws if the port has a listener. */
  listen(options: ListenOptions, accept: Accept): StreamListener {
    return this.#streams.listen(options, accept);
  }

  /** Asks the resolver of its network. No addresses: the name has none of that type. */
  resolve(name: string, type: RecordType, answered: Answered): void {
    this.#dns.ask(name, type, this.nats.find(({ hasDns64 }) => hasDns64)?.nat64, answered);
  }

  /** Leaves every network: sockets stay open and reach nobody. */
  leave(): void {
    for (const { attachment } of this.#interfaces) {
      for (const address of attachment.addresses) attachment.release(address);
    }
    this.#interfaces = [];
  }

  /** Goes to another network: what stood on the old addresses is dead, new addresses are there. */
  move(places: Places): void {
    this.leave();
    this.#interfaces = this.#settle(this, places);
  }

  owns(address: string): boolean {
    return isLoopback(address) || this.#interfaces.some(({ attachment }) => attachment.has(address));
  }

  addressFor(destination: string): string | undefined {
    if (isLoopback(destination)) return destination;
    for (const { attachment } of this.#interfaces) {
      const address = attachment.addressFor(destination);
      if (address !== undefined) return address;
    }
    return undefined;
  }

  send(protocol: Packet['protocol'], from: SocketAddress, to: SocketAddress, payload: Payload): void {
    const bytes = carriedBytes(payload);
    const start = { protocol, kind: payload.kind, sender: this.name, from, to, bytes };
    const packet: Packet = { protocol, from, to, payload, journey: this.#trace.begin(start) };
    if (!this.owns(from.address)) {
      this.dropped(packet, 'address is gone');
      return;
    }
    if (this.owns(to.address)) {
      this.time.later(0, () => {
        if (this.owns(to.address)) this.#take(packet);
        else this.dropped(packet, 'address is gone');
      });
      return;
    }
    const out = this.#interfaceOf(from.address);
    if (out === undefined) {
      this.dropped(packet, 'loopback leads nowhere else');
      return;
    }
    const stopped = stoppedBy(out.firewall, packet, 'out');
    if (stopped !== undefined) {
      this.dropped(packet, stopped);
      return;
    }
    out.attachment.send(packet);
  }

  receive(packet: Packet): void {
    const into = this.#interfaceOf(packet.to.address);
    const stopped = into === undefined ? 'address is gone' : stoppedBy(into.firewall, packet, 'in');
    if (stopped !== undefined) {
      this.dropped(packet, stopped);
      return;
    }
    this.#take(packet);
  }

  delivered({ journey }: Packet): void {
    this.#trace.delivered(journey, this.name);
  }

  dropped({ journey }: Packet, why: string): void {
    this.#trace.dropped(journey, this.name, why);
  }

  #interfaceOf(address: string): Interface | undefined {
    return this.#interfaces.find(({ attachment }) => attachment.has(address));
  }

  #take(packet: Packet): void {
    if (packet.protocol === 'tcp') {
      this.#streams.receive(packet);
      return;
    }
    if (packet.protocol === 'icmp') {
      this.#udp.unreachable(packet);
      return;
    }
    if (this.#udp.receive(packet)) return;
    this.dropped(packet, 'port closed');
    if (this.#behaviour.icmp) this.send('icmp', packet.to, packet.from, { kind: 'unreachable' });
  }
}
