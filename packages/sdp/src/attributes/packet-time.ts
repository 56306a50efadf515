import type { Attribute } from '../attribute.ts';
import { decimalIn, malformed } from '../grammar.ts';

const LONGEST_PACKET_MS = 10_000;

const milliseconds = (name: string, clause: string): Attribute<number> => ({
  name,
  decode: (value) => decimalIn(value, LONGEST_PACKET_MS) ?? malformed(`a=${name}`, clause),
  encode: String,
});

/** `a=ptime:20`: how much sound a packet should hold that is sent to whoever says so (RFC 8866 §6.4). Fractions: AES67 §8.1. */
export const Ptime = milliseconds('ptime', 'RFC 8866 §6.4');

/** `a=maxptime:60` (RFC 8866 §6.5). */
export const Maxptime = milliseconds('maxptime', 'RFC 8866 §6.5');
