import { timingSafeEqual } from 'node:crypto';

/** Compares bytes in a time that does not tell where they differ. */
export const sameBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && timingSafeEqual(left, right);
