import type { MediaReport, PhoneCall } from '@ringdown/user-agent';
import type { PlayedSound } from '../sound/sound-plan.ts';

/** What was asked for of the sound of a call. */
export interface WantedSound {
  readonly profile: MediaReport['profile'] | undefined;
  readonly played: PlayedSound | undefined;
}

/** What the other side gets less of, and what is to be done about it: two sentences. */
export interface Reduction {
  readonly what: string;
  readonly next: string;
}

/** Rates that lie nearer sound alike: 48,000 Hz as 44,100. */
const AUDIBLE = 1.2;

/** Undefined where all of it arrives. */
export const reductionOf = (
  { media, direction }: Pick<PhoneCall, 'direction'> & { readonly media: MediaReport },
  { profile, played }: WantedSound,
): Reduction | undefined => {
  const { codec, rateHz, channels, sentChannels = channels } = media;
  const alike = (wanted: string): string => `Take --profile ${wanted} at the other end, too, or none there.`;
  if (profile === 'lossless' && codec !== 'L16')
    return { what: `Lossless was asked for, and the call has ${named(codec)}.`, next: alike(profile) };
  if (played === undefined) return undefined;
  const { name, format } = played;
  if (format.channels > sentChannels) {
    const isStereo = profile === 'music-stereo' || profile === 'lossless';
    const next =
      direction === 'incoming'
        ? 'Whoever calls takes --profile music-stereo, and this end the same, or none.'
        : 'Take --profile music-stereo; the other side follows where it names none.';
    return {
      what: `${name} is ${shape(format.channels)}, the call is ${shape(sentChannels)}.`,
      next: isStereo ? alike(profile) : next,
    };
  }
  if (format.sampleRateHz > AUDIBLE * rateHz && profile !== 'telephone')
    return {
      what: `${name} has ${format.sampleRateHz / 1000} kHz, the call ${rateHz / 1000} kHz (${named(codec)}).`,
      next: 'Use a phone with Opus at the other end.',
    };
  return undefined;
};

const named = (codec: string): string => (codec.toLowerCase() === 'opus' ? 'Opus' : codec);

const shape = (channels: number): string =>
  channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `of ${channels} channels`;
