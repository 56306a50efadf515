import type { CryptoSuite } from '../attributes/crypto-attribute.ts';
import type { Direction } from '../attributes/direction.ts';
import type { FingerprintValue } from '../attributes/dtls.ts';
import type { EbuAcipProfile } from '../attributes/ebuacip.ts';
import type { MsidValue } from '../attributes/source.ts';
import type { WantedCodec } from '../codec/payload-numbers.ts';
import type { AttributeLine, Bandwidth } from '../session-description.ts';

/** How packets are kept from others' eyes: RFC 5764, RFC 4568, or not at all. */
export type Security = 'dtls-srtp' | 'sdes' | 'none';

/** What we can do with one medium. It holds for a whole session. */
export interface MediaCapabilities {
  /** `audio`, `video`. */
  readonly media: string;
  /** The best first. Comfort noise is a codec here: `CN`. */
  readonly codecs: readonly WantedCodec[];
  /** Events that we send and understand, such as `0-15`; undefined for none. One format for each clock of the codecs. */
  readonly telephoneEvents?: string;
  /** What policy allows, the best first. The first is what we offer; of what is offered to us we take the best. */
  readonly security: readonly Security[];
  /** Offer security beside plain RTP/AVP, and take it where it stands there (RFC 8643). */
  readonly opportunistic?: boolean;
  /** Suites of SDES, the best first. */
  readonly suites?: readonly CryptoSuite[];
  /** Offer AVPF instead of AVP (RFC 4585). What is offered to us is echoed whatever stands here. */
  readonly feedback?: boolean;
  /** `require`: RTCP never has a port of its own (RFC 8858). */
  readonly rtcpMux?: 'offer' | 'require' | 'never';
  /** What we like to receive in a packet. */
  readonly ptimeMs?: number;
  readonly maxptimeMs?: number;
  /** `nack`, `transport-cc` …, for all codecs. */
  readonly rtcpFeedback?: readonly string[];
  /** URIs of RTP header extensions. */
  readonly headerExtensions?: readonly string[];
  /** EBU Tech 3368. Packet lengths are those of the codecs. */
  readonly ebuAcip?: Omit<EbuAcipProfile, 'packetLengthsMs'>;
  readonly bandwidth?: readonly Bandwidth[];
  /** Lines that are ours to say and nobody's to negotiate: content, label, ts-refclk … */
  readonly attributes?: readonly AttributeLine[];
}

/** Where a medium can be reached, as its transport found out. */
export interface LocalTransport {
  /** An IP address: the default destination. */
  readonly address: string;
  readonly port: number;
  /** Where RTCP has a port of its own. Undefined: the next one. */
  readonly rtcp?: { readonly port: number; readonly address?: string };
  /** Attributes of ICE without `a=`, of the medium; undefined where there is no ICE. */
  readonly ice?: readonly string[];
  /** Of the certificate that DTLS shows. */
  readonly fingerprints?: readonly FingerprintValue[];
  readonly tlsId?: string;
  /** Master key and salt for what we send, in base64, fresh for this session and suite (RFC 4568 §6.1). */
  readonly keys?: Readonly<Partial<Record<CryptoSuite, string>>>;
}

/** What our packets are known by (RFC 5576). */
export interface LocalSource {
  readonly ssrc: number;
  readonly cname: string;
  /** Each packet is sent once more, so much later, as this source (RFC 7104 §3.2, RFC 7197). */
  readonly copy?: { readonly ssrc: number; readonly delayMs: number };
}

/** What the application says of one medium of ours. Whatever is left out stays as it was. */
export interface LocalMedia {
  readonly direction?: Direction;
  readonly transport?: LocalTransport;
  /** Of what we send; stays the same over re-offers. */
  readonly source?: LocalSource;
  readonly msid?: MsidValue;
}

export const defaultSuites: readonly CryptoSuite[] = Object.freeze([
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
]);

/** How much sound a packet holds where nobody says anything (RFC 3551 §4.2). */
export const DEFAULT_PTIME_MS = 20;
