import { createSipTransport, type SipTransport } from '@ringdown/net';
import { buildRequest, buildResponse, type Flow, type SipMessage, SipRequest } from '@ringdown/sip';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { browserRandom } from '../ports/random.ts';
import { browserText } from '../ports/text.ts';
import { createWebSocketTransport, type WebSocketTransport } from './web-socket-transport.ts';

/** Node's own WebSocket stands for the browser's; the server is ours, over real sockets. */
const ports = { random: browserRandom, text: browserText };
const anywhere = { transport: 'ws', address: '192.0.2.1', port: 80 } as const;

let server: SipTransport;
let atServer: SipMessage[] = [];
let flows: Flow[] = [];
let client: WebSocketTransport;
let atClient: SipMessage[] = [];
let failures: string[] = [];
/** What is told, in its order. */
let told: string[] = [];

const urlOf = ({ listeners }: SipTransport): string =>
  `ws://127.0.0.1:${listeners.find(({ transport }) => transport === 'ws')?.port}/`;

beforeEach(async () => {
  [atServer, atClient, flows, failures, told] = [[], [], [], [], []];
  server = await createSipTransport(
    { hosts: ['127.0.0.1'], httpPort: 0, advertise: (local) => local },
    {
      messageReceived: (message, flow) => {
        atServer.push(message);
        flows.push(flow);
        if (message instanceof SipRequest) server.send(flow, buildResponse(message, 200, { toTag: 't' }));
      },
      flowFailed: () => {},
    },
  );
  client = open(urlOf(server));
});
afterEach(async () => {
  client.close();
  await server.close();
});

const open = (url: string): WebSocketTransport =>
  createWebSocketTransport(url, ports, {
    messageReceived: (message) => atClient.push(message),
    flowFailed: (_, { why }) => {
      failures.push(why);
      told.push('failed');
    },
    moved: () => void told.push('moved'),
  });

const options = (flow: Flow, extra = ''): SipRequest =>
  buildRequest({
    method: 'OPTIONS',
    uri: 'sip:radio.example',
    headers: [
      ['Via', `SIP/2.0/WS ${flow.advertised.address};branch=z9hG4bK${browserRandom.token(8)}`],
      ['From', `<sip:a@radio.example>;tag=1${extra}`],
      ['To', '<sip:radio.example>'],
      ['Call-ID', browserRandom.token(8)],
      ['CSeq', '1 OPTIONS'],
    ],
  });

describe('SIP over a browser’s WebSocket', () => {
  test('what is sent before it has opened goes out in order, and answers come back', async () => {
    const flow = client.flowTo(anywhere)!;
    expect(flow.advertised.address).toMatch(/^[a-z0-9]{12}\.invalid$/);
    for (let count = 0; count < 3; count++) expect(client.send(flow, options(flow))).toBe(true);
    await vi.waitFor(() => expect(atClient).toHaveLength(3), 5_000);
    expect(client.flowTo(anywhere)).toBe(flow);
    expect(client.isOpen).toBe(true);
  });

  test('a message that is not UTF-8 arrives byte by byte', async () => {
    const flow = client.flowTo(anywhere)!;
    client.send(flow, options(flow, ';x=\xff'));
    await vi.waitFor(() => expect(atServer).toHaveLength(1), 5_000);
    expect(atServer[0]?.text('From')).toContain(';x=\xff');
  });

  test('requests of the server come, and keep-alives disturb nobody', async () => {
    const flow = client.flowTo(anywhere)!;
    client.send(flow, options(flow));
    await vi.waitFor(() => expect(flows).toHaveLength(1), 5_000);
    client.keepAlive(flow);
    server.send(flows[0]!, options(flow));
    await vi.waitFor(() => expect(atClient).toHaveLength(2), 5_000);
    expect(atClient.some((message) => message instanceof SipRequest)).toBe(true);
  });

  test('a server that goes away is told once, and the next flow is a new one', async () => {
    const flow = client.flowTo(anywhere)!;
    client.send(flow, options(flow));
    await vi.waitFor(() => expect(atClient).toHaveLength(1), 5_000);
    await server.close();
    await vi.waitFor(() => expect(failures).toEqual(['the connection to the server has ended']), 5_000);
    expect(flow.open).toBe(false);
    expect(client.send(flow, options(flow))).toBe(false);
    const next = client.flowTo(anywhere);
    expect(next).not.toBe(flow);
    await vi.waitFor(() => expect(failures[1]).toMatch(/^nobody speaks SIP at ws:/), 5_000);
  });

  test('where it may lead nowhere any more another one takes its place, and the first is told to be over', async () => {
    const flow = client.flowTo(anywhere)!;
    client.send(flow, options(flow));
    await vi.waitFor(() => expect(atClient).toHaveLength(1), 5_000);
    const renewed = client.renew();
    expect(await client.renew()).toBe(false);
    expect(client.flowTo(anywhere)).toBe(flow);
    expect(await renewed).toBe(true);
    // Who moved registers anew; a connection that failed would be waited for.
    expect(told).toEqual(['moved', 'failed']);
    expect(failures).toEqual(['another connection has taken its place']);
    const next = client.flowTo(anywhere)!;
    expect(next).not.toBe(flow);
    expect(client.isOpen).toBe(true);
    client.send(next, options(next));
    await vi.waitFor(() => expect(atClient).toHaveLength(2), 5_000);
    expect(new Set(flows).size).toBe(2);
    expect(failures).toHaveLength(1);
  });

  test('nothing is renewed where nothing is open', async () => {
    await client.renew();
    expect(client.isOpen).toBe(false);
    const flow = client.flowTo(anywhere)!;
    await client.renew();
    expect(client.flowTo(anywhere)).toBe(flow);
  });

  test('another transport than the page’s leads nowhere', () => {
    expect(client.flowTo({ ...anywhere, transport: 'wss' })).toBeUndefined();
    expect(client.flowTo({ ...anywhere, transport: 'udp' })).toBeUndefined();
  });
});
