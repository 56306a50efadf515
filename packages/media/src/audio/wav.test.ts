import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { wavSink } from './wav-sink.ts';
import { wavSource } from './wav-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringdown-wav-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const fileOf = (bytes: Uint8Array): string => {
  const path = join(folder, `${++files}.wav`);
  writeFileSync(path, bytes);
  return path;
};

interface Shape {
  readonly tag?: number;
  readonly channels: number;
  readonly bits: number;
  readonly rate?: number;
  readonly isExtensible?: boolean;
  readonly before?: Uint8Array;
  readonly announced?: number;
  readonly data: Uint8Array;
}

const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const two = (value: number): number[] => [value & 255, (value >> 8) & 255];
const four = (value: number): number[] => [...two(value & 0xffff), ...two(Math.floor(value / 65_536))];

const wave = ({
  tag = 1,
  channels,
  bits,
  rate = 8_000,
  isExtensible = false,
  ...rest
}: Shape): Uint8Array => {
  const align = (channels * bits) / 8;
  const format = [
    ...two(isExtensible ? 0xfffe : tag),
    ...two(channels),
    ...four(rate),
    ...four(rate * align),
    ...two(align),
    ...two(bits),
    ...(isExtensible
      ? [...two(22), ...two(bits), ...four(3), ...two(tag), ...new Array<number>(14).fill(9)]
      : []),
  ];
  const data = [...ascii('data'), ...four(rest.announced ?? rest.data.length), ...rest.data];
  const chunks = [...ascii('fmt '), ...four(format.length), ...format, ...(rest.before ?? []), ...data];
  return Uint8Array.from([...ascii('RIFF'), ...four(chunks.length + 4), ...ascii('WAVE'), ...chunks]);
};

const samplesOf = (path: string, samples: number): number[][] => {
  const source = wavSource(path);
  const sound = source.read(samples);
  source.close();
  return sound.map((channel) => [...channel]);
};

describe('wavSource', () => {
  it.each([
    ['8 bits', 1, 8, [0, 128, 255], [-32_768, 0, 32_512]],
    ['16 bits', 1, 16, [0, 128, 255, 127, 1, 0], [-32_768, 32_767, 1]],
    ['24 bits', 1, 24, [0, 0, 128, 255, 255, 127, 127, 1, 0, 129, 1, 0], [-32_768, 32_767, 1, 2]],
    ['32 bits', 1, 32, [0, 0, 0, 128, 255, 255, 255, 127, 0, 0, 1, 0], [-32_768, 32_767, 1]],
    [
      '32-bit floats',
      3,
      32,
      [...new Uint8Array(Float32Array.of(-1, 2, 0.5, Number.NaN).buffer)],
      [-32_768, 32_767, 16_384, 0],
    ],
  ] as const)('reads %s', (_, tag, bits, data, expected) => {
    const path = fileOf(wave({ tag, channels: 1, bits, data: Uint8Array.from(data) }));
    expect(samplesOf(path, expected.length)).toEqual([[...expected]]);
  });

  it('reads the extensible format, and what stands before the sound does not matter', () => {
    const before = Uint8Array.from([...ascii('LIST'), ...four(3), 1, 2, 3, 0]);
    const data = new Uint8Array(Int16Array.of(1, -1, 2, -2).buffer);
    const path = fileOf(wave({ channels: 2, bits: 16, rate: 44_100, isExtensible: true, before, data }));
    expect(wavSource(path).format).toEqual({ sampleRateHz: 44_100, channels: 2 });
    expect(samplesOf(path, 2)).toEqual([
      [1, 2],
      [-1, -2],
    ]);
  });

  it('plays the first two of more channels', () => {
    const data = new Uint8Array(Int16Array.of(1, 2, 3, 4, 11, 12, 13, 14).buffer);
    expect(samplesOf(fileOf(wave({ channels: 4, bits: 16, data })), 2)).toEqual([
      [1, 11],
      [2, 12],
    ]);
  });

  it('gives silence after the end, or begins again', () => {
    const path = fileOf(wave({ channels: 1, bits: 16, data: new Uint8Array(Int16Array.of(1, 2, 3).buffer) }));
    const once = wavSource(path);
    expect([...once.read(2)[0]!]).toEqual([1, 2]);
    expect(once.ended).toBe(false);
    expect([...once.read(3)[0]!]).toEqual([3, 0, 0]);
    expect(once.ended).toBe(true);
    const again = wavSource(path, { loop: true });
    expect([...again.read(8)[0]!]).toEqual([1, 2, 3, 1, 2, 3, 1, 2]);
    expect(again.ended).toBe(false);
    again.close();
    expect(again.ended).toBe(true);
    expect([...again.read(1)[0]!]).toEqual([0]);
  });

  it('does not turn for ever in a file without sound', () => {
    const source = wavSource(fileOf(wave({ channels: 1, bits: 16, data: new Uint8Array(0) })), {
      loop: true,
    });
    expect(source.ended).toBe(true);
    expect([...source.read(2)[0]!]).toEqual([0, 0]);
  });

  it.each([0, 0xffff_ffff])(
    'reads to the end of a file whose writer never said how long it is (%i)',
    (announced) => {
      const data = new Uint8Array(Int16Array.of(5, 6, 7).buffer);
      expect(samplesOf(fileOf(wave({ channels: 1, bits: 16, announced, data })), 3)).toEqual([[5, 6, 7]]);
    },
  );

  it.each([
    ['no WAVE file', Uint8Array.from(ascii('ID3 this is an mp3')), /no RIFF\/WAVE file.*ffmpeg/],
    ['an empty file', new Uint8Array(0), /no RIFF\/WAVE file/],
    ['RF64', Uint8Array.from([...ascii('RF64'), ...four(0), ...ascii('WAVE')]), /RF64/],
    [
      'µ-law',
      wave({ tag: 7, channels: 1, bits: 8, data: new Uint8Array(8) }),
      /compressed \(µ-law\).*ffmpeg -i/,
    ],
    ['12 bits', wave({ channels: 2, bits: 12, data: new Uint8Array(8) }), /2 channels of 12 bits/],
    [
      'sound that is cut short',
      wave({ channels: 1, bits: 16, announced: 1_000, data: new Uint8Array(10) }),
      /cut short: 1000 bytes of sound are announced, and 10 are there/,
    ],
    [
      'a head that is cut short',
      wave({ channels: 1, bits: 16, data: new Uint8Array(2) }).subarray(0, 30),
      /cut short/,
    ],
  ])('says what is wrong with %s', (_, bytes, message) => {
    expect(() => wavSource(fileOf(bytes))).toThrow(message);
  });

  it('says that there is no such file, or that it is a folder', () => {
    expect(() => wavSource(join(folder, 'nowhere.wav'))).toThrow(/nowhere\.wav cannot be played/);
    expect(() => wavSource(folder)).toThrow(/It is no file/);
  });

  it('throws nothing but its own errors, whatever the bytes are', () => {
    const whole = wave({ channels: 2, bits: 16, data: new Uint8Array(40) });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255))),
        fc.nat(whole.length),
        (flips, length) => {
          const bytes = whole.slice(0, length);
          for (const [at, value] of flips) if (at < length) bytes[at] = value;
          const path = join(folder, 'flipped.wav');
          writeFileSync(path, bytes);
          try {
            const source = wavSource(path);
            expect(source.read(100)[0]).toHaveLength(100);
            source.close();
          } catch (cause) {
            expect(cause).toMatchObject({ name: 'SoundError', what: expect.stringContaining('flipped.wav') });
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('becomes silence when the file shrinks while it is played', () => {
    const path = fileOf(wave({ channels: 1, bits: 16, data: new Uint8Array(200_000).fill(1) }));
    const source = wavSource(path);
    expect(source.read(10)[0]!.every((sample) => sample === 257)).toBe(true);
    truncateSync(path, 1_000);
    const rest = source.read(100_000)[0]!;
    expect(rest.at(-1)).toBe(0);
    expect(source.ended).toBe(true);
  });
});

/** The bytes of sound that a header speaks of. */
const announced = (bytes: Buffer): number => bytes.readUInt32LE(40);

describe('wavSink', () => {
  it('writes what wavSource reads, sample by sample', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.int16Array({ maxLength: 300 }), { maxLength: 12 }), async (pieces) => {
        const path = join(folder, 'round.wav');
        const sink = wavSink(path, { sampleRateHz: 8_000, channels: 2 });
        for (const piece of pieces) sink.write([piece, piece.map((sample) => ~sample)]);
        await sink.close();
        const written = pieces.flatMap((piece) => [...piece]);
        const source = wavSource(path);
        const [left, right] = source.read(written.length);
        source.close();
        expect([...left!]).toEqual(written);
        expect([...right!]).toEqual(written.map((sample) => ~sample));
      }),
      { numRuns: 40 },
    );
  });

  it('has a right header in the middle of a recording, as far as the sound is on the disk', async () => {
    const path = join(folder, 'killed.wav');
    const sink = wavSink(path, { sampleRateHz: 8_000, channels: 1 });
    expect(wavSource(path).ended).toBe(true);
    for (let second = 0; second < 3; second++) sink.write([new Int16Array(8_000).fill(second + 1)]);
    await expect.poll(() => statSync(path).size, { timeout: 10_000 }).toBeGreaterThanOrEqual(44 + 2 * 16_000);
    // As if the process were gone now: a copy of the file as it stands.
    await expect
      .poll(() => announced(readFileSync(path)), { timeout: 10_000 })
      .toBeGreaterThanOrEqual(32_000);
    const bytes = readFileSync(path);
    expect(announced(bytes)).toBeLessThanOrEqual(bytes.length - 44);
    expect(bytes.readUInt32LE(4)).toBe(36 + announced(bytes));
    const source = wavSource(fileOf(bytes));
    expect(source.read(1)[0]![0]).toBe(1);
    await sink.close();
    expect(samplesOf(path, 24_000)[0]!.at(-1)).toBe(3);
    expect(statSync(path).size).toBe(44 + 2 * 24_000);
    expect(announced(readFileSync(path))).toBe(2 * 24_000);
  });

  it('never becomes longer than it may, and tells it', async () => {
    const path = join(folder, 'full.wav');
    const told: string[] = [];
    const failed = (why: Error): number => told.push(why.message);
    const sink = wavSink(path, { sampleRateHz: 8_000, channels: 2 }, { maxBytes: 1_003, failed });
    sink.write([new Int16Array(250), new Int16Array(250)]);
    expect(told).toEqual([]);
    sink.write([new Int16Array(400), new Int16Array(400)]);
    sink.write([new Int16Array(400), new Int16Array(400)]);
    expect(told).toEqual([expect.stringMatching(/full\.wav is not whole.*1000 bytes of sound/)]);
    await expect(sink.close()).rejects.toThrow(/full\.wav is not whole.*may not become longer/);
    expect(statSync(path).size).toBe(44 + 1_000);
    expect(wavSource(path).read(1)[0]![0]).toBe(0);
  });

  it('says why a file cannot be made', () => {
    const format = { sampleRateHz: 8_000, channels: 1 };
    expect(() => wavSink(join(folder, 'no', 'x.wav'), format)).toThrow(
      /cannot be recorded.*no such file or folder/,
    );
    expect(() => wavSink(folder, format)).toThrow(/it is a folder/);
  });
});
