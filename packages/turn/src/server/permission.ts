import type { Instant, SocketAddress } from '@ringdown/sans-io';
import { addressBytes, read32 } from '@ringdown/stun';

/** RFC 8656 §9. */
export const PERMISSION_MS = 300_000;

/** A port of a permitted address to which data have gone, or a channel leads. */
export interface Peer {
  readonly permission: Permission;
  readonly address: SocketAddress;
  channel: Channel | undefined;
}

/** A number that stands for a peer (RFC 8656 §12). */
export interface Channel {
  readonly number: number;
  readonly peer: Peer;
  expiresAt: Instant;
}

/** That data may go to, and come from, one IP address, whatever the port (RFC 8656 §9). */
export class Permission {
  readonly address: string;
  readonly bytes: Uint8Array;
  /** An address of the server itself: data go to and come from relays that live here, in memory, and nowhere else. */
  isOwn: boolean;
  readonly peers = new Map<number, Peer>();
  expiresAt: Instant;
  /** The next one whose address has the same number. */
  sibling: Permission | undefined = undefined;

  constructor(address: string, isOwn: boolean, expiresAt: Instant) {
    this.address = address;
    this.bytes = addressBytes(address);
    this.isOwn = isOwn;
    this.expiresAt = expiresAt;
  }
}

/** The permissions of one relayed transport address, found by the text of an address or by its bytes. */
export class Permissions {
  readonly #byText = new Map<string, Permission>();
  readonly #byNumber = new Map<number, Permission>();

  get size(): number {
    return this.#byText.size;
  }

  get(address: string): Permission | undefined {
    return this.#byText.get(address);
  }

  /** @param address its 4 or 16 bytes */
  find(address: Uint8Array): Permission | undefined {
    let one = this.#byNumber.get(numberOf(address));
    while (one !== undefined && !isSame(one.bytes, address)) one = one.sibling;
    return one;
  }

  add(permission: Permission): void {
    const number = numberOf(permission.bytes);
    permission.sibling = this.#byNumber.get(number);
    this.#byNumber.set(number, permission);
    this.#byText.set(permission.address, permission);
  }

  /** Ends those that policy forbids now. */
  keep(isAllowed: (address: Uint8Array) => boolean): void {
    for (const one of this.#byText.values())
      if (!one.isOwn && !isAllowed(one.bytes)) one.expiresAt = Number.NEGATIVE_INFINITY as Instant;
  }

  /** Takes out those that are over and have no channels: these may be permitted again. */
  sweep(now: Instant): void {
    const live = [...this.#byText.values()].filter((one) => one.expiresAt > now || hasChannel(one));
    if (live.length === this.#byText.size) return;
    this.#byText.clear();
    this.#byNumber.clear();
    for (const one of live) this.add(one);
  }
}

const numberOf = (bytes: Uint8Array): number =>
  bytes.length === 4
    ? read32(bytes, 0)
    : Math.imul(read32(bytes, 0) ^ Math.imul(read32(bytes, 4), 31), 31) ^
      read32(bytes, 8) ^
      Math.imul(read32(bytes, 12), 131);

const hasChannel = ({ peers }: Permission): boolean => {
  for (const { channel } of peers.values()) if (channel !== undefined) return true;
  return false;
};

const isSame = (left: Uint8Array, right: Uint8Array): boolean => {
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return left.length === right.length;
};
