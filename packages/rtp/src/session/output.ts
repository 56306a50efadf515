import type { Instant, SocketAddress } from '@ringdown/sans-io';
import type { RtpPacket } from '../packet/rtp-packet.ts';
import type { Feedback } from '../rtcp/feedback.ts';

/** What a session wants done, or has to tell. */
export type SessionOutput =
  | {
      readonly kind: 'transmit';
      /** Which port it is sent from, where RTCP has one of its own. */
      readonly channel: 'rtp' | 'rtcp';
      readonly bytes: Uint8Array;
      readonly to: SocketAddress;
    }
  /** A packet of a validated source, each once. */
  | { readonly kind: 'packet'; readonly packet: RtpPacket; readonly ssrc: number; readonly at: Instant }
  /** From here on another source is the one that is heard: the first, or after `previous`. Decoders and buffers begin anew. */
  | { readonly kind: 'source'; readonly ssrc: number; readonly previous: number | undefined }
  /** The source's sequence numbers jumped and go on elsewhere. Buffers begin anew. */
  | { readonly kind: 'restarted'; readonly ssrc: number }
  | {
      readonly kind: 'source ended';
      readonly ssrc: number;
      readonly why: 'bye' | 'silent';
      /** What BYE said, a byte string. */
      readonly reason: string | undefined;
    }
  /** Packets go here from now on: symmetric RTP has learned it. */
  | { readonly kind: 'peer'; readonly address: SocketAddress }
  /** The own SSRC was another's, too (RFC 3550 §8.2), and is a new one. */
  | { readonly kind: 'own ssrc'; readonly ssrc: number; readonly previous: number }
  /** How the peer hears us. */
  | { readonly kind: 'report'; readonly report: PeerReport }
  | { readonly kind: 'feedback'; readonly feedback: Feedback };

/** What the peer's reports say of what we send. */
export interface PeerReport {
  /** Of the packets between its last two reports, 0–1. */
  readonly lossRatio: number;
  readonly cumulativeLost: number;
  readonly jitterMs: number;
  readonly roundTripMs: number | undefined;
}
