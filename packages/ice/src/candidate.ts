import type { TransportAddress } from '@ringdown/stun';

/** Host, server-reflexive, peer-reflexive and relayed (RFC 8445 §5.1.1), in the words of RFC 8839 §5.1. */
export type CandidateType = 'host' | 'srflx' | 'prflx' | 'relay';

/** Which end of a connection a TCP candidate is (RFC 6544 §4.5). */
export type TcpType = 'active' | 'passive' | 'so';

/** A candidate as two agents tell each other (RFC 8445 §5.3, RFC 8839 §5.1). */
export interface Candidate extends TransportAddress {
  /** 1 to 32 characters of RFC 8839's ice-char. */
  readonly foundation: string;
  /** 1 to 256; 1 is RTP, 2 is RTCP. */
  readonly component: number;
  /** In lower case: `udp`, `tcp`, or what somebody else has made up. */
  readonly transport: string;
  /** 1 to 2³¹ − 1, larger is better. */
  readonly priority: number;
  /** An IP address without brackets; from peers also a name, such as mDNS names in `.local`. */
  readonly address: string;
  readonly type: CandidateType;
  /** Where it comes from: the base of a reflexive one, the mapped address of a relayed one (RFC 8839 §5.1). */
  readonly related?: TransportAddress;
  readonly tcpType?: TcpType;
  /** The session that it belongs to (RFC 8838 §4.1.1.2): its agent's username fragment. */
  readonly ufrag?: string;
  /** What else stood there, in order: names and values. */
  readonly extensions?: readonly (readonly [name: string, value: string])[];
}

/** A transport address from which this agent sends: a socket, or an allocation at a TURN server. */
export interface Base extends TransportAddress {
  /** The caller's name for it, unique within the agent. */
  readonly id: string;
  readonly component: number;
  readonly kind: 'host' | 'relayed';
  /** Of a relayed one: the mapped address that the server saw, told as the related address. */
  readonly related?: TransportAddress;
  /** Of a relayed one: the address of the server, which its foundation depends on (RFC 8445 §5.1.1.3). */
  readonly server?: string;
  /**
   * How it is preferred among those of its kind, 0 to 65535 (RFC 8445 §5.1.2.1). Without it: in the order in which they
   * are added, so add those of IPv6 first, or in turns (RFC 8421 §4).
   */
  readonly preference?: number;
}

/** A candidate of this agent's with the base that it is reached and sent through. */
export interface LocalCandidate extends Candidate {
  readonly base: Base;
}
