import { createLiveTimers, nodeClock } from '@ringdown/net';
import { buildRequest, type SipMessage, type SipRequest, SipResponse } from '@ringdown/sip';
import type { MediaAnswer, MediaRequest } from '@ringdown/user-agent';
import { expect, onTestFinished, test } from 'vitest';
import { openLog } from '../operations/log.ts';
import { HouseTransport } from './house-transport.ts';
import { Service } from './service.ts';
import { ServiceCall } from './service-call.ts';
import type { OpenNodeMedia } from './service-sound.ts';

/** A service whose media engine answers as it is told, and what it sends to the server. */
const service = (answer: MediaAnswer) => {
  const timers = createLiveTimers(nodeClock);
  onTestFinished(() => timers.close());
  const sent: SipMessage[] = [];
  const asked: MediaRequest['kind'][] = [];
  const openMedia: OpenNodeMedia = (_, { answered }) => ({
    ask: (request) => {
      asked.push(request.kind);
      if ('id' in request) queueMicrotask(() => answered(request.id, answer));
    },
    mute: () => undefined,
    sendDigits: () => false,
    levels: () => undefined,
    pairs: () => [],
    close: async () => undefined,
  });
  const transport = new HouseTransport(
    { send: () => true, flowTo: () => undefined, flowOf: () => undefined, keepAlive: () => undefined },
    (message) => sent.push(message),
  );
  const echo = new Service(transport, {
    refusal: () => undefined,
    answer: async ({ way, ended, gone }) =>
      new ServiceCall({
        ...{ name: 'echo', domain: 'radio.example', way, timers, openMedia, ended, gone, maxSeconds: 60 },
        media: {},
        sound: { sound: {}, agreed: () => undefined },
        sockets: { addresses: () => [], openUdp: () => undefined, connect: () => Promise.reject() as never },
        log: openLog({ level: 'error', format: 'text' }),
      }),
    onTrouble: (why) => {
      throw new Error(why);
    },
  });
  onTestFinished(() => echo.close());
  return {
    ...{ echo, asked },
    /** The server sends it something; the final answers that come of it. */
    sends: async (message: SipMessage): Promise<readonly number[]> => {
      transport.send(transport.flowOf(echo.flow)!, message);
      await expect.poll(() => finals(sent), { timeout: 5_000 }).not.toEqual([]);
      const statuses = finals(sent);
      sent.length = 0;
      return statuses;
    },
  };
};

const finals = (sent: readonly SipMessage[]): readonly number[] =>
  sent.flatMap((message) =>
    message instanceof SipResponse && message.status >= 200 ? [message.status] : [],
  );

const invite = (...more: (readonly [string, string])[]): SipRequest =>
  buildRequest({
    method: 'INVITE',
    uri: 'sip:echo@radio.example',
    headers: [
      ['Via', 'SIP/2.0/WSS 192.0.0.8:5060;branch=z9hG4bK1;rport'],
      ['Max-Forwards', '70'],
      ['From', '<sip:alice@radio.example>;tag=a'],
      ['To', '<sip:echo@radio.example>'],
      ['Call-ID', 'one'],
      ['CSeq', '1 INVITE'],
      ['Contact', '<sip:alice@192.0.2.1>'],
      ['Content-Type', 'application/sdp'],
      ...more,
    ],
    body: Buffer.from('v=0\r\n', 'latin1'),
  });

test('a call is answered, and counts', async () => {
  const { echo, sends, asked } = service({ kind: 'described', description: 'v=0\r\n', peerHolds: false });
  expect(await sends(invite())).toEqual([200]);
  expect(echo.active).toBe(1);
  expect(asked[0]).toBe('answer');
});

test.each([
  ['asks for an extension that nobody knows', invite(['Require', 'nonsense']), 420],
  ['takes the place of a call that is not', invite(['Replaces', 'x;to-tag=1;from-tag=2']), 481],
])('a call that %s leaves its place to others', async (_, request, status) => {
  const { echo, sends } = service({ kind: 'described', description: 'v=0\r\n', peerHolds: false });
  expect(await sends(request)).toEqual([status]);
  expect(echo.active).toBe(0);
});

test('a call whose offer goes together with nothing leaves its place to others', async () => {
  const { echo, sends } = service({ kind: 'failed', status: 488, why: 'there is no codec' });
  expect(await sends(invite())).toEqual([488]);
  expect(echo.active).toBe(0);
});
