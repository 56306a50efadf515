import type { SocketAddress, Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import type { TurnFailure } from './turn-failure.ts';

/** Permissions live 300 s (RFC 8656 §9); asked for anew a minute before, while a request may still be sent again. */
export const PERMISSION_REFRESH_MS = 240_000;

/** What may wait for a permission: first connectivity checks are not lost so. */
const WAITING_DATAGRAMS = 8;

/** Who asks the server and is told. */
export interface PermissionUser {
  /** One CreatePermission for one address: a forbidden peer does not fail the others. `done` without failure: granted. */
  createPermission(peer: SocketAddress, done: (failure: TurnFailure | undefined) => void): void;
  permitted(address: string): void;
  refused(address: string, failure: TurnFailure): void;
  /** What waited for the permission. */
  flush(bytes: Uint8Array, peer: SocketAddress): void;
}

interface Permission {
  readonly address: string;
  /**
   * The peer that was sent to last. By RFC 8656 §9 its port says nothing; a server where two relays meet may let nobody but
   * relays be reached at its own address, and those it knows by their ports.
   */
  peer: SocketAddress;
  state: 'asked' | 'granted' | 'refused';
  timer: Timer | undefined;
  waiting: { readonly bytes: Uint8Array; readonly peer: SocketAddress }[];
}

/** The permissions of one allocation, by address of the peer (RFC 8656 §10). Addresses are in their one spelling. */
export class Permissions implements TimerTarget {
  readonly #timers: Timers;
  readonly #user: PermissionUser;
  readonly #limit: number;
  readonly #byAddress = new Map<string, Permission>();

  constructor(timers: Timers, limit: number, user: PermissionUser) {
    this.#timers = timers;
    this.#limit = limit;
    this.#user = user;
  }

  holds(address: string): boolean {
    return this.#byAddress.get(address)?.state === 'granted';
  }

  /** Asks for a permission that is not there or not on its way. @returns whether it may come to be. */
  permit(peer: SocketAddress): boolean {
    const { address } = peer;
    const known = this.#byAddress.get(address);
    if (known !== undefined && known.state !== 'refused') return true;
    if (known === undefined && this.#byAddress.size >= this.#limit) return false;
    const permission: Permission = { address, peer, state: 'asked', timer: undefined, waiting: [] };
    this.#byAddress.set(address, permission);
    this.#ask(permission);
    return true;
  }

  /**
   * Whether data may go to a peer now. Where the permission is on its way, the data waits for it; where there is none, it
   * is asked for. @returns undefined for data that waits
   */
  admit(bytes: Uint8Array, peer: SocketAddress): boolean | undefined {
    const known = this.#byAddress.get(peer.address);
    if (known?.state === 'granted') {
      known.peer = peer;
      return true;
    }
    const isRefused = known?.state === 'refused' && known.peer.port === peer.port;
    if (isRefused || !this.permit(peer)) return false;
    // Asking may have been answered within the call: by a server that is a function.
    const permission = this.#byAddress.get(peer.address);
    if (permission?.state !== 'asked') return permission?.state === 'granted';
    if (permission.waiting.length >= WAITING_DATAGRAMS) return false;
    permission.waiting.push({ bytes, peer });
    return undefined;
  }

  /** Lets a permission lapse: the server has no request that takes it back. */
  forget(address: string): void {
    const permission = this.#byAddress.get(address);
    if (permission === undefined) return;
    this.#stop(permission);
    this.#byAddress.delete(address);
  }

  close(): void {
    for (const permission of this.#byAddress.values()) this.#stop(permission);
    this.#byAddress.clear();
  }

  /** Timers bear the address that they refresh. */
  timerFired(address: string): void {
    const permission = this.#byAddress.get(address);
    if (permission !== undefined) this.#ask(permission);
  }

  #ask(permission: Permission): void {
    permission.timer = this.#timers.start(this, permission.address, PERMISSION_REFRESH_MS);
    this.#user.createPermission(permission.peer, (failure) => {
      if (this.#byAddress.get(permission.address) !== permission) return;
      if (failure === undefined) this.#granted(permission);
      else this.#refused(permission, failure);
    });
  }

  #granted(permission: Permission): void {
    if (permission.state === 'granted') return;
    permission.state = 'granted';
    this.#user.permitted(permission.address);
    const { waiting } = permission;
    permission.waiting = [];
    for (const { bytes, peer } of waiting) this.#user.flush(bytes, peer);
  }

  #refused(permission: Permission, failure: TurnFailure): void {
    this.#stop(permission);
    permission.state = 'refused';
    permission.waiting = [];
    this.#user.refused(permission.address, failure);
  }

  #stop(permission: Permission): void {
    if (permission.timer !== undefined) this.#timers.stop(permission.timer);
    permission.timer = undefined;
  }
}
