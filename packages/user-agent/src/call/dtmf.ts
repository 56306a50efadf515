import type { Text } from '@ringdown/sans-io';
import { ContentType, type SipRequest } from '@ringdown/sip';

/** How long a digit is said to sound. */
const DURATION_MS = 160;

/** A body that says one digit is some twenty bytes long. */
const MOST_BYTES = 1_024;

/** The body of an INFO that says a digit, in the form that is spoken everywhere though no RFC has it. */
export const digitBody = (digit: string): string => `Signal=${digit}\r\nDuration=${DURATION_MS}\r\n`;

/** The digit that an INFO says, in either of the two forms that are in use. */
export const digitOf = (request: SipRequest, text: Text): string | undefined => {
  if (request.body.length > MOST_BYTES) return undefined;
  const body = text.utf8(request.body);
  switch (request.get(ContentType)?.value.toLowerCase()) {
    case 'application/dtmf-relay':
      return /^[ \t]*signal[ \t]*=[ \t]*([0-9A-D*#])[ \t]*\r?$/im.exec(body)?.[1]?.toUpperCase();
    case 'application/dtmf':
      return /^\s*([0-9A-D*#])\s*$/i.exec(body)?.[1]?.toUpperCase();
    default:
      return undefined;
  }
};
