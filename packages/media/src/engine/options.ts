import type { ConnectivityServer, ResolveName } from '@ringdown/connectivity';
import type { Clock, Hashes, Random, SocketAddress, Sockets, Timers } from '@ringdown/sans-io';
import type { CryptoSuite, CryptoValue } from '@ringdown/sdp';
import type { Duplicate, MediaAnswer, MediaEvent, MediaProfile, MediaSecurity } from '@ringdown/user-agent';
import type { Dtls, DtlsIdentity, DtlsOptions, DtlsUser } from '../secure/dtls.ts';
import type { PacketGuard } from '../secure/packet-guard.ts';
import type { MakeCodec } from '../stream/formats.ts';

export interface MediaEngineOptions {
  /** STUN and TURN servers, asked for when a way is looked for: passwords may change. */
  readonly servers?: () => readonly ConnectivityServer[];
  /** Addresses of this machine to use. Default: all that the sockets name. */
  readonly addresses?: readonly string[];
  /**
   * Which address of ours leads to the server that we speak with, and where that is: peers that do not speak ICE are likely
   * to be found that way.
   */
  readonly localAddressToward?: () => { readonly local: string; readonly server: string } | undefined;
  /** The address by which others reach one of ours: for a server behind a router that forwards. */
  readonly advertise?: (local: SocketAddress) => SocketAddress;
  /**
   * What is wanted where a call says nothing. Default: `voice`, and for who calls us what the offer is plainly made for: linear
   * sound is taken as `lossless`, music in stereo as `music-stereo`.
   */
  readonly profile?: MediaProfile;
  readonly security?: readonly MediaSecurity[];
  readonly ice?: boolean;
  readonly relayOnly?: boolean;
  readonly duplicate?: Duplicate;
  /** How long candidates are waited for before a description goes out without the rest. */
  readonly gatherMs?: number;
  /** How long a peer that speaks may be silent, RTCP included, before it is said to be gone. */
  readonly silenceMs?: number;
  /** How long a way that is lost may be mended by a restart before the session is given up. */
  readonly mendMs?: number;
  readonly qualityEveryMs?: number;
  /** How long a key is pressed, and the pause between two. */
  readonly digitMs?: number;
  readonly pauseMs?: number;
}

export const mediaEngineDefaults = Object.freeze({
  servers: (): readonly ConnectivityServer[] => [],
  localAddressToward: () => undefined,
  advertise: (local: SocketAddress): SocketAddress => local,
  security: Object.freeze(['dtls-srtp', 'sdes', 'none']) as readonly MediaSecurity[],
  ice: true,
  relayOnly: false,
  gatherMs: 500,
  silenceMs: 30_000,
  mendMs: 10_000,
  qualityEveryMs: 1_000,
  digitMs: 100,
  pauseMs: 80,
});

export type MediaEngineSettings = Required<Omit<MediaEngineOptions, 'addresses' | 'duplicate' | 'profile'>> &
  Pick<MediaEngineOptions, 'addresses' | 'duplicate' | 'profile'>;

/** How packets are protected with keys that stand in the description (RFC 4568). */
export interface SdesPort {
  /** Fresh keys for one session, the best suite first. */
  keys(): Readonly<Partial<Record<CryptoSuite, string>>>;
  guard(local: CryptoValue, remote: CryptoValue): PacketGuard;
}

/** How packets are protected with keys that DTLS agrees on (RFC 5764). */
export interface DtlsPort {
  readonly identity: DtlsIdentity;
  open(options: DtlsOptions, user: DtlsUser): Dtls;
}

/** What an engine stands on. */
export interface MediaEnginePorts {
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly hashes: Hashes;
  /** For names in candidates, and NAT64. */
  readonly resolve?: ResolveName;
  /** Default: all that this package has. */
  readonly codecs?: MakeCodec;
  /** Default: what this package has. */
  readonly sdes?: SdesPort;
  /** Default: what this package has. */
  readonly dtls?: DtlsPort;
  /** The answers to requests. */
  answered(id: number, answer: MediaAnswer): void;
  told(event: MediaEvent): void;
}
