import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { excerpt, pcmOf, type Recording, readWav } from '../../tools/testing/sound/recording.ts';
import { measureTone, rmsDbfs } from '../../tools/testing/sound/tones.ts';

/** Of tones that are sent, by their peaks. */
export const TONE_DBFS = -20;
/** A call's first moments have gaps: buffers fill, encoders settle. */
const SETTLING_MS = 800;
const LEAST_MS = 1_000;

export interface Tones {
  /** One for each channel. */
  readonly frequenciesHz: readonly number[];
  readonly sampleRateHz: number;
  readonly seconds: number;
}

/** A tone for each channel. */
export const tones = ({ frequenciesHz, sampleRateHz, seconds }: Tones): Recording => ({
  sampleRateHz,
  channels: frequenciesHz.map((frequency) =>
    Float64Array.from(
      { length: Math.round(seconds * sampleRateHz) },
      (_, at) => 10 ** (TONE_DBFS / 20) * Math.sin((2 * Math.PI * frequency * at) / sampleRateHz),
    ),
  ),
});

/** A WAV file of 16-bit samples. */
export const writeWav = (path: string, recording: Recording): void => {
  const channels = pcmOf(recording);
  const samples = channels[0]?.length ?? 0;
  const width = 2 * channels.length;
  const bytes = Buffer.alloc(44 + samples * width);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + samples * width, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(channels.length, 22);
  bytes.writeUInt32LE(recording.sampleRateHz, 24);
  bytes.writeUInt32LE(recording.sampleRateHz * width, 28);
  bytes.writeUInt16LE(width, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(samples * width, 40);
  for (let at = 0; at < samples; at += 1)
    for (const [channel, sound] of channels.entries())
      bytes.writeInt16LE(sound[at]!, 44 + at * width + 2 * channel);
  writeFileSync(path, bytes);
};

/** Softer than this is nothing that was sent. */
const SILENCE_DBFS = -50;
const PIECE_MS = 20;

/** How long the longest silence in a recording is, in milliseconds; what comes before the first sound is none. */
export const longestSilenceMs = (heard: Recording | string): number => {
  const { channels, sampleRateHz } = typeof heard === 'string' ? readWav(heard) : heard;
  const samples = channels[0] ?? new Float64Array(0);
  const piece = Math.round((sampleRateHz * PIECE_MS) / 1_000);
  let longest = 0;
  let silent: number | undefined;
  for (let at = 0; at + piece <= samples.length; at += piece) {
    if (rmsDbfs(samples.subarray(at, at + piece)) >= SILENCE_DBFS) silent = 0;
    else if (silent !== undefined) longest = Math.max(longest, ++silent);
  }
  return longest * PIECE_MS;
};

export interface ExpectedTones {
  readonly frequenciesHz: readonly number[];
  /** The most that may differ, in dB. */
  readonly withinDb?: number;
  /** How much softer everything else in the channel is, in dB. */
  readonly purityDb?: number;
}

/** Fails unless each channel holds its tone at the level it was sent with, and little else. */
export const expectTones = (
  heard: Recording | string,
  { frequenciesHz, withinDb = 1.5, purityDb = 25 }: ExpectedTones,
): void => {
  const whole = typeof heard === 'string' ? readWav(heard) : heard;
  const milliseconds = ((whole.channels[0]?.length ?? 0) * 1_000) / whole.sampleRateHz;
  const sounding = milliseconds - SETTLING_MS - LEAST_MS / 4;
  assert.ok(sounding >= LEAST_MS, `only ${Math.round(milliseconds)} ms were heard`);
  const { channels, sampleRateHz } = excerpt(whole, SETTLING_MS, SETTLING_MS + sounding);
  assert.ok(channels.length >= frequenciesHz.length, `${channels.length} channel(s) were heard`);
  for (const [channel, wanted] of frequenciesHz.entries()) {
    const { frequencyHz, levelDbfs, residualDbc } = measureTone(channels[channel]!, sampleRateHz);
    const what = `channel ${channel + 1}: ${frequencyHz.toFixed(1)} Hz at ${levelDbfs.toFixed(1)} dBFS, all else ${residualDbc.toFixed(1)} dB`;
    assert.ok(Math.abs(frequencyHz - wanted) < 2, `${what}; ${wanted} Hz were sent`);
    assert.ok(Math.abs(levelDbfs - TONE_DBFS) < withinDb, `${what}; ${TONE_DBFS} dBFS were sent`);
    assert.ok(residualDbc < -purityDb, what);
  }
};
