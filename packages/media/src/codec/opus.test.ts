import { hasOpusRedundancy, isOpusSilence, type Pcm, readOpus } from '@ringdown/rtp';
import { seededRandom } from '@ringdown/sans-io';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { loadOpus, type OpusCodec } from './opus.ts';
import type { OpusOptions } from './opus-options.ts';

const RATE_HZ = 48_000;
const opus = await loadOpus();
const open: OpusCodec[] = [];
const codec = (options: Partial<OpusOptions> = {}): OpusCodec => {
  const made = opus.codec(options);
  open.push(made);
  return made;
};
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const tone = (frequencyHz: number, amplitude: number, from: number, samples: number): Int16Array =>
  Int16Array.from({ length: samples }, (_, index) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * frequencyHz * (from + index)) / RATE_HZ)),
  );

/** The amplitude of one frequency in sound (Goertzel, as a plain sum). */
const amplitudeAt = (sound: Int16Array, frequencyHz: number): number => {
  let [sine, cosine] = [0, 0];
  sound.forEach((sample, index) => {
    const angle = (2 * Math.PI * frequencyHz * index) / RATE_HZ;
    sine += sample * Math.sin(angle);
    cosine += sample * Math.cos(angle);
  });
  return (2 * Math.hypot(sine, cosine)) / sound.length;
};

const rms = (sound: Int16Array): number =>
  Math.sqrt(sound.reduce((sum, one) => sum + one * one, 0) / sound.length);

const rmsError = (one: Int16Array, other: Int16Array): number =>
  Math.sqrt(one.reduce((sum, sample, index) => sum + (sample - other[index]!) ** 2, 0) / one.length);

/** Pulses of a voice whose pitch and vowels move, as those of a speaker do. */
const speech = (packets: number, packetSamples = 960): readonly Int16Array[] => {
  const random = seededRandom(7);
  let phase = 0;
  const formants = [
    { hz: 500, before: [0, 0] },
    { hz: 1_500, before: [0, 0] },
  ];
  const samples = Int16Array.from({ length: packets * packetSamples }, (_, index) => {
    const seconds = index / RATE_HZ;
    phase += (130 + 40 * Math.sin(2 * Math.PI * 1.7 * seconds)) / RATE_HZ;
    const pulse = phase >= 1 ? 1 : 0;
    phase %= 1;
    const driven = pulse * 6_000 + (random.fraction() - 0.5) * 60;
    const loudness = 0.55 + 0.45 * Math.sin(2 * Math.PI * 3.1 * seconds);
    let sum = 0;
    for (const formant of formants) {
      const hz = formant.hz * (1 + 0.3 * Math.sin(2 * Math.PI * 2.3 * seconds));
      const radius = 0.994;
      const out =
        driven * 0.5 +
        2 * radius * Math.cos((2 * Math.PI * hz) / RATE_HZ) * formant.before[0]! -
        radius * radius * formant.before[1]!;
      formant.before = [out, formant.before[0]!];
      sum += out;
    }
    return Math.max(-32_768, Math.min(32_767, Math.round(sum * loudness * 0.4)));
  });
  return Array.from({ length: packets }, (_, packet) =>
    samples.subarray(packet * packetSamples, (packet + 1) * packetSamples),
  );
};

const joined = (pieces: readonly Pcm[], channel = 0): Int16Array => {
  const length = pieces.reduce((sum, piece) => sum + piece[channel]!.length, 0);
  const whole = new Int16Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece[channel]!, at);
    at += piece[channel]!.length;
  }
  return whole;
};

describe('Opus', () => {
  test('the channels of stereo stay apart, each with its tone and level', () => {
    const coder = codec({ channels: 2, application: 'audio', bitsPerSecond: 128_000 });
    const heard = Array.from({ length: 50 }, (_, packet) =>
      coder.decode(
        coder.encode([tone(440, 10_000, packet * 960, 960), tone(1_000, 5_000, packet * 960, 960)]),
      ),
    );
    const [left, right] = [joined(heard, 0).subarray(9_600), joined(heard, 1).subarray(9_600)];
    expect(amplitudeAt(left, 440)).toBeGreaterThan(9_500);
    expect(amplitudeAt(left, 440)).toBeLessThan(10_500);
    expect(amplitudeAt(right, 1_000)).toBeGreaterThan(4_750);
    expect(amplitudeAt(right, 1_000)).toBeLessThan(5_250);
    // 40 dB between the two.
    expect(amplitudeAt(left, 1_000)).toBeLessThan(50);
    expect(amplitudeAt(right, 440)).toBeLessThan(100);
  });

  test.each([120, 240, 480, 960, 1_920, 2_880])('a packet of %i samples comes back as long', (samples) => {
    const coder = codec();
    const packet = coder.encode([tone(500, 8_000, 0, samples)]);
    expect(coder.durationOf(packet)).toBe(samples);
    expect(coder.decode(packet)[0]).toHaveLength(samples);
  });

  test('sound of a wrong length or shape is refused, and settings that libopus does not have', () => {
    expect(() => codec().encode([new Int16Array(100)])).toThrow('100 samples');
    expect(() => codec().encode([])).toThrow('0 channels');
    expect(() => codec({ channels: 2 }).encode([new Int16Array(960)])).toThrow('1 channels');
    expect(() => codec({ channels: 2 }).encode([new Int16Array(960), new Int16Array(480)])).toThrow(
      RangeError,
    );
    expect(() => codec({ complexity: 11 })).toThrow('invalid argument');
  });

  test('a mono packet gives two equal channels where two are played, and stereo one where one is', () => {
    const [mono, stereo] = [codec(), codec({ channels: 2, application: 'audio', bitsPerSecond: 96_000 })];
    const both = Array.from({ length: 20 }, (_, packet) =>
      stereo.decode(mono.encode([tone(700, 8_000, packet * 960, 960)])),
    ).at(-1)!;
    expect(both).toHaveLength(2);
    expect(both[0]).toEqual(both[1]);
    expect(amplitudeAt(both[0]!, 700)).toBeGreaterThan(7_000);
    const one = Array.from({ length: 20 }, (_, packet) => {
      const sound = tone(700, 8_000, packet * 960, 960);
      return mono.decode(stereo.encode([sound, sound]));
    }).at(-1)!;
    expect(one).toHaveLength(1);
    expect(amplitudeAt(one[0]!, 700)).toBeGreaterThan(7_000);
  });

  test('two channels are sent as one where the peer plays one', () => {
    const coder = codec({ channels: 2, sentChannels: 1, application: 'audio' });
    const packets = Array.from({ length: 10 }, (_, packet) =>
      coder.encode([tone(440, 9_000, packet * 960, 960), tone(440, 9_000, packet * 960, 960)]),
    );
    expect(packets.map((packet) => readOpus(packet))).toEqual(
      packets.map(() => expect.objectContaining({ stereo: false })),
    );
  });

  test('redundancy in the packet behind a lost one is nearer to what was said than a guess', () => {
    const options = { inBandFec: true, expectedLossRatio: 0.2, signal: 'voice' } as const;
    const [sender, lossless, recovering, guessing] = [
      codec(options),
      codec(options),
      codec(options),
      codec(options),
    ];
    const packets = speech(200).map((sound) => sender.encode([sound]));
    expect(packets.filter(hasOpusRedundancy).length).toBeGreaterThan(100);
    const errors = { recovered: 0, guessed: 0, losses: 0 };
    packets.forEach((packet, index) => {
      const whole = lossless.decode(packet);
      const following = packets[index + 1];
      if (index % 10 !== 9 || following === undefined) {
        recovering.decode(packet);
        guessing.decode(packet);
        return;
      }
      const recovered = recovering.recover(following, 960);
      const guessed = guessing.conceal(960);
      expect(guessed[0]).toHaveLength(960);
      if (recovered === undefined) {
        expect(hasOpusRedundancy(following)).toBe(false);
        recovering.conceal(960);
        return;
      }
      expect(recovered[0]).toHaveLength(960);
      errors.recovered += rmsError(recovered[0]!, whole[0]!) ** 2;
      errors.guessed += rmsError(guessed[0]!, whole[0]!) ** 2;
      errors.losses++;
    });
    expect(errors.losses).toBeGreaterThan(10);
    expect(Math.sqrt(errors.recovered)).toBeLessThan(Math.sqrt(errors.guessed) / 2);
  });

  test('there is nothing to recover from a packet without redundancy, of CELT, or too long for the hole', () => {
    const plain = codec({ signal: 'voice' });
    const music = codec({ application: 'audio', bitsPerSecond: 128_000 });
    const long = codec({ inBandFec: true, expectedLossRatio: 0.3, signal: 'voice', bitsPerSecond: 20_000 });
    for (const sound of speech(20)) {
      expect(plain.recover(plain.encode([sound]), 960)).toBeUndefined();
      expect(music.recover(music.encode([sound]), 960)).toBeUndefined();
    }
    const packets = speech(20, 2_880).map((sound) => long.encode([sound]));
    const withCopy = packets.find(hasOpusRedundancy)!;
    expect(long.recover(withCopy, 960)).toBeUndefined();
    expect(long.recover(withCopy, 2_880)?.[0]).toHaveLength(2_880);
    expect(long.recover(new Uint8Array(0), 960)).toBeUndefined();
    expect(long.recover(withCopy, 2_881)).toBeUndefined();
  });

  test('more redundancy follows from what the peer says of losses', () => {
    const coder = codec({ inBandFec: true, expectedLossRatio: 0, signal: 'voice' });
    const sounds = speech(60);
    const before = sounds.slice(0, 20).map((sound) => coder.encode([sound]));
    expect(before.filter(hasOpusRedundancy)).toHaveLength(0);
    coder.expectLoss(0.2);
    const behind = sounds.slice(20).map((sound) => coder.encode([sound]));
    expect(behind.filter(hasOpusRedundancy).length).toBeGreaterThan(10);
  });

  test.each([
    [1, 24_000, true],
    [1, 32_000, false],
    [1, 64_000, false],
    [2, 128_000, false],
    [2, 256_000, true],
  ] as const)(
    '%i channels at %i bit/s, constant: %s, take about that',
    (channels, bitsPerSecond, constantBitrate) => {
      const application = channels === 1 ? 'voip' : 'audio';
      const coder = codec({ channels, bitsPerSecond, constantBitrate, application });
      const sounds = speech(250);
      const sizes = sounds.map(
        (sound, packet) =>
          coder.encode(channels === 1 ? [sound] : [sound, tone(660, 7_000, packet * 960, 960)]).length,
      );
      const measured = (sizes.reduce((sum, size) => sum + size, 0) * 8) / (sizes.length * 0.02);
      expect(Math.abs(measured - bitsPerSecond)).toBeLessThan(bitsPerSecond / 10);
      if (constantBitrate) expect(new Set(sizes).size).toBe(1);
    },
  );

  test('no packet grows over what goes whole through a network', () => {
    const coder = codec({ channels: 2, application: 'audio', bitsPerSecond: 510_000, constantBitrate: true });
    const random = seededRandom(3);
    const noise = (): Int16Array =>
      Int16Array.from({ length: 2_880 }, () => Math.round((random.fraction() - 0.5) * 60_000));
    for (let packet = 0; packet < 10; packet++)
      expect(coder.encode([noise(), noise()]).length).toBeLessThanOrEqual(1_200);
  });

  test('silence becomes packets of a byte or two where that is asked for', () => {
    const silences = (discontinuous: boolean): number => {
      const coder = codec({ discontinuous, signal: 'voice' });
      for (const sound of speech(20)) coder.encode([sound]);
      return Array.from({ length: 60 }, () => coder.encode([new Int16Array(960)])).filter(isOpusSilence)
        .length;
    };
    expect(silences(true)).toBeGreaterThan(30);
    expect(silences(false)).toBe(0);
  });

  test('nothing is sent above what the peer can play', () => {
    const coder = codec({ bandwidth: 'wideband', bitsPerSecond: 48_000 });
    const packets = speech(20).map((sound) => readOpus(coder.encode([sound])));
    expect(packets.at(-1)).toMatchObject({ bandwidth: 'wideband' });
  });

  test('what is missing is made up, fades, and has any length', () => {
    const coder = codec();
    for (let packet = 0; packet < 20; packet++)
      coder.decode(coder.encode([tone(300, 10_000, packet * 960, 960)]));
    expect(rms(coder.conceal(960)[0]!)).toBeGreaterThan(1_000);
    expect(coder.conceal(0)[0]).toHaveLength(0);
    expect(coder.conceal(77)[0]).toHaveLength(77);
    const long = coder.conceal(48_000)[0]!;
    expect(long).toHaveLength(48_000);
    expect(rms(long.subarray(40_000))).toBeLessThan(1_000);
  });

  test('whatever bytes come, sound of the right length comes out, and the stream goes on', () => {
    const [sender, listener] = [codec(), codec({ channels: 2 })];
    const good = speech(3).map((sound) => sender.encode([sound]));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 1_500 }),
      fc
        .tuple(fc.constantFrom(...good), fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 }))
        .map(([packet, changes]) => {
          const damaged = packet.slice();
          for (const [at, value] of changes) damaged[at % damaged.length] = value;
          return damaged;
        }),
    );
    fc.assert(
      fc.property(bytes, fc.boolean(), (payload, recovers) => {
        const units = listener.durationOf(payload);
        if (recovers) {
          const recovered = listener.recover(payload, 960);
          if (recovered !== undefined) expect(recovered.map(({ length }) => length)).toEqual([960, 960]);
        }
        const heard = listener.decode(payload);
        expect(heard).toHaveLength(2);
        expect(heard[0]).toHaveLength(units ?? heard[1]!.length);
        expect(heard[0]!.length).toBeLessThanOrEqual(5_760);
        expect(heard[0]).toHaveLength(heard[1]!.length);
      }),
      { numRuns: 3_000 },
    );
    for (let packet = 0; packet < 30; packet++)
      listener.decode(sender.encode([tone(300, 10_000, packet * 960, 960)]));
    const heard = listener.decode(sender.encode([tone(300, 10_000, 30 * 960, 960)]));
    expect(amplitudeAt(heard[0]!, 300)).toBeGreaterThan(8_000);
  });

  test('a packet longer than any Opus packet is concealed', () => {
    const coder = codec();
    expect(coder.decode(new Uint8Array(65_000).fill(0xff))[0]).toHaveLength(960);
    expect(coder.decode(new Uint8Array(0))[0]).toHaveLength(960);
  });

  test('a thousand codecs, made and closed, take no more memory than ten', () => {
    const turn = (count: number): number => {
      for (let index = 0; index < count; index++) {
        const coder = opus.codec({ channels: 2, application: 'audio' });
        coder.decode(coder.encode([new Int16Array(960), new Int16Array(960)]));
        coder.close();
      }
      return opus.memoryBytes;
    };
    const before = turn(10);
    expect(turn(1_000)).toBe(before);
  });

  test('many codecs at once let the memory grow, and those that were there go on', () => {
    const first = codec({ channels: 2, application: 'audio', bitsPerSecond: 128_000 });
    const before = opus.memoryBytes;
    const sound = (packet: number): Pcm => [
      tone(440, 10_000, packet * 960, 960),
      tone(1_000, 5_000, packet * 960, 960),
    ];
    for (let packet = 0; packet < 10; packet++) first.decode(first.encode(sound(packet)));
    while (opus.memoryBytes === before) codec({ channels: 2 });
    for (let packet = 10; packet < 20; packet++) first.decode(first.encode(sound(packet)));
    const heard = first.decode(first.encode(sound(20)));
    expect(amplitudeAt(heard[0]!, 450)).toBeGreaterThan(7_000);
  });

  test('a closed codec hears silence, and says nothing', () => {
    const coder = codec();
    const packet = coder.encode([tone(500, 8_000, 0, 960)]);
    coder.close();
    coder.close();
    expect(coder.decode(packet)).toEqual([new Int16Array(960)]);
    expect(coder.conceal(100)).toEqual([new Int16Array(100)]);
    coder.expectLoss(0.5);
    expect(() => coder.encode([new Int16Array(960)])).toThrow('closed');
  });
});
