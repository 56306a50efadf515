import type { Instant, SocketAddress } from '@ringdown/sans-io';

/** A peer that shakes hands repeats itself sooner than this; whoever is silent for longer gives way. */
const SILENT_MS = 2_500;

/** Where the descriptions say that the peer is. */
export interface Described {
  readonly rtp: SocketAddress;
  readonly rtcp: SocketAddress;
}

/**
 * Who shakes hands with us where no ICE has proved it. Behind a NAT, and with several addresses, the peer is where its handshake
 * comes from; who speaks in its place does not have its certificate. One whose RTCP has a port of its own shakes hands from
 * there as well (RFC 5764 §4.2): two at once would spoil each other, and a stranger's would keep the peer's out. So it is one at
 * a time: the one that is most like what was described, and else the first, for as long as it says something.
 */
export class HandshakePeer {
  #found: SocketAddress | undefined = undefined;
  #likeness = 0;
  #heardAt = 0;

  /** Undefined before the first. */
  get address(): SocketAddress | undefined {
    return this.#found;
  }

  /** `another`: it takes the place of the one before, whose handshake comes to nothing. */
  standingOf(
    from: SocketAddress,
    described: Described | undefined,
    now: Instant,
  ): 'peer' | 'another' | 'stranger' {
    const { rtp, rtcp } = described ?? {};
    if (from.port !== rtp?.port && from.port === rtcp?.port) return 'stranger';
    const likeness = (from.address === rtp?.address ? 2 : 0) + (from.port === rtp?.port ? 1 : 0);
    const before = this.#found;
    const isSame = before?.port === from.port && before.address === from.address;
    const gives = likeness > this.#likeness || now - this.#heardAt >= SILENT_MS;
    if (before !== undefined && !isSame && !gives) return 'stranger';
    this.#found = from;
    this.#likeness = likeness;
    this.#heardAt = now;
    return before === undefined || isSame ? 'peer' : 'another';
  }
}
