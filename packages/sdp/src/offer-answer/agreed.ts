import type { CryptoValue } from '../attributes/crypto-attribute.ts';
import type { Direction } from '../attributes/direction.ts';
import type { FingerprintValue } from '../attributes/dtls.ts';
import type { EbuAcipProfile } from '../attributes/ebuacip.ts';
import type { ExtmapValue } from '../attributes/extmap.ts';
import type { GroupValue } from '../attributes/grouping.ts';
import type { MsidValue, SsrcGroupValue, SsrcValue } from '../attributes/source.ts';
import type { AttributeLine, Bandwidth } from '../session-description.ts';
import type { DuplicatedSources } from './duplication.ts';
import type { DtlsRole } from './security.ts';

/** What offer and answer came to, as plain data for a media engine. */
export interface AgreedSession {
  /** One for each `m=` line, in their order. */
  readonly media: readonly AgreedMedia[];
  /** What the answer groups: BUNDLE, DUP … */
  readonly groups: readonly GroupValue[];
}

export type AgreedMedia = RefusedMedia | AgreedStream;

/** An `m=` line that is not used. */
export interface RefusedMedia {
  readonly kind: 'refused';
  readonly index: number;
  readonly media: string;
  readonly mid?: string;
}

/** A medium that flows, or is held. */
export interface AgreedStream {
  readonly kind: 'agreed';
  /** Of the `m=` line. */
  readonly index: number;
  readonly media: string;
  /** Which of our capabilities it uses. */
  readonly capability: number;
  readonly mid?: string;
  /** From our view: `sendonly` is that we send and the peer listens. */
  readonly direction: Direction;
  /** The peer does not want to hear us now, though it once could: music may be played to nobody. */
  readonly isHeldByPeer: boolean;
  /** In the order of the answer; the first is what to send. All of them may come. */
  readonly codecs: readonly AgreedCodec[];
  /** Telephone events at the clock of each codec (RFC 4733 §2.1). */
  readonly telephoneEvents: readonly AgreedTelephoneEvents[];
  /** Those that go along with the first codec: what to send digits with. Undefined: not in RTP. */
  readonly dtmf?: AgreedTelephoneEvents;
  readonly comfortNoise: readonly AgreedPayload[];
  /** Where packets go, as long as ICE finds nothing better. */
  readonly remote: RemoteTransport;
  /** The line whose transport this one shares (RFC 9143). */
  readonly bundledWith?: number;
  /** RTCP comes and goes with RTP (RFC 5761). */
  readonly rtcpMux: boolean;
  /** AVPF: RTCP may come early (RFC 4585). */
  readonly feedback: boolean;
  readonly rtcpFeedback: readonly string[];
  readonly reducedSizeRtcp: boolean;
  readonly security: AgreedSecurity;
  /** The ICE lines of the peer, without `a=`; undefined where one of the two does not speak ICE. */
  readonly ice?: { readonly media: readonly string[]; readonly session: readonly string[] };
  readonly headerExtensions: readonly ExtmapValue[];
  /** What the peer says of its sources. */
  readonly ssrcs: readonly SsrcValue[];
  readonly ssrcGroups: readonly SsrcGroupValue[];
  /**
   * What is sent more than once (RFC 7104 §3.2). `remote`: what the peer says of its sources. `local`: what we have said of ours,
   * where the peer has shown by saying the same of its own that it knows what that means.
   */
  readonly duplication?: { readonly remote: DuplicatedSources; readonly local?: DuplicatedSources };
  readonly msids: readonly MsidValue[];
  readonly ebuAcip?: EbuAcipProfile;
  readonly bandwidth: readonly Bandwidth[];
  /** All that the peer wrote of this medium, known or not. */
  readonly remoteAttributes: readonly AttributeLine[];
}

/** The same format under the number of either side (RFC 3264 §6.1). */
export interface AgreedPayload {
  readonly clockRateHz: number;
  /** What the peer wants to see from us. */
  readonly sendPayloadType: number;
  /** What we will see from the peer. */
  readonly receivePayloadType: number;
}

export interface AgreedCodec extends AgreedPayload {
  readonly name: string;
  readonly channels: number;
  /** The peer's fmtp: what it wants to receive. */
  readonly sendParameters: string;
  /** Our fmtp: what we said that we want. */
  readonly receiveParameters: string;
  /** How much sound to put into a packet. */
  readonly ptimeMs: number;
}

export interface AgreedTelephoneEvents extends AgreedPayload {
  /** Numbers of RFC 4733 that both know; 0–15 are the digits. */
  readonly events: readonly number[];
}

export interface RemoteTransport {
  readonly rtp: { readonly address: string; readonly port: number };
  /** The same as for RTP where the two are multiplexed. */
  readonly rtcp: { readonly address: string; readonly port: number };
}

export type AgreedSecurity =
  | { readonly kind: 'none' }
  | { readonly kind: 'sdes'; readonly local: CryptoValue; readonly remote: CryptoValue }
  | {
      readonly kind: 'dtls-srtp';
      readonly role: DtlsRole;
      /** The peer's certificate matches one of these. */
      readonly fingerprints: readonly FingerprintValue[];
      readonly tlsId?: string;
    };
