import type { Random } from '@ringdown/sans-io';

/** RFC 5626 §4.5, with no other flow: base-time and max-time. */
const BASE_MS = 30_000;
const MAX_MS = 1_800_000;

/** How long to wait after a number of failures in a row (RFC 5626 §4.5): half of it is sure, the rest is chance. */
export const backOffMs = (failures: number, random: Random): number => {
  if (failures === 0) return 0;
  const upper = Math.min(MAX_MS, BASE_MS * 2 ** failures);
  return Math.round(upper * (0.5 + random.fraction() / 2));
};
