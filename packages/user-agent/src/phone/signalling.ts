import type { Instant, Text } from '@ringdown/sans-io';
import { type Flow, formatHost, type SipMessage } from '@ringdown/sip';
import type { PhoneEvent } from './phone-event.ts';

/** What is longer is cut: one peer must not fill the memory of who only looks on. */
const MAX_CHARACTERS = 16_384;

/** A SIP message as one line of a ladder. */
export const signallingOf = (
  direction: 'sent' | 'received',
  message: SipMessage,
  flow: Flow,
  at: Instant,
  text: Text,
): PhoneEvent => {
  const { address, port } = flow.remote;
  const written = text.utf8(text.latin1Bytes(message.head)) + text.utf8(message.body);
  return {
    kind: 'signalling',
    direction,
    transport: flow.transport,
    peer: `${formatHost(address)}:${port}`,
    summary: written.slice(0, written.search(/[\r\n]|$/)),
    callId: message.text('Call-ID') ?? '',
    text: written.slice(0, MAX_CHARACTERS),
    at,
  };
};
