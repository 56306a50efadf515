import { expect, test } from 'vitest';
import { packetTimeWarning } from './payload/l16.ts';
import { AUDIO_PROFILES } from './profiles.ts';

test.each(Object.entries(AUDIO_PROFILES))(
  '%s: packets fit the MTU, and the numbers are those of RFC 3551',
  (_, profile) => {
    const fixed = { PCMU: 0, PCMA: 8, G722: 9 } as const;
    for (const {
      encodingName,
      bitsPerSecond,
      packetMs,
      clockRateHz,
      channels,
      staticPayloadType,
    } of profile.codecs) {
      expect(packetTimeWarning(packetMs, bitsPerSecond / 8)).toBeUndefined();
      if (encodingName === 'L16') {
        // 10 and 11 are for 44.1 kHz alone.
        const expected = clockRateHz === 44_100 ? (channels === 2 ? 10 : 11) : undefined;
        expect(staticPayloadType).toBe(expected);
        expect(bitsPerSecond).toBe(16 * clockRateHz * channels);
      } else if (encodingName === 'opus')
        expect([clockRateHz, staticPayloadType]).toEqual([48_000, undefined]);
      else expect([clockRateHz, staticPayloadType]).toEqual([8_000, fixed[encodingName]]);
    }
    expect(profile.buffer.maxMs).toBeGreaterThan(profile.buffer.targetMs);
  },
);
