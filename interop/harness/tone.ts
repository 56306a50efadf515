import { readFileSync } from 'node:fs';

export interface Recording {
  readonly sampleRateHz: number;
  /** One channel, −1…1. */
  readonly samples: Float64Array;
}

/** Reads a 16-bit PCM WAV file, of which a writer that was killed may not have filled in the lengths. */
export function readWav(path: string): Recording {
  const file = readFileSync(path);
  if (file.length < 44 || file.toString('latin1', 0, 4) !== 'RIFF') throw new Error(`${path} is no WAV file`);
  let channels = 1;
  let sampleRateHz = 0;
  for (let at = 12; at + 8 <= file.length; ) {
    const id = file.toString('latin1', at, at + 4);
    const length = file.readUInt32LE(at + 4);
    const start = at + 8;
    if (id === 'fmt ') {
      channels = file.readUInt16LE(start + 2);
      sampleRateHz = file.readUInt32LE(start + 4);
      if (file.readUInt16LE(start + 14) !== 16) throw new Error(`${path} is not 16-bit PCM`);
    }
    if (id === 'data') {
      const end = length === 0 ? file.length : Math.min(file.length, start + length);
      const frames = Math.floor((end - start) / (2 * channels));
      const samples = new Float64Array(frames);
      for (let i = 0; i < frames; i += 1) samples[i] = file.readInt16LE(start + i * 2 * channels) / 32_768;
      return { sampleRateHz, samples };
    }
    at = start + length + (length % 2);
  }
  throw new Error(`${path} holds no samples`);
}

/** Share (0…1) of a recording's energy at one frequency, by Goertzel's algorithm over its last `windowMs`. */
export function shareOfTone(recording: Recording, frequencyHz: number, windowMs = 500): number {
  const size = Math.min(recording.samples.length, Math.round((recording.sampleRateHz * windowMs) / 1_000));
  const window = recording.samples.subarray(recording.samples.length - size);
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / recording.sampleRateHz);
  let previous = 0;
  let beforePrevious = 0;
  let energy = 0;
  for (const sample of window) {
    const next = sample + coefficient * previous - beforePrevious;
    beforePrevious = previous;
    previous = next;
    energy += sample * sample;
  }
  if (energy === 0) return 0;
  const power = previous ** 2 + beforePrevious ** 2 - coefficient * previous * beforePrevious;
  return (2 * power) / (size * energy);
}

/** The same of the half second in which that is most: what a busy machine makes gaps in elsewhere is heard there as it was sent. */
export function bestShareOfTone({ sampleRateHz, samples }: Recording, frequencyHz: number): number {
  const step = Math.round(sampleRateHz / 4);
  let best = 0;
  for (let end = 2 * step; end <= samples.length; end += step) {
    const piece = { sampleRateHz, samples: samples.subarray(end - 2 * step, end) };
    best = Math.max(best, shareOfTone(piece, frequencyHz));
  }
  return best;
}
