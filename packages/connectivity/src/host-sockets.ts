import type { SocketAddress, Sockets, UdpSocket } from '@ringdown/sans-io';

/** A UDP socket on one address of this host, for one component. */
export interface HostSocket {
  /** The base's name. */
  readonly id: string;
  readonly component: number;
  readonly socket: UdpSocket;
}

export interface HostSocketUser {
  opened(socket: HostSocket): void;
  failed(address: string, why: string): void;
  /** Its address is gone from this host, and it is closed. */
  gone(socket: HostSocket): void;
  received(socket: HostSocket, bytes: Uint8Array, from: SocketAddress): void;
}

interface Slot {
  readonly address: string;
  open: HostSocket | undefined;
  closed: boolean;
  /** It is not waited for any more. */
  settle(): void;
}

/** The sockets on the addresses of this host, of each component one. */
export class HostSockets {
  readonly #sockets: Sockets;
  readonly #components: number;
  readonly #user: HostSocketUser;
  readonly #slots = new Map<string, Slot>();
  readonly #open = new Map<string, HostSocket>();
  #opening = 0;
  #opened = 0;

  constructor(sockets: Sockets, components: number, user: HostSocketUser) {
    this.#sockets = sockets;
    this.#components = components;
    this.#user = user;
  }

  /** Whether every one has opened or failed. */
  get settled(): boolean {
    return this.#opening === 0;
  }

  get open(): readonly HostSocket[] {
    return [...this.#open.values()];
  }

  get(id: string): HostSocket | undefined {
    return this.#open.get(id);
  }

  /**
   * Opens sockets where there are none, and closes those whose address is gone.
   *
   * @returns whether anything has changed
   */
  follow(addresses: readonly string[]): boolean {
    const gone = [...this.#slots].filter(([, { address }]) => !addresses.includes(address));
    for (const [key, slot] of gone) {
      this.#slots.delete(key);
      this.#close(slot);
      if (slot.open !== undefined) this.#user.gone(slot.open);
    }
    let isNew = false;
    // IPv6 first: what is added first is preferred (RFC 8421 §4).
    for (const address of [...addresses].sort((left, right) => isIpv6(right) - isIpv6(left))) {
      for (let component = 1; component <= this.#components; component++) {
        const key = `${address} ${component}`;
        if (this.#slots.has(key)) continue;
        isNew = true;
        this.#add(key, address, component);
      }
    }
    return isNew || gone.length > 0;
  }

  close(): void {
    for (const slot of this.#slots.values()) this.#close(slot);
    this.#slots.clear();
  }

  #add(key: string, address: string, component: number): void {
    let waits = true;
    const settle = (): void => {
      if (waits) this.#opening--;
      waits = false;
    };
    const slot: Slot = { address, open: undefined, closed: false, settle };
    const id = `host ${++this.#opened}`;
    this.#slots.set(key, slot);
    this.#opening++;
    this.#sockets.openUdp(
      { address },
      {
        opened: (socket) => {
          settle();
          if (slot.closed) {
            socket.close();
            return;
          }
          slot.open = { id, component, socket };
          this.#open.set(id, slot.open);
          this.#user.opened(slot.open);
        },
        failed: (why) => {
          // After opening it is about one destination, which ICE finds out by itself.
          if (slot.open !== undefined || slot.closed) return;
          settle();
          slot.closed = true;
          this.#user.failed(address, why);
        },
        received: (bytes, from) => {
          if (slot.open !== undefined && !slot.closed) this.#user.received(slot.open, bytes, from);
        },
      },
    );
  }

  #close(slot: Slot): void {
    // One that has not opened yet is nobody's any more.
    if (slot.open === undefined && !slot.closed) slot.settle();
    slot.closed = true;
    if (slot.open === undefined) return;
    this.#open.delete(slot.open.id);
    slot.open.socket.close();
  }
}

const isIpv6 = (address: string): number => (address.includes(':') ? 1 : 0);
