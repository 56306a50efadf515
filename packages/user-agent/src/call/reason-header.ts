import type { Text } from '@ringdown/sans-io';
import { type HeaderLines, quote, Reason, type SipMessage, splitAtCommas, unquote } from '@ringdown/sip';
import { type Cause, causes } from '../cause.ts';

/** What a peer may tell us, of its reasons, for a user to read. */
const MAX_TEXT = 200;
const CONTROLS = /\p{Cc}+/gu;

/** Why we end a call, for the peer (RFC 3326). */
export const reasonHeader = ({ status, what }: Cause, text: Text): HeaderLines => {
  // A head is bytes: of a letter beyond latin1 the low byte could be a line's end.
  const words = text.latin1(text.utf8Bytes(what.replace(CONTROLS, ' ')));
  return [['Reason', `SIP${status === undefined ? '' : ` ;cause=${status}`} ;text=${quote(words)}`]];
};

/**
 * What a BYE or a CANCEL says of its reasons; `otherwise` where it says nothing. Its words are UTF-8 (RFC 3261 §25.1), and of
 * those that would do something to a screen nothing is left.
 */
export const toldBy = (request: SipMessage, otherwise: Cause, text: Text): Cause => {
  const value = splitAtCommas(request.get(Reason) ?? '').find((one) => /^SIP\s*(?:;|$)/i.test(one));
  if (value === undefined) return otherwise;
  const status = Number(/;\s*cause\s*=\s*(\d{3})(?!\d)/i.exec(value)?.[1] ?? 0);
  // RFC 3326 §3.1, §3.2: a forking proxy says so to those whom it takes the call back from.
  if (otherwise === causes.callerGaveUp && status === 200) return causes.answeredElsewhere;
  if (otherwise === causes.callerGaveUp && status >= 600) return causes.declinedElsewhere;
  const quoted = /;\s*text\s*=\s*("(?:[^"\\]|\\.)*")/i.exec(value)?.[1];
  const said = quoted === undefined ? '' : text.utf8(text.latin1Bytes(unquote(quoted)));
  const words = said.replace(CONTROLS, ' ').trim().slice(0, MAX_TEXT);
  return {
    ...(status >= 300 && { status }),
    what:
      words === '' ? otherwise.what : `${otherwise.what.replace(/\.$/, '')}: ${words.replace(/\.$/, '')}.`,
    next: otherwise.next,
  };
};
