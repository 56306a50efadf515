import { readOpus } from '@ringdown/rtp';
import { describe, expect, test } from 'vitest';
import { type CodecTerms, codecFor, opusOptions } from './codec-for.ts';
import { loadOpus } from './opus.ts';

const opus = await loadOpus();
const terms = (name: string, parts: Partial<CodecTerms> = {}): CodecTerms => ({
  name,
  clockRateHz: 8_000,
  channels: 1,
  sendParameters: '',
  receiveParameters: '',
  ...parts,
});
const opusTerms = (sendParameters: string, receiveParameters = ''): CodecTerms =>
  terms('opus', { clockRateHz: 48_000, channels: 2, sendParameters, receiveParameters });

describe('the codec for what was agreed', () => {
  test.each([
    [terms('PCMU'), { encodingName: 'PCMU', sampleRateHz: 8_000, clockRateHz: 8_000, channels: 1 }],
    [terms('pcma'), { encodingName: 'PCMA', sampleRateHz: 8_000, clockRateHz: 8_000, channels: 1 }],
    [terms('G722'), { encodingName: 'G722', sampleRateHz: 16_000, clockRateHz: 8_000, channels: 1 }],
    [
      terms('L16', { clockRateHz: 44_100, channels: 2 }),
      { encodingName: 'L16', sampleRateHz: 44_100, clockRateHz: 44_100, channels: 2 },
    ],
    [
      opusTerms('', 'stereo=1'),
      { encodingName: 'opus', sampleRateHz: 48_000, clockRateHz: 48_000, channels: 2 },
    ],
    [opusTerms(''), { encodingName: 'opus', sampleRateHz: 48_000, clockRateHz: 48_000, channels: 1 }],
  ] as const)('$name', (agreed, format) => {
    const codec = codecFor(agreed, opus)!;
    expect(codec.format).toEqual(format);
    const samples = format.sampleRateHz / 100;
    const sound = Array.from({ length: format.channels }, () => new Int16Array(samples).fill(100));
    const payload = codec.encode(sound);
    expect(codec.durationOf(payload)).toBe(format.clockRateHz / 100);
    const heard = codec.decode(payload);
    expect(heard.map(({ length }) => length)).toEqual(sound.map(() => samples));
    expect(codec.conceal(samples)).toHaveLength(format.channels);
    codec.expectLoss(0.1);
    codec.close();
  });

  test('what nobody here has is nothing', () => {
    expect(codecFor(terms('GSM'), opus)).toBeUndefined();
  });

  test('the bit rate is the profile’s, and no more than the peer allows', () => {
    const rate = (agreed: CodecTerms, profile?: Parameters<typeof codecFor>[2]): number => {
      const codec = codecFor(agreed, opus, profile)!;
      codec.close();
      return codec.bitsPerSecond;
    };
    expect(rate(opusTerms(''))).toBe(32_000);
    expect(rate(opusTerms(''), 'interview')).toBe(64_000);
    expect(rate(opusTerms('maxaveragebitrate=20000'), 'interview')).toBe(20_000);
    expect(rate(opusTerms('stereo=1'), 'music-stereo')).toBe(256_000);
    expect(rate(opusTerms(''), 'music-stereo')).toBe(128_000);
    expect(rate(opusTerms(''), 'telephone')).toBe(32_000);
    expect(rate(terms('L16', { clockRateHz: 48_000, channels: 2 }), 'lossless')).toBe(1_536_000);
    expect(rate(terms('PCMA'))).toBe(64_000);
  });
});

describe('what the peer’s parameters make of the encoder (RFC 7587 §6.1)', () => {
  test('nothing said: mono, no redundancy, no pauses, variable', () => {
    expect(opusOptions({ sendParameters: '', receiveParameters: '' })).toMatchObject({
      channels: 1,
      inBandFec: false,
      discontinuous: false,
      constantBitrate: false,
      bandwidth: 'fullband',
      application: 'voip',
    });
  });

  test('each of them', () => {
    const of = (text: string, profile?: Parameters<typeof opusOptions>[1]) =>
      opusOptions({ sendParameters: text, receiveParameters: '' }, profile);
    expect(of('useinbandfec=1')).toMatchObject({ inBandFec: true, expectedLossRatio: 0.05 });
    expect(of('usedtx=1')).toMatchObject({ discontinuous: true });
    expect(of('cbr=1')).toMatchObject({ constantBitrate: true });
    expect(of('stereo=1')).toMatchObject({ channels: 2, sentChannels: 2 });
    expect(of('maxplaybackrate=8000')).toMatchObject({ bandwidth: 'narrowband' });
    expect(of('maxplaybackrate=12000')).toMatchObject({ bandwidth: 'mediumband' });
    expect(of('maxplaybackrate=16000')).toMatchObject({ bandwidth: 'wideband' });
    expect(of('maxplaybackrate=24000')).toMatchObject({ bandwidth: 'superwideband' });
    expect(of('maxplaybackrate=44100')).toMatchObject({ bandwidth: 'superwideband' });
    expect(of('usedtx=1;stereo=1', 'music-stereo')).toMatchObject({
      discontinuous: false,
      application: 'audio',
      signal: 'auto',
      constantBitrate: true,
    });
  });

  test('we hear two channels where we asked for them, though the peer hears one', () => {
    const agreed = opusTerms('', 'stereo=1;sprop-stereo=1');
    expect(opusOptions(agreed, 'music-stereo')).toMatchObject({ channels: 2, sentChannels: 1 });
    const codec = codecFor(agreed, opus, 'music-stereo')!;
    const sound = new Int16Array(960).fill(50);
    expect(readOpus(codec.encode([sound, sound]))).toMatchObject({ stereo: false });
    codec.close();
  });
});
