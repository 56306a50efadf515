import {
  bodyOf,
  ContentLength,
  edit,
  type Message,
  type SipMessage,
  SipRequest,
  SipResponse,
} from '@ringdown/sip';

/** A message as one buffer, head and body as they are: a datagram or a WebSocket frame. */
export const messageBytes = (message: SipMessage): Buffer => joined(message.head, message.body);

const joined = (head: string, body: Uint8Array): Buffer => {
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 0, 'latin1');
  if (body.length > 0) bytes.set(body, head.length);
  return bytes;
};

/**
 * A message for a stream, whose Content-Length must be true (RFC 3261 §18.3): it is written where it is absent or promises
 * more than there is, and bytes behind what it says are not sent, or the peer would read them as the next message.
 */
export const streamBytes = (message: SipMessage): Buffer => {
  const body = bodyOf(message);
  if (message.get(ContentLength) === body.length) return joined(message.head, body);
  return joined(edit<Message>(message).set(ContentLength, String(body.length)).build().head, body);
};

/** The message without the bytes behind its body, which a datagram may carry and which are no part of it (RFC 3261 §18.3). */
export const withoutSurplus = <M extends SipMessage>(message: M): M => {
  const body = bodyOf(message);
  if (body === message.body) return message;
  return (
    message instanceof SipRequest
      ? new SipRequest(message.method, message.uri, message.head, body, message.version)
      : new SipResponse(message.status, message.reason, message.head, body, message.version)
  ) as M;
};
