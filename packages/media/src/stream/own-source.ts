import type { Random } from '@ringdown/sans-io';
import type { LocalSource } from '@ringdown/sdp';

/** What our packets are known by; it stays over re-offers (RFC 5576). */
export interface OwnSource {
  readonly ssrc: number;
  /** Of copies, where there are any (RFC 7104 §3.2). */
  readonly copySsrc: number;
  /** For one call, and of no meaning (RFC 7022 §4.2). */
  readonly cname: string;
}

/** All of it is new: two calls have nothing in common by which one could be told from the other. */
export const drawSource = (random: Random): OwnSource => {
  const ssrc = drawSsrc(random);
  let copySsrc = drawSsrc(random);
  while (copySsrc === ssrc) copySsrc = drawSsrc(random);
  return { ssrc, copySsrc, cname: random.token(16) };
};

const drawSsrc = (random: Random): number => Math.floor(random.fraction() * 2 ** 32);

/** As a description says it. @param copyDelayMs undefined: each packet is sent once */
export const describedSource = (
  { ssrc, copySsrc, cname }: OwnSource,
  copyDelayMs: number | undefined,
): LocalSource => ({
  ssrc,
  cname,
  ...(copyDelayMs === undefined ? {} : { copy: { ssrc: copySsrc, delayMs: copyDelayMs } }),
});
