import type { Clock, Random, SocketAddress, Timers } from '@ringdown/sans-io';
import type { VoipMetrics } from '../rtcp/voip-metrics.ts';
import type { SessionOutput } from './output.ts';

/** What a session stands on. */
export interface SessionPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Gets every output. It must not call the session, which throws then. */
  deliver(output: SessionOutput): void;
}

/**
 * Whom packets are taken from, and sent to.
 * - `symmetric`: the address that a source was validated from, whatever the description said (RFC 4961): for plain RTP
 *   through NATs. From then on only that address counts, until it is silent and its own stream goes on from another.
 * - `signalled`: only the address of the description.
 * - `any`: whatever comes has been authenticated already (ICE and DTLS-SRTP); sent to the address of the description.
 */
export type PeerPolicy = 'symmetric' | 'signalled' | 'any';

/** Each packet sent twice (RFC 7198): later, elsewhere, or both. */
export interface Duplication {
  /** How much later, in milliseconds: longer than the losses that it shall survive. */
  readonly delayMs: number;
  /** Another address, to be reached by another path (§3.2); the copy keeps its SSRC then. */
  readonly to?: SocketAddress;
  /** The SSRC of the copies to the same address (§3.1); random without it. */
  readonly ssrc?: number;
}

export interface RtpSessionOptions {
  /** The clock rate of each payload type that is agreed upon. Others are dropped and counted. */
  readonly payloadTypes: Readonly<Record<number, { readonly clockRateHz: number }>>;
  /** Canonical name (RFC 7022), a byte string; random without it. */
  readonly cname?: string;
  /** Random without it. */
  readonly ssrc?: number;
  /** Where the peer's description says that it listens. */
  readonly remote?: SocketAddress;
  /** The same for RTCP without mux; the port behind that of RTP without it. */
  readonly remoteRtcp?: SocketAddress;
  /** Whether RTCP comes and goes on RTP's port (RFC 5761). */
  readonly rtcpMux?: boolean;
  /** Whether reports may come that are no full compounds (RFC 5506). */
  readonly reducedSize?: boolean;
  readonly peers?: PeerPolicy;
  /** How long the peer has to be silent before its stream is taken from another address. */
  readonly relatchAfterMs?: number;
  /** The only source there may be, where the description names it (RFC 5576). */
  readonly pinnedSsrc?: number;
  /** SSRCs of the peer that carry the same, the original first (a=ssrc-group:DUP, RFC 7104): the first that comes of each packet is taken. */
  readonly duplicateSsrcs?: readonly number[];
  readonly duplication?: Duplication;
  /** What the session may use, of which RTCP gets 5 % (RFC 3550 §6.2). */
  readonly bandwidthBitsPerSecond?: number;
  /** 5,000 by RFC 3550 §6.2; AVPF may have less (RFC 4585 §3.4). */
  readonly minimumReportIntervalMs?: number;
  /** Whether reference times are sent, so that who only listens learns the round trip (RFC 3611 §4.4). */
  readonly referenceTimes?: boolean;
  /** Asked at each report; what it gives goes along (RFC 3611 §4.7). */
  readonly voipMetrics?: () => VoipMetrics | undefined;
  /** Sources, and those that want to become one. */
  readonly maxSources?: number;
}

export const rtpSessionDefaults = Object.freeze({
  rtcpMux: true,
  reducedSize: false,
  peers: 'symmetric' as PeerPolicy,
  relatchAfterMs: 2_000,
  bandwidthBitsPerSecond: 80_000,
  minimumReportIntervalMs: 5_000,
  referenceTimes: false,
  maxSources: 16,
});

export type SessionSettings = RtpSessionOptions &
  Required<Pick<RtpSessionOptions, keyof typeof rtpSessionDefaults>>;
