import type { Pcm } from '../payload/pcm.ts';
import { type Likeness, mostLike } from './likeness.ts';
import { byOneSample } from './one-sample.ts';

/**
 * How sound may be made shorter or longer.
 * - `speech`: by what repeats itself: a pitch period, or silence. Other sound stays as it is.
 * - `music`: by silence; what sounds, by one sample, which is too little to be heard.
 * - `anything`: also where it does not repeat itself, at the place where this is heard least.
 */
export type StretchManner = 'speech' | 'music' | 'anything';

/** Less than this is not worth it, and more may be a syllable. */
const SHORTEST_MS = 2.5;
const LONGEST_MS = 15;
/** Two places go over into each other for so long, or for a quarter of what there is. */
const OVERLAP_MS = 5;
/** How like two places have to be: nobody hears that one follows the other. */
const ALIKE = 0.95;
/** No sample of silence is louder: −50 dBFS, and −60 for music. */
const SILENCE = { speech: 104, music: 33, anything: 104 } as const satisfies Record<StretchManner, number>;
const LOUDEST = 32_767;

/** Sound of this length can be changed by any pitch period of a voice (66 Hz and more). */
export const STRETCHABLE_MS = LONGEST_MS + OVERLAP_MS;

/**
 * Makes sound shorter or longer, so that nobody hears another pitch: what a jitter buffer's `accelerate` and `expand` ask for.
 * Where it cannot be done unheard the sound comes back as it was, as does all that is shorter than 10 ms. All channels are
 * changed alike. The first and the last sample stay.
 *
 * @returns the new sound; its length says how much was gained or lost
 */
export const timeStretch = (
  sound: Pcm,
  sampleRateHz: number,
  kind: 'accelerate' | 'expand',
  manner: StretchManner = 'speech',
): Pcm => {
  const length = sound[0]?.length ?? 0;
  const samples = (ms: number): number => Math.floor((ms * sampleRateHz) / 1_000);
  const overlap = Math.min(samples(OVERLAP_MS), length >> 2);
  const [shortest, longest] = [samples(SHORTEST_MS), Math.min(samples(LONGEST_MS), length - overlap)];
  const isTooShort = length < 4 * shortest;
  if (isTooShort) return sound;
  const isShorter = kind === 'accelerate';
  if (isSilent(sound, SILENCE[manner])) return spliced(sound, isShorter, longest, overlap, 1);
  if (manner === 'music') return byOneSample(sound, isShorter ? -1 : 1);
  const found = mostLike(sound, sampleRateHz, {
    ...(isShorter ? { at: 0, direction: 1 } : { at: length - overlap, direction: -1 }),
    ...{ length: overlap, nearest: shortest, furthest: longest },
  });
  if (!isGoodEnough(found, manner)) return sound;
  return spliced(sound, isShorter, found.distance, overlap, found.likeness);
};

const isGoodEnough = ({ likeness }: Likeness, manner: StretchManner): boolean =>
  likeness >= (manner === 'anything' ? 0 : ALIKE);

const isSilent = (sound: Pcm, most: number): boolean =>
  sound.every((channel) => channel.every((sample) => Math.abs(sample) <= most));

/** Leaves out `period` samples behind the beginning, or has the last ones once more; one goes over into the other. */
const spliced = (sound: Pcm, isShorter: boolean, period: number, overlap: number, likeness: number): Pcm => {
  const at = isShorter ? 0 : sound[0]!.length - overlap;
  const shift = isShorter ? period : -period;
  const fades = Array.from({ length: overlap }, (_, index) => fadeOf(index / overlap, likeness));
  return sound.map((channel) => {
    const made = new Int16Array(channel.length - shift);
    made.set(channel.subarray(0, at));
    for (const [index, [before, after]] of fades.entries()) {
      const sample = channel[at + index]! * before + channel[at + shift + index]! * after;
      made[at + index] = Math.max(-LOUDEST - 1, Math.min(LOUDEST, Math.round(sample)));
    }
    made.set(channel.subarray(at + shift + overlap), at + overlap);
    return made;
  });
};

/** Parts of the two that are as loud together as each alone; how much they have in common says how. */
const fadeOf = (part: number, likeness: number): readonly [number, number] => {
  const common = Math.max(0, Math.min(1, likeness));
  const loudness = Math.sqrt((1 - part) ** 2 + part ** 2 + 2 * common * part * (1 - part));
  return [(1 - part) / loudness, part / loudness];
};
