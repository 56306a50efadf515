/** What a call is made for, instead of a session description. */
export type MediaProfile = (typeof MEDIA_PROFILES)[number];

export const MEDIA_PROFILES = ['voice', 'interview', 'music-stereo', 'lossless', 'telephone'] as const;

/** How packets are kept from others' eyes: RFC 5764, RFC 4568, or not at all. */
export type MediaSecurity = (typeof MEDIA_SECURITY)[number];

export const MEDIA_SECURITY = ['dtls-srtp', 'sdes', 'none'] as const;

/** A copy that comes later than this helps nobody who speaks with somebody. */
export const MOST_COPY_DELAY_MS = 500;

/** How packets are sent twice; `delayMs`: 0 to 500, in whole milliseconds. */
export type Duplicate = false | { readonly delayMs: number };

/** What the user of a call wants of its media. Whatever is left out is the engine's own choice. */
export interface MediaWishes {
  readonly profile?: MediaProfile;
  /** What is allowed, the best first. */
  readonly security?: readonly MediaSecurity[];
  /** Whether ICE is offered and answered (RFC 8445). */
  readonly ice?: boolean;
  /** Whether only relays may be used, so that the peer learns no address of ours. */
  readonly relayOnly?: boolean;
  /**
   * Each packet is sent once more, so much later (RFC 7198): what is lost once is heard all the same, and so is what falls into an
   * outage that is shorter than the delay. It takes twice the bits, and the peer hears everything later by the delay. A peer that
   * does not know it is sent one stream. Left out: only where the peer's offer has it; `false`: not even there. A browser sends
   * each packet once in any case.
   */
  readonly duplicate?: Duplicate;
  /** What is played to the peer and what becomes of what it says, as the platform has it. */
  readonly sound?: unknown;
}
