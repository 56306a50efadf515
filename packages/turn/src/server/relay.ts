import type { SocketAddress, UdpSocket } from '@ringdown/sans-io';
import type { IcmpValue } from '../attributes/icmp.ts';
import { canonicalAddress } from './canonical-address.ts';
import { type Permission, Permissions } from './permission.ts';
import type { RelayListener, RelayStream, RelayStreamUser } from './ports.ts';

/** Whose relay it is: told what comes from permitted peers. */
export interface RelayOwner {
  fromPeer(permission: Permission, port: number, bytes: Uint8Array): void;
  icmpFrom(permission: Permission, port: number, value: IcmpValue): void;
  /** A peer connects (RFC 6062). */
  accepted(relay: Relay, stream: RelayStream): RelayStreamUser | undefined;
}

/**
 * A relayed transport address: a port of this machine, and who may send to it. One that is kept by a reservation has no owner
 * yet, and loses what comes.
 */
export class Relay {
  readonly isIpv6: boolean;
  /** As peers see it. */
  readonly address: SocketAddress;
  /** As it is bound. */
  readonly local: SocketAddress;
  readonly permissions = new Permissions();
  owner: RelayOwner | undefined = undefined;
  readonly #port: UdpSocket | RelayListener;

  constructor(address: SocketAddress, local: SocketAddress, port: UdpSocket | RelayListener) {
    this.isIpv6 = address.address.includes(':');
    this.address = address;
    this.local = local;
    this.#port = port;
  }

  send(bytes: Uint8Array, peer: SocketAddress): void {
    (this.#port as UdpSocket).send(bytes, peer);
  }

  /** A datagram came to the socket. What comes from an address of our own is not of a relay: they hand over in memory. */
  received(bytes: Uint8Array, from: SocketAddress): void {
    const permission = this.permissions.get(from.address) ?? this.#spelled(from.address);
    if (permission === undefined || permission.isOwn) return;
    this.owner?.fromPeer(permission, from.port, bytes);
  }

  /** A relay that lives here sends to this one. */
  met(bytes: Uint8Array, from: Relay): void {
    const permission = this.permissions.get(from.address.address);
    if (permission !== undefined) this.owner?.fromPeer(permission, from.address.port, bytes);
  }

  icmp(peer: SocketAddress, value: IcmpValue): void {
    const permission = this.permissions.get(peer.address) ?? this.#spelled(peer.address);
    if (permission !== undefined) this.owner?.icmpFrom(permission, peer.port, value);
  }

  close(): void {
    this.owner = undefined;
    this.#port.close();
  }

  /** Systems write a zone behind an address, or its end as IPv4. Strangers come here too, so only for such. */
  #spelled(address: string): Permission | undefined {
    if (!address.includes(':') || !(address.includes('.') || address.includes('%'))) return undefined;
    return this.permissions.get(canonicalAddress(address));
  }
}
