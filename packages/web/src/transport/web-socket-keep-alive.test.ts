import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { browserRandom } from '../ports/random.ts';
import { browserText } from '../ports/text.ts';
import { createWebSocketTransport, type WebSocketTransport } from './web-socket-transport.ts';

const anywhere = { transport: 'ws', address: '192.0.2.1', port: 80 } as const;

/** A browser's WebSocket to a server that may go away without a word. */
class Socket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static last: Socket;
  readonly url: string;
  readonly sent: unknown[] = [];
  readyState = Socket.OPEN;
  bufferedAmount = 0;
  answers = true;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  onopen: (() => void) | null = null;

  constructor(url: string) {
    this.url = url;
    Socket.last = this;
    queueMicrotask(() => this.onopen?.());
  }

  send(data: unknown): void {
    this.sent.push(data);
    if (this.answers) queueMicrotask(() => this.onmessage?.({ data: '\r\n' }));
  }

  close(): void {
    // It waits for an answer to its closing handshake.
    this.readyState = 2;
  }
}

let client: WebSocketTransport;
let failures: string[];
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', Socket);
  failures = [];
  client = createWebSocketTransport(
    'ws://radio.example/',
    { random: browserRandom, text: browserText },
    { messageReceived: () => {}, flowFailed: (_, { why }) => failures.push(why), moved: () => {} },
  );
});
afterEach(() => {
  client.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** So often a phone sends a keep-alive, as RFC 5626 has it. */
const keepsAlive = async (times: number): Promise<void> => {
  for (let count = 0; count < times; count++) {
    const flow = client.flowTo(anywhere)!;
    client.keepAlive(flow);
    await vi.advanceTimersByTimeAsync(25_000);
  }
};

test('a server that answers keep-alives and then goes is given up ten seconds after one', async () => {
  await keepsAlive(3);
  expect(failures).toEqual([]);
  const first = Socket.last;
  first.answers = false;
  client.keepAlive(client.flowTo(anywhere)!);
  await vi.advanceTimersByTimeAsync(9_999);
  expect(failures).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(failures).toEqual(['the server has not answered a keep-alive for 10000 ms']);
  client.flowTo(anywhere);
  expect(Socket.last).not.toBe(first);
});

test('one that never answered any is not judged by it', async () => {
  client.flowTo(anywhere);
  Socket.last.answers = false;
  await keepsAlive(5);
  expect(failures).toEqual([]);
  expect(Socket.last.sent).toHaveLength(5);
});

test('whatever comes is a sign of life', async () => {
  await keepsAlive(1);
  Socket.last.answers = false;
  client.keepAlive(client.flowTo(anywhere)!);
  Socket.last.onmessage?.({ data: 'no SIP' });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(failures).toEqual([]);
});

test('nothing is told after it is closed', async () => {
  await keepsAlive(1);
  Socket.last.answers = false;
  client.keepAlive(client.flowTo(anywhere)!);
  client.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(failures).toEqual([]);
});
