import { expect, it } from 'vitest';
import { media } from '../testing/fake-phone.ts';
import { reductionOf, type WantedSound } from './reduction.ts';

const report = (channels: number, sampleRateHz = 48_000): WantedSound['played'] => ({
  name: 'report.wav',
  format: { sampleRateHz, channels },
});
const saidOf = (
  more: Partial<typeof media>,
  wanted: Partial<WantedSound>,
  direction: 'outgoing' | 'incoming' = 'outgoing',
): string | undefined => {
  const reduction = reductionOf(
    { media: { ...media, ...more }, direction },
    { profile: undefined, played: undefined, ...wanted },
  );
  return reduction && `${reduction.what} ${reduction.next}`;
};

it('says that a file is stereo and what is sent is not, and whose profile makes it so', () => {
  const played = report(2);
  const what = 'report.wav is stereo, the call is mono.';
  expect(saidOf({ channels: 1 }, { played })).toBe(
    `${what} Take --profile music-stereo; the other side follows where it names none.`,
  );
  // The other side sends two channels and plays one.
  expect(saidOf({ channels: 2, sentChannels: 1 }, { played, profile: 'music-stereo' })).toBe(
    `${what} Take --profile music-stereo at the other end, too, or none there.`,
  );
  expect(saidOf({ channels: 1 }, { played }, 'incoming')).toContain('Whoever calls takes');
  expect(saidOf({ channels: 2 }, { played: report(6) })).toContain('is of 6 channels, the call is stereo');
});

it('says that lossless became something else, and that a file has more than the codec takes', () => {
  expect(saidOf({}, { profile: 'lossless' })).toContain('Lossless was asked for, and the call has Opus.');
  expect(saidOf({ codec: 'G722', rateHz: 16_000, channels: 1 }, { played: report(1) })).toContain(
    'report.wav has 48 kHz, the call 16 kHz (G722).',
  );
});

it('says nothing where all of it arrives, and where a telephone was asked for', () => {
  expect(saidOf({}, { played: report(2), profile: 'music-stereo' })).toBeUndefined();
  expect(saidOf({ codec: 'L16' }, { played: report(2), profile: 'lossless' })).toBeUndefined();
  expect(saidOf({ rateHz: 44_100, codec: 'L16' }, { played: report(2) })).toBeUndefined();
  const telephone = { codec: 'PCMA', rateHz: 8_000, channels: 1 };
  expect(saidOf(telephone, { played: report(1), profile: 'telephone' })).toBeUndefined();
  expect(saidOf({ channels: 1 }, {})).toBeUndefined();
});
