import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { delayLine } from './delay-line.ts';
import { LevelMeter } from './level-meter.ts';
import { pcmSink, pcmSource, teeSink } from './pcm.ts';
import { silenceSource } from './silence.ts';
import { toneSource } from './tone.ts';

const mono = { sampleRateHz: 8_000, channels: 1 };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const counting = (from: number, count: number): Int16Array =>
  Int16Array.from({ length: count }, (_, index) => from + index);

describe('toneSource', () => {
  it('is a sine of its frequency and peak on each channel, as long as it was asked for', () => {
    const tone = toneSource({
      frequenciesHz: [1_000, 2_000],
      levelDbfs: -20,
      sampleRateHz: 16_000,
      durationMs: 10,
    });
    const [left, right] = tone.read(200);
    const peak = 32_767 * 0.1;
    expect([...left!.subarray(0, 9)]).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8].map((index) => Math.round(peak * Math.sin((Math.PI * index) / 8))),
    );
    expect(right![2]).toBe(Math.round(peak));
    expect([...left!.subarray(160)].every((sample) => sample === 0)).toBe(true);
    expect(tone.ended).toBe(true);
  });

  it('goes on where it stopped, whatever the pieces are', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 20 }), (sizes) => {
        const options = { frequenciesHz: [441.3], levelDbfs: -6, sampleRateHz: 44_100 };
        const pieces = toneSource(options);
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const joined = sizes.flatMap((size) => [...pieces.read(size)[0]!]);
        expect(joined).toEqual([...toneSource(options).read(total)[0]!]);
      }),
    );
  });
});

describe('silenceSource', () => {
  it('ends after its time', () => {
    const source = silenceSource(mono, { durationMs: 10 });
    expect([...source.read(79)[0]!].every((sample) => sample === 0)).toBe(true);
    expect(source.ended).toBe(false);
    source.read(1);
    expect(source.ended).toBe(true);
    expect(silenceSource(mono).ended).toBe(false);
  });
});

describe('pcmSource', () => {
  it('asks for more only when there is room, and gives all of it in order', async () => {
    let asked = 0;
    const source = pcmSource(
      (async function* () {
        for (; asked < 50; asked++) yield [counting(asked * 100, 100)];
      })(),
      mono,
      { maxMs: 50 },
    );
    await settled();
    // 400 samples wait, and nobody asked for a fifth hundred.
    expect(asked).toBe(3);
    const heard: number[] = [];
    while (!source.ended) {
      expect(asked - heard.length / 100).toBeLessThanOrEqual(5);
      heard.push(...source.read(40)[0]!);
      await settled();
    }
    expect(heard).toEqual([...counting(0, 5_000)]);
  });

  it('takes pieces that are longer than its room', async () => {
    const source = pcmSource([[counting(0, 1_000)]], mono, { maxMs: 10 });
    const heard: number[] = [];
    await settled();
    while (!source.ended) {
      heard.push(...source.read(80)[0]!);
      await settled();
    }
    expect(heard.slice(0, 1_000)).toEqual([...counting(0, 1_000)]);
  });

  it('tells the producer that nobody asks any more', async () => {
    let isReturned = false;
    const source = pcmSource(
      (async function* () {
        try {
          for (;;) yield [counting(0, 100)];
        } finally {
          isReturned = true;
        }
      })(),
      mono,
      { maxMs: 20 },
    );
    await settled();
    source.close();
    await settled();
    expect(isReturned).toBe(true);
    expect(source.ended).toBe(true);
  });

  it('plays what a producer gave before it failed, and tells why', async () => {
    const faults: unknown[] = [];
    const source = pcmSource(
      (async function* () {
        yield [counting(1, 3)];
        throw new Error('no more paper');
      })(),
      mono,
      { failed: (cause) => faults.push(cause) },
    );
    await settled();
    expect(source.ended).toBe(false);
    expect([...source.read(4)[0]!]).toEqual([1, 2, 3, 0]);
    expect(source.ended).toBe(true);
    expect(faults).toEqual([new Error('no more paper')]);
  });
});

describe('delayLine', () => {
  it('gives back what it took, so much later', () => {
    const { sink, source } = delayLine(mono, { delayMs: 20 });
    const heard: number[] = [];
    for (let turn = 0; turn < 10; turn++) {
      sink.write([counting(1 + turn * 80, 80)]);
      heard.push(...source.read(80)[0]!);
    }
    expect(heard).toEqual([...new Int16Array(160), ...counting(1, 640)]);
  });

  it('loses the oldest where nobody reads, and has its delay again', () => {
    const { sink, source } = delayLine(mono, { delayMs: 10 });
    // Ten of them fill the 200 ms of slack; with the eleventh only the delay and itself are left.
    for (let turn = 1; turn <= 11; turn++) sink.write([new Int16Array(160).fill(turn)]);
    const heard = source.read(1_000)[0]!;
    expect([...heard.subarray(0, 241)]).toEqual([...new Array(80).fill(10), ...new Array(160).fill(11), 0]);
    // A piece that is longer than all of it leaves its end.
    sink.write([counting(0, 10_000)]);
    expect(source.read(10_000)[0]!.findLast((sample) => sample !== 0)).toBe(9_999);
  });

  it('ends when the last of it has been heard', async () => {
    const { sink, source } = delayLine(mono, { delayMs: 10 });
    await sink.close();
    source.read(79);
    expect(source.ended).toBe(false);
    source.read(1);
    expect(source.ended).toBe(true);
  });
});

describe('teeSink', () => {
  it('gives each of them arrays of its own', async () => {
    const heard: Int16Array[] = [];
    const one = pcmSink((sound) => heard.push(sound[0]!), mono);
    const other = pcmSink((sound) => heard.push(sound[0]!), mono);
    const tee = teeSink(one, other);
    tee.write([counting(1, 3)]);
    expect(heard.map((sound) => [...sound])).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(heard[0]).not.toBe(heard[1]);
    await tee.close();
    tee.write([counting(1, 3)]);
    expect(heard).toHaveLength(2);
  });
});

describe('LevelMeter', () => {
  it('measures a sine 3.01 dB under its peak, each channel for itself', () => {
    const meter = new LevelMeter(2);
    const tone = toneSource({ frequenciesHz: [1_000, 500], levelDbfs: -20, sampleRateHz: 8_000 });
    for (let piece = 0; piece < 50; piece++) {
      const [left] = tone.read(160);
      meter.measure([left!, new Int16Array(160)]);
    }
    const [left, right] = meter.take();
    expect(left!.rmsDbfs).toBeCloseTo(-23.01, 2);
    expect(left!.peakDbfs).toBeCloseTo(-20, 2);
    expect(left!.clipped).toBe(false);
    expect(right).toEqual({ rmsDbfs: -Infinity, peakDbfs: -Infinity, clipped: false });
  });

  it('sees clipping, and forgets it with the look', () => {
    const meter = new LevelMeter(1);
    meter.measure([Int16Array.of(0, 32_767, 32_767)]);
    meter.measure([Int16Array.of(32_767, 0)]);
    expect(meter.take()[0]).toMatchObject({ clipped: true, peakDbfs: expect.closeTo(0, 3) });
    meter.measure([Int16Array.of(100, -32_768, 100)]);
    expect(meter.take()[0]).toMatchObject({ clipped: false, peakDbfs: 0 });
    expect(meter.take()[0]!.rmsDbfs).toBe(-Infinity);
  });
});
