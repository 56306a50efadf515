import type { SocketAddress } from '@ringdown/sans-io';
import type { PairRow, PathReport } from '@ringdown/user-agent';

/** Where we are, as a description says it. */
export interface LocalEnd {
  /** The default destination: `c=` and the port of `m=`. */
  readonly address: string;
  readonly port: number;
  /** Lines of ICE, without `a=`; undefined where none is spoken. */
  readonly ice?: readonly string[];
}

/** Told what a way has to tell; never from within a call to it. */
export interface WayUser {
  /** A datagram of the peer's, as far as the way can tell: RTP, RTCP, DTLS. The bytes are the user's. */
  received(bytes: Uint8Array, from: SocketAddress): void;
  /** Whether something can be sent. */
  usable(isUsable: boolean): void;
  /** Another one of the forks that share the way has it now. */
  lost(): void;
  /** Nothing gets through any more, and another way is looked for; `path` tells of it. A clause. */
  broken(why: string): void;
  path(path: PathReport): void;
  /** For the peer, by signalling (RFC 8840). */
  fragment(fragment: string): void;
  restartWanted(why: string): void;
  /** Sentences. */
  failed(why: string, next: string): void;
}

/** What a peer says of ICE: its lines without `a=`. */
export interface RemoteIce {
  readonly media: readonly string[];
  readonly session: readonly string[];
  /** The name of the stream; undefined where it has none, and candidates cannot be told later. */
  readonly mid: string | undefined;
}

/** A way to one peer. */
export interface Way {
  /** Whether ICE says where packets go, and whose they are. */
  readonly speaksIce: boolean;
  /** Resolves when enough is known to be described; with a clause where nothing will be. */
  ready(): Promise<string | undefined>;
  describe(): LocalEnd;
  /** What the peer has said; undefined: it does not speak ICE. */
  setRemote(ice: RemoteIce | undefined): void;
  /** More candidates of the peer's (RFC 8840). */
  takeFragment(fragment: string): void;
  /** Begins anew; `ready` tells when that can be described. */
  restart(): void;
  /** @param to where the description says that the peer is; ICE knows better */
  send(bytes: Uint8Array, to: SocketAddress): void;
  pairs(): readonly PairRow[];
  /** Resolves when everything is given back. */
  close(): Promise<void>;
}
