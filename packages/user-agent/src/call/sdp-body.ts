import type { Text } from '@ringdown/sans-io';
import { ContentType, type HeaderLines, type SipMessage } from '@ringdown/sip';

/** The session description that a message carries; undefined where it has none. */
export const sdpOf = (message: SipMessage, text: Text): string | undefined => {
  if (message.body.length === 0) return undefined;
  const type = message.get(ContentType)?.value.toLowerCase();
  return type === 'application/sdp' ? text.utf8(message.body) : undefined;
};

export const sdpType: HeaderLines = [['Content-Type', 'application/sdp']];
