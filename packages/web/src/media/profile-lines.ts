import { AUDIO_PROFILES, type CodecPreference, opusParametersText } from '@ringdown/rtp';
import { type AttributeLine, Malformed, type MediaDescription, parseSdp, writeSdp } from '@ringdown/sdp';
import type { MediaProfile } from '@ringdown/user-agent';

/**
 * A browser's description as a profile wants it: the profile's codecs first, Opus with its parameters, and linear PCM, which
 * Chromium speaks but never offers by itself. Whatever else the browser says stays.
 */
export const profiled = (description: string, profile: MediaProfile, role: 'offer' | 'answer'): string => {
  const parsed = parseSdp(description);
  if (parsed instanceof Malformed) return description;
  const media = parsed.media.map((one) => (one.media === 'audio' ? withProfile(one, profile, role) : one));
  return writeSdp({ ...parsed, media });
};

interface Named {
  readonly payloadType: string;
  readonly name: string;
}

const withProfile = (
  media: MediaDescription,
  profile: MediaProfile,
  role: 'offer' | 'answer',
): MediaDescription => {
  const { codecs } = AUDIO_PROFILES[profile];
  const linear = role === 'offer' ? codecs.filter(({ encodingName }) => encodingName === 'L16') : [];
  const complete = linear.reduce(withLinear, media);
  const named = namesOf(complete);
  const opus = codecs.find(({ encodingName }) => encodingName === 'opus');
  const opusTypes = named
    .filter(({ name }) => name.startsWith('opus/'))
    .map(({ payloadType }) => payloadType);
  const attributes = complete.attributes.map((line) =>
    opus !== undefined && line.name === 'fmtp' && opusTypes.includes(payloadTypeOf(line))
      ? { ...line, value: `${payloadTypeOf(line)} minptime=10;${opusParametersText(opus.opus ?? {})}` }
      : line,
  );
  // An answer keeps the order of its offer.
  const formats = role === 'offer' ? preferred(complete.formats, named, codecs) : complete.formats;
  return { ...complete, formats, attributes };
};

/** `96 opus/48000/2` of each a=rtpmap. */
const namesOf = ({ attributes }: MediaDescription): readonly Named[] =>
  attributes.flatMap(({ name, value = '' }) => {
    const [payloadType = '', codec = ''] = value.split(' ');
    return name === 'rtpmap' ? [{ payloadType, name: codec.toLowerCase() }] : [];
  });

const payloadTypeOf = ({ value = '' }: AttributeLine): string => value.split(' ')[0] ?? '';

const nameOf = ({ encodingName, clockRateHz, channels }: CodecPreference): string => {
  const base = `${encodingName}/${clockRateHz}`.toLowerCase();
  if (encodingName === 'opus') return `${base}/2`;
  return channels === 2 ? `${base}/2` : base;
};

const withLinear = (media: MediaDescription, codec: CodecPreference): MediaDescription => {
  if (namesOf(media).some(({ name }) => name === nameOf(codec))) return media;
  const used = new Set(namesOf(media).map(({ payloadType }) => Number(payloadType)));
  const free = Array.from({ length: 32 }, (_, at) => 96 + at).find((number) => !used.has(number));
  if (free === undefined) return media;
  const name = `L16/${codec.clockRateHz}${codec.channels === 2 ? '/2' : ''}`;
  return {
    ...media,
    formats: [...media.formats, String(free)],
    attributes: [...media.attributes, { name: 'rtpmap', value: `${free} ${name}` }],
  };
};

const preferred = (
  formats: readonly string[],
  named: readonly Named[],
  codecs: readonly CodecPreference[],
): readonly string[] => {
  const wanted = [...new Set(codecs.map(nameOf))];
  const rankOf = (format: string): number => {
    const rank = wanted.indexOf(named.find(({ payloadType }) => payloadType === format)?.name ?? '');
    return rank < 0 ? wanted.length : rank;
  };
  return formats.toSorted((one, other) => rankOf(one) - rankOf(other));
};
