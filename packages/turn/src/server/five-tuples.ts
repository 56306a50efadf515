import type { SocketAddress } from '@ringdown/sans-io';

/** What of a client tells its datagrams from those of others. */
export interface Tuple {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
}

/**
 * What stands for each 5-tuple of UDP clients (RFC 8656 §3.2). No text is put together to look one up: by the client's
 * address first, then by one number of its port and our socket.
 */
export class FiveTuples<Entry> {
  readonly #hosts = new Map<string, Map<number, Entry>>();
  readonly #locals = new Map<string, number>();
  #lastLocal: SocketAddress | undefined = undefined;
  #lastIndex = 0;

  get({ local, remote }: Tuple): Entry | undefined {
    const host = this.#hosts.get(remote.address);
    return host === undefined ? undefined : host.get(this.#local(local) * 65_536 + remote.port);
  }

  set({ local, remote }: Tuple, entry: Entry): void {
    let host = this.#hosts.get(remote.address);
    if (host === undefined) {
      host = new Map();
      this.#hosts.set(remote.address, host);
    }
    host.set(this.#local(local) * 65_536 + remote.port, entry);
  }

  delete({ local, remote }: Tuple): void {
    const host = this.#hosts.get(remote.address);
    if (host === undefined) return;
    host.delete(this.#local(local) * 65_536 + remote.port);
    if (host.size === 0) this.#hosts.delete(remote.address);
  }

  /** Few sockets of ours, so numbered; whoever hands in the same object each time saves its key. */
  #local(local: SocketAddress): number {
    if (local === this.#lastLocal) return this.#lastIndex;
    const key = `${local.address} ${local.port}`;
    let index = this.#locals.get(key);
    if (index === undefined) {
      index = this.#locals.size;
      this.#locals.set(key, index);
    }
    this.#lastLocal = local;
    this.#lastIndex = index;
    return index;
  }
}
