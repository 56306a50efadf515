import type { MediaProfile, MediaSecurity } from './wishes.ts';

/** What a media engine tells of a session without being asked. */
export type MediaEvent =
  /** What was agreed, at first and whenever it changes. */
  | { readonly kind: 'media'; readonly session: string; readonly media: MediaReport }
  /** Packets go this way from now on. */
  | { readonly kind: 'path'; readonly session: string; readonly path: PathReport }
  /**
   * No packets get through any more, and none may be sent (RFC 7675); `why` is a clause. Another way is looked for: `path` tells of it,
   * and `failed` that there is none.
   */
  | { readonly kind: 'way lost'; readonly session: string; readonly why: string }
  /**
   * The first sound of the peer's is played: the first that is no silence, which a caller sends while it rings, and who is muted. It
   * may come before the answer. A browser, which is not asked for samples, tells the first packets.
   */
  | { readonly kind: 'sound'; readonly session: string }
  /** Once a second while sound may flow. */
  | { readonly kind: 'quality'; readonly session: string; readonly quality: Quality }
  /** The peer pressed a key (RFC 4733). */
  | { readonly kind: 'digit'; readonly session: string; readonly digit: string }
  /** All that was to be played has been played, and sent. */
  | { readonly kind: 'played'; readonly session: string }
  /** To be told to the peer by INFO: an SDP fragment with candidates (RFC 8840). Only to those who trickle. */
  | { readonly kind: 'fragment'; readonly session: string; readonly fragment: string }
  /** The way has to be found anew, over signalling: an offer with `restart`. */
  | { readonly kind: 'restart wanted'; readonly session: string; readonly why: string }
  /** Nothing more will be heard; `why` is a sentence. */
  | { readonly kind: 'failed'; readonly session: string; readonly why: string; readonly next: string };

/** What was agreed for one session. */
export interface MediaReport {
  /** The name in SDP: `opus`, `G722`, `PCMA`, `L16`. */
  readonly codec: string;
  /** Of the sound: 16,000 for G.722. */
  readonly rateHz: number;
  /** Of the sound that we send, and of what the peer sends. */
  readonly channels: number;
  /** Of our packets, where the peer plays fewer: one of Opus for a peer that did not ask for stereo. Default: `channels`. */
  readonly sentChannels?: number;
  readonly packetMs: number;
  /** Each packet of ours is sent once more, so much later (RFC 7198); left out where it is sent once. */
  readonly duplicateMs?: number;
  /** Of the sound, as far as the codec has one. */
  readonly bitsPerSecond: number | undefined;
  readonly profile: MediaProfile;
  readonly security: MediaSecurity;
  /** The protection profile: `AES_CM_128_HMAC_SHA1_80`. */
  readonly cipher: string | undefined;
  /** From our view. */
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
}

/** One end of a way. */
export interface PathEnd {
  readonly address: string;
  readonly port: number;
  /** `signalled`: as the description says, without ICE. */
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay' | 'signalled';
}

/** The way that packets go. */
export interface PathReport {
  readonly kind: 'direct' | 'relayed';
  readonly local: PathEnd;
  readonly remote: PathEnd;
  readonly ice: boolean;
}

/** A pair of candidates, for people who look for a reason. */
export interface PairRow {
  readonly local: PathEnd;
  readonly remote: PathEnd;
  readonly state: 'frozen' | 'waiting' | 'in-progress' | 'succeeded' | 'failed';
  readonly selected: boolean;
  /** Why it failed. */
  readonly why: string | undefined;
  readonly roundTripMs: number | undefined;
}

/**
 * How it sounds, over the last second where nothing else is said. Where nothing at all comes for a second though it should, `lossRatio`
 * and `mos` are 1, and `silentMs` says for how long: both are to be heard, neither holds, and the peer did not say that it falls silent.
 */
export interface Quality {
  /** Mean opinion score, 1 to 4.5 (ITU-T G.107), of what is heard here. */
  readonly mos: number;
  /** Packets of the peer's that never came, 0 to 1: where it sends each twice, those of which no copy came. */
  readonly lossRatio: number;
  /** How long nothing has come that should have, from a second on; left out otherwise. */
  readonly silentMs?: number;
  /** Of those that the peer has sent since the beginning. */
  readonly lost: number;
  readonly received: number;
  readonly sent: number;
  /** Interarrival jitter (RFC 3550 §6.4.1). */
  readonly jitterMs: number;
  readonly roundTripMs: number | undefined;
  /** How long sound waits here before it is heard. */
  readonly bufferMs: number;
  /** Sound that was made up, 0 to 1. */
  readonly concealedRatio: number;
  /** How much faster the peer's clock is than ours, in millionths. */
  readonly driftPpm: number | undefined;
  /** On the wire, headers of RTP included. */
  readonly sentBitsPerSecond: number;
  readonly receivedBitsPerSecond: number;
  /** What the peer says of our packets, of the originals where each is sent twice; undefined before its first report. */
  readonly peer: { readonly lossRatio: number; readonly jitterMs: number } | undefined;
}

/** How loud it is, in decibels under full scale: 0 at most, -Infinity for silence. One entry for each channel. */
export interface Levels {
  readonly sent: readonly ChannelLevel[];
  readonly received: readonly ChannelLevel[];
}

export interface ChannelLevel {
  readonly rmsDbfs: number;
  readonly peakDbfs: number;
  /** Whether samples stood at full scale. */
  readonly clipped: boolean;
}
