import { readIceDescription } from '@ringdown/ice';
import type { RemoteIce } from './way.ts';

/** The line that says it. */
export const ICE_MISMATCH = 'ice-mismatch';

const NUMERIC = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:.]*)$/i;
const NOWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * Whether an offer's default destination is none of its candidates: somebody on the way, who does not know ICE, has put in
 * another address, and wants packets to go there (RFC 8839 §4.2.5).
 */
export const isIceMismatch = (ice: RemoteIce, address: string | undefined, port: number): boolean => {
  if (address === undefined || !NUMERIC.test(address)) return false;
  const { candidates, parameters } = readIceDescription(ice.media, ice.session);
  // Nothing is known yet (RFC 8840 §4.1.1).
  if (parameters?.options?.includes('trickle') && (NOWHERE.has(address) || port === 9)) return false;
  return !candidates.some((one) => one.address === address && one.port === port && one.component === 1);
};
