import { ContentType, encodeAddress, type Flow, From, RetryAfter, type SipRequest } from '@ringdown/sip';
import { causeOfRefusal, causes } from '../cause.ts';
import type { Core } from '../core.ts';
import { sendOutside } from '../sending/outside.ts';
import { asksAgain } from '../sending/sending.ts';

/** A MESSAGE of more than 1,300 bytes may not go where nothing holds it back (RFC 3428 §8); its head needs some of them. */
const MAX_DATAGRAM_BYTES = 900;

/**
 * Sends a text (RFC 3428).
 *
 * @returns what its outcome is told by
 * @throws RangeError for a text that is too long for UDP, where that is what we speak
 */
export const sendMessage = (core: Core, uri: string, text: string): string => {
  const body = core.ports.text.utf8Bytes(text);
  const isUdp = (core.flow?.transport ?? core.options.transports[0]) === 'udp';
  if (isUdp && body.length > MAX_DATAGRAM_BYTES)
    throw new RangeError(
      `a message of ${body.length} bytes is too long for UDP: at most ${MAX_DATAGRAM_BYTES}`,
    );
  const id = core.token();
  sendOutside(
    core,
    { method: 'MESSAGE', uri, callId: id, headers: [['Content-Type', 'text/plain;charset=UTF-8']], body },
    {
      answered: (response, { request }) => {
        if (response.status < 300) core.deliver({ kind: 'message sent', id });
        else {
          const cause = asksAgain(request, response)
            ? { status: response.status, ...causes.asked }
            : causeOfRefusal(response, response.get(RetryAfter));
          core.deliver({ kind: 'message failed', id, cause });
        }
      },
      failed: (failure) => {
        const cause = failure === 'silence' ? causes.silence : causes.noNetwork;
        core.deliver({ kind: 'message failed', id, cause });
      },
    },
  );
  return id;
};

/** A text came: taken where it is one, else 415 (RFC 3428 §7). */
export const messageReceived = (core: Core, request: SipRequest, flow: Flow): void => {
  const contentType = request.get(ContentType)?.value.toLowerCase() ?? 'text/plain';
  if (!contentType.startsWith('text/')) {
    core.respond(request, flow, 415, { headers: [['Accept', 'text/plain']] });
    return;
  }
  core.respond(request, flow, 200);
  const from = request.get(From);
  core.deliver({
    kind: 'message',
    from: from === undefined ? '' : encodeAddress({ ...from, parameters: from.parameters.without('tag') }),
    contentType,
    text: core.ports.text.utf8(request.body),
  });
};
