import type { Duplicate, MediaProfile, MediaSecurity } from '../media/wishes.ts';

/** What a call is like, where it is not said with the call. */
export interface CallDefaults {
  readonly profile?: MediaProfile;
  readonly security?: readonly MediaSecurity[];
  readonly ice?: boolean;
  readonly relayOnly?: boolean;
  /** See {@link MediaWishes}. */
  readonly duplicate?: Duplicate;
  /**
   * Whether the way is made ready while it rings, by a reliable 183 (RFC 3262): sound is there at once when the call is taken.
   * It reveals our addresses to whoever calls, so that strangers get it only where this is `everyone`.
   */
  readonly early?: 'nobody' | 'own domain' | 'everyone';
}

export interface CallOptions<Sound = unknown> extends Omit<CallDefaults, 'early'> {
  readonly sound?: Sound;
}
