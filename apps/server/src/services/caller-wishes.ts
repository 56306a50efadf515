import { nodeText } from '@ringdown/net';
import type { SipRequest } from '@ringdown/sip';
import type { MediaProfile } from '@ringdown/user-agent';

/** The payload types that RFC 3551 §6 has given to L16. */
const STATIC_L16: ReadonlySet<string> = new Set(['10', '11']);

/**
 * What a caller tries out, by what it offers: lossless sound where that is its first choice, stereo where it says that it hears
 * it (RFC 7587 §6.1), a conversation otherwise.
 */
export const wantedProfile = (invite: SipRequest): MediaProfile => {
  const offer = nodeText.latin1(invite.body);
  const first = /^m=audio \d+ \S+ (\d+)/m.exec(offer)?.[1];
  if (first === undefined) return 'interview';
  const isLossless = STATIC_L16.has(first) || new RegExp(`^a=rtpmap:${first} L16/`, 'im').test(offer);
  if (isLossless) return 'lossless';
  return /^a=fmtp:\d+ (?:.*;\s*)?stereo=1\b/m.test(offer) ? 'music-stereo' : 'interview';
};
