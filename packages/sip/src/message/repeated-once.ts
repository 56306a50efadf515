import { From, To } from './address.ts';
import { CallId, CSeq } from './fields.ts';

/** A bit for each header that an answer repeats and has once (RFC 3261 §8.2.6.2); 0 for every other. */
export const onceBit = (header: number): number => {
  switch (header) {
    case From.header:
      return 0b0001;
    case To.header:
      return 0b0010;
    case CallId.header:
      return 0b0100;
    case CSeq.header:
      return 0b1000;
    default:
      return 0;
  }
};
