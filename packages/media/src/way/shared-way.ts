import { classifyDatagram } from '@ringdown/rtp';
import type { SocketAddress } from '@ringdown/sans-io';
import type { PathReport } from '@ringdown/user-agent';
import type { Way, WayUser } from './way.ts';

/** A peer's handshake may come before its answer does: so many datagrams of it wait. */
const MOST_EARLY = 8;

/**
 * A way that the forks of a call begin with together: it is described once, in the offer, and one of them gets it. It lives for
 * as long as somebody holds it.
 */
export class SharedWay<Kind extends Way> {
  readonly way: Kind;
  readonly #holders = new Set<WayUser>();
  #owner: WayUser | undefined = undefined;
  #wasTaken = false;
  #isUsable = false;
  #path: PathReport | undefined = undefined;
  #early: { readonly bytes: Uint8Array; readonly from: SocketAddress }[] = [];

  /** @param open makes the way, which tells whoever owns it then */
  constructor(open: (user: WayUser) => Kind) {
    this.way = open({
      received: (bytes, from) => this.#received(bytes, from),
      usable: (isUsable) => {
        this.#isUsable = isUsable;
        this.#owner?.usable(isUsable);
      },
      lost: () => this.#owner?.lost(),
      broken: (why) => {
        this.#path = undefined;
        this.#owner?.broken(why);
      },
      path: (path) => {
        this.#path = path;
        this.#owner?.path(path);
      },
      fragment: (fragment) => this.#owner?.fragment(fragment),
      restartWanted: (why) => this.#owner?.restartWanted(why),
      failed: (why, next) => this.#owner?.failed(why, next),
    });
  }

  get owner(): WayUser | undefined {
    return this.#owner;
  }

  hold(user: WayUser): void {
    this.#holders.add(user);
  }

  /** Whether a peer has it, or has had it. */
  get wasTaken(): boolean {
    return this.#wasTaken;
  }

  /** From now on what comes is this one's. */
  take(user: WayUser): void {
    if (this.#owner === user) return;
    this.#owner?.lost();
    this.#owner = user;
    this.#wasTaken = true;
    if (this.#path !== undefined) user.path(this.#path);
    if (this.#isUsable) user.usable(true);
    for (const { bytes, from } of this.#early.splice(0)) user.received(bytes, from);
  }

  #received(bytes: Uint8Array, from: SocketAddress): void {
    if (this.#owner !== undefined) this.#owner.received(bytes, from);
    else if (!this.#wasTaken && this.#early.length < MOST_EARLY && classifyDatagram(bytes) === 'dtls')
      this.#early.push({ bytes, from });
  }

  isOwnedBy(user: WayUser): boolean {
    return this.#owner === user;
  }

  send(user: WayUser, bytes: Uint8Array, to: SocketAddress): void {
    if (this.#owner === user) this.way.send(bytes, to);
  }

  /** Resolves when the last one has let go and everything is given back. */
  release(user: WayUser): Promise<void> {
    this.#holders.delete(user);
    if (this.#owner === user) this.#owner = undefined;
    return this.#holders.size === 0 ? this.way.close() : Promise.resolve();
  }
}
