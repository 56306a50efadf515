// A tone of a second, and how loud it is.
import { LevelMeter, toneSource } from '@ringdown/media';

const tone = toneSource({ frequenciesHz: [1_000], levelDbfs: -20, sampleRateHz: 48_000, durationMs: 1_000 });
const meter = new LevelMeter(1);
meter.measure(tone.read(48_000));
const [level] = meter.take();

console.log(`${level.peakDbfs.toFixed(1)} dBFS, ${tone.ended ? 'ended' : 'goes on'}`);
// prints: -20.0 dBFS, ended
