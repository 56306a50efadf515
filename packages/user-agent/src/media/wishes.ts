/** What a call is made for, instead of a session description. */
export type MediaProfile = 'voice' | 'interview' | 'music-stereo' | 'lossless' | 'telephone';

/** How packets are kept from others' eyes: RFC 5764, RFC 4568, or not at all. */
export type MediaSecurity = 'dtls-srtp' | 'sdes' | 'none';

/** What the user of a call wants of its media. Whatever is left out is the engine's own choice. */
export interface MediaWishes {
  readonly profile?: MediaProfile;
  /** What is allowed, the best first. */
  readonly security?: readonly MediaSecurity[];
  /** Whether ICE is offered and answered (RFC 8445). */
  readonly ice?: boolean;
  /** Whether only relays may be used, so that the peer learns no address of ours. */
  readonly relayOnly?: boolean;
  /** What is played to the peer and what becomes of what it says, as the platform has it. */
  readonly sound?: unknown;
}
