import type { Clock, Instant, SocketAddress, Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import { read16 } from '@ringdown/stun';
import { CHANNEL_HEADER_BYTES, channelDataBytes, writeChannelData } from '../attributes/channel-data.ts';
import { Icmp, type IcmpValue } from '../attributes/icmp.ts';
import { Channels } from './channels.ts';
import type { AllocationEnd, AllocationNames, Traffic } from './events.ts';
import { type DataIndications, largestIndicated, type SendIndication } from './indication.ts';
import { PERMISSION_MS, type Peer, Permission } from './permission.ts';
import type { RelayStream, RelayStreamUser, TurnClientPath, TurnUser } from './ports.ts';
import { PerSecond } from './rate-limit.ts';
import type { Relay, RelayOwner } from './relay.ts';
import type { Slab } from './slab.ts';
import type { TurnLimits } from './turn-server-options.ts';

const NO_ID = new Uint8Array(0);
/** What a UDP datagram of IPv4 holds: ChannelData on a stream may say more, and no network would carry that. */
const LARGEST_DATAGRAM = 65_507;

/** What allocations share. */
export interface AllocationPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly limits: TurnLimits;
  readonly slab: Slab;
  readonly indications: DataIndications;
  /** The relay of a live allocation here. */
  relayAt(address: SocketAddress): Relay | undefined;
  ended(allocation: Allocation, why: AllocationEnd): void;
}

/** What a client was given (RFC 8656 §3.2): one relayed transport address, or one of each family, until its time is over. */
export class Allocation implements RelayOwner, TimerTarget {
  readonly client: TurnClientPath;
  readonly user: TurnUser;
  readonly protocol: 'udp' | 'tcp';
  /** Of the request that made it, so that the same again gets the same answer. */
  readonly transactionId: string;
  readonly startedAt: Instant;
  readonly channels = new Channels();
  /** Undefined while its sockets are being opened. */
  answer: Uint8Array | undefined = undefined;
  /** A peer connects to it (RFC 6062); set where there may be such. */
  onConnection: ((relay: Relay, stream: RelayStream) => RelayStreamUser | undefined) | undefined = undefined;
  isOver = false;
  readonly #ports: AllocationPorts;
  readonly #isStream: boolean;
  readonly #relays: Relay[] = [];
  readonly #timers = new Map<Relay, Timer>();
  readonly #packets: PerSecond;
  readonly #bits: PerSecond;
  readonly #newPeers: PerSecond;
  #relayed: readonly SocketAddress[] = [];
  #bytesToPeers = 0;
  #bytesFromPeers = 0;
  #packetsToPeers = 0;
  #packetsFromPeers = 0;
  #packetsLost = 0;

  constructor(
    client: TurnClientPath,
    user: TurnUser,
    request: { readonly protocol: 'udp' | 'tcp'; readonly transactionId: string },
    ports: AllocationPorts,
  ) {
    this.client = client;
    this.user = user;
    this.protocol = request.protocol;
    this.transactionId = request.transactionId;
    this.startedAt = ports.clock.now();
    this.#ports = ports;
    this.#isStream = client.transport !== 'udp';
    this.#packets = new PerSecond(ports.limits.packetsPerSecond);
    this.#bits = new PerSecond(ports.limits.bitsPerSecond);
    this.#newPeers = new PerSecond(ports.limits.newPeersPerSecond);
  }

  /** Those that are live. */
  get relays(): readonly Relay[] {
    return this.#relays;
  }

  get names(): AllocationNames {
    const { client, protocol } = this;
    return {
      user: this.user.name,
      client: client.remote,
      transport: client.transport,
      relayed: this.#relayed,
      protocol,
    };
  }

  get traffic(): Traffic {
    return {
      bytesToPeers: this.#bytesToPeers,
      bytesFromPeers: this.#bytesFromPeers,
      packetsToPeers: this.#packetsToPeers,
      packetsFromPeers: this.#packetsFromPeers,
      packetsLost: this.#packetsLost,
    };
  }

  /** The relay for peers of a family; undefined where it has none. */
  relayFor(isIpv6: boolean): Relay | undefined {
    for (const relay of this.#relays) if (relay.isIpv6 === isIpv6) return relay;
    return undefined;
  }

  /** Takes over relays that have opened, and starts to live. */
  open(relays: readonly Relay[], lifetimeMs: number): void {
    this.#relays.push(...relays);
    this.#relayed = relays.map(({ address }) => address);
    for (const relay of relays) {
      relay.owner = this;
      this.refresh(relay, lifetimeMs);
    }
  }

  refresh(relay: Relay, lifetimeMs: number): void {
    const timer = this.#timers.get(relay);
    if (timer !== undefined) this.#ports.timers.stop(timer);
    this.#timers.set(relay, this.#ports.timers.start(this, relay.isIpv6 ? 'IPv6' : 'IPv4', lifetimeMs));
  }

  timerFired(name: string): void {
    const relay = this.relayFor(name === 'IPv6');
    if (relay !== undefined) this.drop(relay, 'expired');
  }

  /** Gives up one relay; with the last one all ends. */
  drop(relay: Relay, why: AllocationEnd): void {
    if (this.#relays.length === 1) this.end(why);
    else this.#release(relay);
  }

  end(why: AllocationEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const relay of [...this.#relays]) this.#release(relay);
    this.#ports.ended(this, why);
  }

  /** Permits an address, or permits it again. The caller has looked at limits and policy. */
  permit(relay: Relay, address: string, isOwn: boolean, now: Instant): Permission {
    const expiresAt = (now + PERMISSION_MS) as Instant;
    const same = relay.permissions.get(address);
    if (same !== undefined) {
      same.expiresAt = expiresAt;
      same.isOwn = isOwn;
      return same;
    }
    const permission = new Permission(address, isOwn, expiresAt);
    relay.permissions.add(permission);
    return permission;
  }

  /** Whether so many peers that were not there before may still come this second; then they are counted. */
  mayMeet(newPeers: number, now: Instant): boolean {
    return this.#newPeers.take(newPeers, now);
  }

  peerOf(permission: Permission, port: number): Peer {
    const known = permission.peers.get(port);
    if (known !== undefined) return known;
    const peer: Peer = { permission, address: { address: permission.address, port }, channel: undefined };
    this.#forgetPeers(permission);
    permission.peers.set(port, peer);
    return peer;
  }

  /** ChannelData from the client (RFC 8656 §12.6): what is not bound or permitted is discarded silently. */
  channelData(bytes: Uint8Array, now: Instant): void {
    if (bytes.length < CHANNEL_HEADER_BYTES) return;
    const channel = this.channels.get(read16(bytes, 0));
    const end = CHANNEL_HEADER_BYTES + read16(bytes, 2);
    if (channel === undefined || channel.expiresAt <= now || end > bytes.length) return;
    if (channel.peer.permission.expiresAt <= now) return;
    this.#toPeer(channel.peer, bytes.subarray(CHANNEL_HEADER_BYTES, end), now);
  }

  /** A Send indication (RFC 8656 §11.2), as read. */
  send(bytes: Uint8Array, { address, port, dataStart, dataEnd }: SendIndication, now: Instant): void {
    const permission = this.relayFor(address.length === 16)?.permissions.find(address);
    if (permission === undefined || permission.expiresAt <= now || port === 0) return;
    const known = permission.peers.get(port);
    if (known === undefined && !this.mayMeet(1, now)) {
      this.#packetsLost++;
      return;
    }
    this.#toPeer(known ?? this.peerOf(permission, port), bytes.subarray(dataStart, dataEnd), now);
  }

  /** To the client: in the peer's channel where there is one, else in a Data indication (RFC 8656 §11.3, §12.7). */
  fromPeer(permission: Permission, port: number, bytes: Uint8Array): void {
    const now = this.#ports.clock.now();
    if (permission.expiresAt <= now || this.protocol === 'tcp') return;
    const channel = permission.peers.get(port)?.channel;
    const isIndicated = channel === undefined || channel.expiresAt <= now;
    if (isIndicated && bytes.length > largestIndicated(permission.bytes)) {
      this.#packetsLost++;
      return;
    }
    if (!this.#fits(bytes.length, now)) return;
    this.#packetsFromPeers++;
    this.#bytesFromPeers += bytes.length;
    if (isIndicated) {
      this.client.send(this.#ports.indications.write(permission.bytes, port, bytes));
      return;
    }
    const frame = this.#ports.slab.take(channelDataBytes(bytes.length, this.#isStream));
    this.client.send(writeChannelData(frame, channel.number, bytes));
  }

  icmpFrom(permission: Permission, port: number, value: IcmpValue): void {
    const now = this.#ports.clock.now();
    if (permission.expiresAt <= now || !this.#fits(8, now)) return;
    const icmp = Icmp.encode(value, NO_ID);
    this.client.send(this.#ports.indications.writeInstead(permission.bytes, port, Icmp.type, icmp));
  }

  accepted(relay: Relay, stream: RelayStream): RelayStreamUser | undefined {
    return this.onConnection?.(relay, stream);
  }

  /** What goes past as a stream (RFC 6062), where nothing is lost. @returns whether more may go this second */
  streamed(toPeer: boolean, bytes: number): boolean {
    if (toPeer) this.#bytesToPeers += bytes;
    else this.#bytesFromPeers += bytes;
    return this.#bits.take(bytes * 8, this.#ports.clock.now());
  }

  #toPeer(peer: Peer, data: Uint8Array, now: Instant): void {
    const relay = this.relayFor(peer.permission.bytes.length === 16);
    if (relay === undefined || this.protocol === 'tcp') return;
    if (data.length > LARGEST_DATAGRAM) {
      this.#packetsLost++;
      return;
    }
    if (!this.#fits(data.length, now)) return;
    this.#packetsToPeers++;
    this.#bytesToPeers += data.length;
    if (peer.permission.isOwn) this.#ports.relayAt(peer.address)?.met(data, relay);
    else relay.send(data, peer.address);
  }

  #fits(bytes: number, now: Instant): boolean {
    const isFull = this.#isStream && (this.client.queuedBytes ?? 0) > this.#ports.limits.queuedBytes;
    if (!isFull && this.#packets.take(1, now) && this.#bits.take(bytes * 8, now)) return true;
    this.#packetsLost++;
    return false;
  }

  #release(relay: Relay): void {
    const timer = this.#timers.get(relay);
    if (timer !== undefined) this.#ports.timers.stop(timer);
    this.#timers.delete(relay);
    this.#relays.splice(this.#relays.indexOf(relay), 1);
    relay.close();
  }

  /** Peers without a channel are only remembered so that they need not be made anew for each packet. */
  #forgetPeers({ peers }: Permission): void {
    if (peers.size < this.#ports.limits.permissionsPerAllocation) return;
    for (const [port, { channel }] of peers) if (channel === undefined) peers.delete(port);
  }
}
