import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { toneSource } from '../../../packages/media/src/audio/tone.ts';
import { wavSink } from '../../../packages/media/src/audio/wav-sink.ts';
import { atRate, excerpt, readWav } from './recording.ts';
import { measureTone } from './tones.ts';

it('reads what was recorded, and measures each channel of it at any rate', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-recording-'));
  const path = join(folder, 'tones.wav');
  const sink = wavSink(path, { sampleRateHz: 44_100, channels: 2 });
  sink.write(toneSource({ frequenciesHz: [440, 1_000], levelDbfs: -20, sampleRateHz: 44_100 }).read(100_000));
  await sink.close();
  const recording = readWav(path);
  rmSync(folder, { recursive: true });
  expect(recording.sampleRateHz).toBe(44_100);
  expect(recording.channels.map(({ length }) => length)).toEqual([100_000, 100_000]);
  const lower = await atRate(recording, 8_000);
  expect(lower.channels[0]).toHaveLength(Math.round((100_000 * 8) / 44.1));
  for (const { channels, sampleRateHz } of [recording, lower]) {
    const middle = excerpt({ channels, sampleRateHz }, 200, 2_000).channels.map((channel) =>
      measureTone(channel, sampleRateHz),
    );
    expect(middle.map(({ frequencyHz }) => Math.round(frequencyHz * 100) / 100)).toEqual([440, 1_000]);
    for (const { levelDbfs, residualDbc } of middle) {
      expect(levelDbfs).toBeCloseTo(-20, 1);
      expect(residualDbc).toBeLessThan(-70);
    }
  }
});
