import type { WallTime } from '@ringdown/sans-io';

/** A moment as NTP has it: seconds since 1900, and 2⁻³² of one. */
export interface NtpTime {
  readonly seconds: number;
  readonly fraction: number;
}

/** Seconds from 1900 to 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;

/** A date as RTCP has it (RFC 3550 §4). */
export const ntpTime = (moment: WallTime): NtpTime => {
  const seconds = Math.floor(moment / 1_000);
  return {
    seconds: (seconds + NTP_EPOCH_SECONDS) >>> 0,
    fraction: Math.floor(((moment - seconds * 1_000) / 1_000) * 2 ** 32) >>> 0,
  };
};

/** The middle 32 bits, by which reports name it: 65,536ths of a second. */
export const middleOf = ({ seconds, fraction }: NtpTime): number =>
  (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0;

const UNITS_PER_MS = 65.536;

/** A duration in 65,536ths of a second. */
export const delayUnits = (milliseconds: number): number =>
  Math.min(0xffff_ffff, Math.max(0, Math.round(milliseconds * UNITS_PER_MS)));

/**
 * The round trip that a report makes known (RFC 3550 §6.4.1, figure 2), in milliseconds. Undefined where the report echoes
 * nothing, or what cannot be: a peer that invents numbers shall not be believed.
 *
 * @param now the middle 32 bits of the moment when the report came
 */
export const roundTripMs = (now: number, echoed: number, delay: number): number | undefined => {
  if (echoed === 0) return undefined;
  const units = (now - echoed - delay) | 0;
  // Clocks of both sides tick differently: a little less than nothing is nothing.
  if (units < -UNITS_PER_MS * 10 || units > UNITS_PER_MS * LONGEST_ROUND_TRIP_MS) return undefined;
  return Math.max(0, units / UNITS_PER_MS);
};

const LONGEST_ROUND_TRIP_MS = 60_000;
