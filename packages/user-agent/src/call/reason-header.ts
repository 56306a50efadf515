import { type HeaderLines, quote, Reason, type SipMessage, splitAtCommas, unquote } from '@ringdown/sip';
import { type Cause, causes } from '../cause.ts';

/** What a peer may tell us, of its reasons, for a user to read. */
const MAX_TEXT = 200;

/** Why we end a call, for the peer (RFC 3326). */
export const reasonHeader = ({ status, what }: Cause): HeaderLines => {
  const text = quote(what.replace(/\p{Cc}+/gu, ' '));
  return [['Reason', `SIP${status === undefined ? '' : ` ;cause=${status}`} ;text=${text}`]];
};

/** What a BYE or a CANCEL says of its reasons; `otherwise` where it says nothing. */
export const toldBy = (request: SipMessage, otherwise: Cause): Cause => {
  const value = splitAtCommas(request.get(Reason) ?? '').find((one) => /^SIP\s*(?:;|$)/i.test(one));
  if (value === undefined) return otherwise;
  const status = Number(/;\s*cause\s*=\s*(\d{3})(?!\d)/i.exec(value)?.[1] ?? 0);
  // RFC 3326 §3.1, §3.2: a forking proxy says so to those whom it takes the call back from.
  if (otherwise === causes.callerGaveUp && status === 200) return causes.answeredElsewhere;
  if (otherwise === causes.callerGaveUp && status >= 600) return causes.declinedElsewhere;
  const quoted = /;\s*text\s*=\s*("(?:[^"\\]|\\.)*")/i.exec(value)?.[1];
  const text = quoted === undefined ? '' : unquote(quoted).trim().slice(0, MAX_TEXT);
  return {
    ...(status >= 300 && { status }),
    what: text === '' ? otherwise.what : `${otherwise.what.replace(/\.$/, '')}: ${text.replace(/\.$/, '')}.`,
    next: otherwise.next,
  };
};
