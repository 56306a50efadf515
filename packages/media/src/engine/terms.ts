import {
  type Duplicate,
  type MediaProfile,
  type MediaSecurity,
  type MediaWishes,
  MOST_COPY_DELAY_MS,
} from '@ringdown/user-agent';
import type { MediaEnginePorts, MediaEngineSettings } from './options.ts';

/** What holds for one session: what its call wants, else what the engine is set to. */
export interface SessionTerms {
  readonly profile: MediaProfile;
  /** The best first, of those that can be had here. */
  readonly security: readonly MediaSecurity[];
  readonly ice: boolean;
  readonly relayOnly: boolean;
  /** Undefined: as the peer offers it. */
  readonly duplicate: Duplicate | undefined;
}

/**
 * @param offered what the peer's offer is plainly made for
 * @throws RangeError with a clause, where nothing of what is wanted can be had
 */
export const termsOf = (
  wishes: MediaWishes,
  settings: MediaEngineSettings,
  { dtls, sdes }: Pick<MediaEnginePorts, 'dtls' | 'sdes'>,
  offered?: MediaProfile,
): SessionTerms => {
  const { profile = settings.profile ?? offered ?? 'voice' } = wishes;
  const { ice = settings.ice, relayOnly = settings.relayOnly } = wishes;
  const wanted = wishes.security ?? settings.security;
  const had: Readonly<Record<MediaSecurity, boolean>> = {
    'dtls-srtp': dtls !== undefined,
    sdes: sdes !== undefined,
    none: true,
  };
  const security = wanted.filter((one) => had[one]);
  if (security.length === 0) throw new RangeError(`${wanted.join(' and ')} cannot be had on this device`);
  if (relayOnly && !ice)
    throw new RangeError('only relays are allowed, and they are found by ICE, which is not');
  const { duplicate = settings.duplicate } = wishes;
  if (!isDuplicate(duplicate))
    throw new RangeError(
      `copies ${JSON.stringify(duplicate)} cannot be sent: give { delayMs } of 0 to ${MOST_COPY_DELAY_MS} whole milliseconds`,
    );
  return { profile, security, ice, relayOnly, duplicate };
};

const isDuplicate = (duplicate: Duplicate | undefined): boolean => {
  if (duplicate === undefined || duplicate === false) return true;
  const { delayMs } = duplicate;
  return Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= MOST_COPY_DELAY_MS;
};

/**
 * What of the policy a first offer does not say, or says beside plain RTP: a peer that refuses it may take each alone. Where copies were
 * offered it may be these that it refuses, and the first is tried without them.
 */
export const otherSecurity = ({ security, duplicate }: SessionTerms): readonly MediaSecurity[] => {
  const isOpportunistic = security.includes('none') && security.length > 1;
  const hasCopies = duplicate !== undefined && duplicate !== false;
  return isOpportunistic || hasCopies ? security : security.slice(1);
};
