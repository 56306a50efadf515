import { formatsOf, Malformed, opusParameters, parseSdp } from '@ringdown/sdp';
import type { MediaProfile } from '@ringdown/user-agent';

/** Who asks for Opus of so many bits means music: phones that know stereo name it for speech, too, and say no rate. */
const MUSIC_BPS = 96_000;

/**
 * What an offer is plainly made for, where that is more than speech: a studio's linear sound, or music in stereo. Undefined for
 * everything else, and for what cannot be read.
 */
export const offeredProfile = (offer: string): MediaProfile | undefined => {
  const description = parseSdp(offer);
  if (description instanceof Malformed) return undefined;
  const audio = description.media.find(({ media, port }) => media === 'audio' && port !== 0);
  if (audio === undefined) return undefined;
  const formats = formatsOf(audio);
  const [first] = formats;
  const name = first?.name.toLowerCase();
  if (first === undefined) return undefined;
  if (name === 'l16') return first.clockRateHz >= 44_100 ? 'lossless' : undefined;
  if (name !== 'opus') return undefined;
  const { stereo, maxaveragebitrateBps } = opusParameters(first.parameters);
  const hasKeys = formats.some((one) => one.name.toLowerCase() === 'telephone-event');
  return stereo && (!hasKeys || (maxaveragebitrateBps ?? 0) >= MUSIC_BPS) ? 'music-stereo' : undefined;
};
