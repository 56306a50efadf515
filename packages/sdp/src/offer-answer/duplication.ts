import { find, getAll } from '../attribute.ts';
import { DuplicationDelay, Ssrc, SsrcGroup } from '../attributes/source.ts';
import type { MediaDescription, SessionDescription } from '../session-description.ts';

/** Sources of one side that carry the same sound (RFC 7104 §3.2, RFC 7198). */
export interface DuplicatedSources {
  /** The original first, then its copies. */
  readonly ssrcs: readonly number[];
  /** How much later than the original the last copy is sent (RFC 7197); 0 where nothing is said. */
  readonly delayMs: number;
}

/** More copies than this are nobody's wish. */
const MOST_SOURCES = 8;

/**
 * What a side says that it sends more than once. Undefined for none, and for groups that cannot be meant: a source twice, or
 * canonical names that differ (RFC 7198 §3).
 */
export const duplicatedSources = (
  description: SessionDescription,
  media: MediaDescription,
): DuplicatedSources | undefined => {
  const group = getAll(media, SsrcGroup).find(({ semantics }) => semantics === 'DUP');
  const ssrcs = [...new Set(group?.ssrcs)];
  if (ssrcs.length < 2 || ssrcs.length > MOST_SOURCES || ssrcs.length !== group?.ssrcs.length)
    return undefined;
  const names = getAll(media, Ssrc).flatMap(({ ssrc, attribute, value }) =>
    attribute === 'cname' && ssrcs.includes(ssrc) ? [value] : [],
  );
  if (new Set(names).size > 1) return undefined;
  return { ssrcs, delayMs: Math.max(0, ...(find(DuplicationDelay, media, description) ?? [])) };
};
