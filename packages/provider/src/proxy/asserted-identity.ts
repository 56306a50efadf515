import { PAssertedIdentity, PPreferredIdentity, RemotePartyId, type SipMessage } from '@ringdown/sip';

type Header = typeof PAssertedIdentity;

const ALL: readonly Header[] = Object.freeze([PAssertedIdentity, PPreferredIdentity, RemotePartyId]);
const PREFERRED: readonly Header[] = Object.freeze([PPreferredIdentity]);

/**
 * The headers that say who somebody is and may not go on (RFC 3325 §5, §7): all of them where nobody says so who is trusted,
 * or where the caller wants it hidden and the next hop is not trusted. What is only preferred is for the first proxy, us.
 */
export const droppedIdentities = (
  message: SipMessage,
  isFromTrusted: boolean,
  isToTrusted: boolean,
): readonly Header[] => {
  if (!isFromTrusted) return ALL;
  return isToTrusted || !wantsPrivacy(message) ? PREFERRED : ALL;
};

/** RFC 3325 §9.3, and the parameter that Remote-Party-ID had for it. */
const wantsPrivacy = (message: SipMessage): boolean => {
  const asked = (message.text('Privacy') ?? '').toLowerCase().split(';');
  return (
    asked.some((word) => word.trim() === 'id') ||
    message.texts(RemotePartyId).some((party) => /;\s*privacy\s*=\s*"?(?!off)[a-z]/i.test(party))
  );
};

/** Whether a message says who somebody is. */
export const hasIdentity = (message: SipMessage): boolean =>
  ALL.some(({ header }) => message.indexOf(header) >= 0);
