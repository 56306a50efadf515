import {
  buildRequest,
  buildResponse,
  type Flow,
  type SipMessage,
  type SipRequest,
  SipResponse,
  type TransportName,
} from '@ringdown/sip';
import { onTestFinished } from 'vitest';
import { createSipTransport, type SipTransport } from '../src/sip-transport.ts';
import type { Listener, SipTransportOptions, TransportEvent } from '../src/transport-options.ts';
import { Queue } from './queue.ts';

/** A transport on loopback, and what came to it. */
export interface Station {
  readonly transport: SipTransport;
  readonly messages: Queue<{ readonly message: SipMessage; readonly flow: Flow }>;
  readonly failures: Queue<{ readonly flow: Flow; readonly why: string }>;
  readonly events: Queue<TransportEvent>;
  listener(transport: TransportName, address?: string): Listener;
}

/** Starts a transport that the test's end closes. */
export const station = async (options: Partial<SipTransportOptions> = {}): Promise<Station> => {
  const messages: Station['messages'] = new Queue('message');
  const failures: Station['failures'] = new Queue('failure');
  const events: Station['events'] = new Queue('event');
  const transport = await createSipTransport(
    {
      hosts: ['127.0.0.1'],
      advertise: (local) => local,
      report: (event) => events.push(event),
      ...options,
    },
    {
      messageReceived: (message, flow) => messages.push({ message, flow }),
      flowFailed: (flow, { why }) => failures.push({ flow, why }),
    },
  );
  onTestFinished(() => transport.close());
  const listener = (name: TransportName, address = '127.0.0.1') => {
    const found = transport.listeners.find((one) => one.transport === name && one.address === address);
    if (found === undefined) throw new Error(`nobody listens at ${address} for ${name}`);
    return found;
  };
  return { transport, messages, failures, events, listener };
};

let calls = 0;

/** A request as a phone might send it. */
export const options = (via: string, body = ''): SipRequest =>
  buildRequest({
    method: 'OPTIONS',
    uri: 'sip:example.org',
    headers: [
      ['Via', `SIP/2.0/${via};branch=z9hG4bK${++calls};rport`],
      ['Max-Forwards', '70'],
      ['From', '<sip:alice@example.org>;tag=1'],
      ['To', '<sip:bob@example.org>'],
      ['Call-ID', `call-${calls}`],
      ['CSeq', '1 OPTIONS'],
    ],
    body: Buffer.from(body, 'latin1'),
  });

export const ok = (request: SipMessage): SipResponse => {
  if (request instanceof SipResponse) throw new Error('the test needs a request');
  return buildResponse(request, 200, { toTag: '2' });
};

/** A message as the bytes of a datagram or a stream. */
export const wire = ({ head, body }: SipMessage): Buffer =>
  Buffer.concat([Buffer.from(head, 'latin1'), body]);
