import { Malformed } from '@ringdown/stun';
import { Lifetime } from '../attributes/numbers.ts';
import type { TurnDesk, TurnRequest } from './requests.ts';

/**
 * For how long an allocation is given: what is asked for, but not longer than the server likes and not shorter than the
 * default (RFC 8656 §7.2, §8.2). 0 where that was asked for.
 */
export const lifetimeMs = ({ message }: TurnRequest, { options }: TurnDesk): number | Malformed => {
  if (message.malformed(Lifetime) !== undefined) return new Malformed('a LIFETIME that cannot be read');
  const asked = message.get(Lifetime);
  if (asked === 0) return 0;
  const longest = Math.min((asked ?? 0) * 1_000, options.maxLifetimeMs);
  return Math.max(longest, options.defaultLifetimeMs);
};
