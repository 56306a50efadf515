/** The pitch periods of speech: 66 to 200 Hz, as G.711 Appendix I looks for them. */
const SHORTEST_MS = 5;
const LONGEST_MS = 15;
/** How much sound is compared. */
const COMPARED_MS = 20;
/** The first look is coarse: so many samples a second, of so many periods; every other one at least. */
const COARSE_HZ = 8_000;
const LEAST_COARSE = 2;

/** How much sound a search needs. */
export const PITCH_HISTORY_MS = LONGEST_MS + COMPARED_MS;

/**
 * The period, in samples, by which the end of this sound repeats itself best: normalized cross-correlation, as in G.711
 * Appendix I.
 */
export const pitchOf = (sound: Int16Array, sampleRateHz: number): number => {
  const shortest = Math.floor((SHORTEST_MS * sampleRateHz) / 1_000);
  const longest = Math.floor((LONGEST_MS * sampleRateHz) / 1_000);
  const compared = Math.min(Math.floor((COMPARED_MS * sampleRateHz) / 1_000), sound.length - longest);
  if (compared <= 0) return shortest;
  const coarse = Math.max(LEAST_COARSE, Math.floor(sampleRateHz / COARSE_HZ));
  const best = bestOf(sound, shortest, longest, coarse, compared);
  return bestOf(sound, Math.max(shortest, best - coarse), Math.min(longest, best + coarse), 1, compared);
};

const bestOf = (sound: Int16Array, from: number, to: number, step: number, compared: number): number => {
  const start = sound.length - compared;
  let best = from;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let period = from; period <= to; period += step) {
    let product = 0;
    let energy = 1;
    for (let index = start; index < sound.length; index += step) {
      const earlier = sound[index - period]!;
      product += sound[index]! * earlier;
      energy += earlier * earlier;
    }
    const score = product / Math.sqrt(energy);
    if (score > bestScore) {
      bestScore = score;
      best = period;
    }
  }
  return best;
};
