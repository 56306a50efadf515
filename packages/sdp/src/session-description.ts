/** An attribute as it stands on the wire (RFC 8866 §5.13): `a=name` or `a=name:value`. */
export interface AttributeLine {
  readonly name: string;
  /** Undefined for an attribute that is a mere flag. */
  readonly value: string | undefined;
}

/** What has attributes: a session, or one of its media. */
export interface Section {
  /** All of them, known or not, in the order in which they were written. */
  readonly attributes: readonly AttributeLine[];
}

/** `o=` (RFC 8866 §5.2). */
export interface Origin {
  readonly username: string;
  /** Digits; often more of them than a number holds exactly. */
  readonly sessionId: string;
  /** Digits. Grows by one with each new description of the session (RFC 3264 §8). */
  readonly sessionVersion: string;
  readonly addressType: AddressType;
  readonly address: string;
}

export type AddressType = 'IP4' | 'IP6';

/** `c=` (RFC 8866 §5.7). */
export interface ConnectionData {
  readonly addressType: AddressType;
  /** An IP address or a domain name, without what may stand behind its slash. */
  readonly address: string;
  /** Of IPv4 multicast alone. */
  readonly ttl?: number;
  /** How many multicast addresses follow one another. */
  readonly addresses?: number;
}

/** `b=` (RFC 8866 §5.8, RFC 3556, RFC 3890): AS and CT in kbit/s, TIAS, RS and RR in bit/s. */
export interface Bandwidth {
  readonly type: string;
  readonly value: number;
}

/** `m=` and the lines that follow it (RFC 8866 §5.14). */
export interface MediaDescription extends Section {
  /** `audio`, `video`, `application` … */
  readonly media: string;
  /** 0: this medium is not wanted (RFC 3264 §5.1), or has no transport of its own (RFC 9143 §6). */
  readonly port: number;
  /** How many pairs of ports follow one another, where it is said. */
  readonly ports?: number;
  /** `RTP/AVP`, `UDP/TLS/RTP/SAVPF` … */
  readonly protocol: string;
  /** Payload types in the case of RTP. */
  readonly formats: readonly string[];
  readonly information?: string;
  /** More than one for layered multicast alone. */
  readonly connections: readonly ConnectionData[];
  readonly bandwidth: readonly Bandwidth[];
}

/** A session description (RFC 8866). */
export interface SessionDescription extends Section {
  readonly origin: Origin;
  readonly name: string;
  readonly information?: string;
  readonly uri?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly connection?: ConnectionData;
  readonly bandwidth: readonly Bandwidth[];
  /** `t=` in seconds of NTP (RFC 8866 §5.9); both 0 where a call is meant. */
  readonly time: { readonly start: string; readonly stop: string };
  /** `r=` and `z=`, unread. */
  readonly repeats?: string;
  readonly timezones?: string;
  readonly media: readonly MediaDescription[];
}

/** The connection data of a medium: its own, or the session's (RFC 8866 §5.7). */
export const connectionOf = (
  description: SessionDescription,
  media: MediaDescription,
): ConnectionData | undefined => media.connections[0] ?? description.connection;

/** `::1` is IP6, all else IP4 (domain names too, for want of an answer). */
export const addressTypeOf = (address: string): AddressType => (address.includes(':') ? 'IP6' : 'IP4');
