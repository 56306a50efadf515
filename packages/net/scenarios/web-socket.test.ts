import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { connect } from 'node:net';
import { Via } from '@ringdown/sip';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { makeSelfSignedCertificate } from '../src/tls/self-signed.ts';
import { Queue } from './queue.ts';
import { ok, options, type Station, station, wire } from './station.ts';

const certificate = makeSelfSignedCertificate(['127.0.0.1']);

/** A browser: a WebSocket that offers `sip`. */
const browser = async (
  { listener }: Station,
  transport: 'ws' | 'wss' = 'ws',
  protocols: string[] = ['sip'],
  extra: ClientOptions = {},
) => {
  const { port } = listener(transport);
  const socket = new WebSocket(`${transport}://127.0.0.1:${port}/any/path?x=1`, protocols, {
    rejectUnauthorized: false,
    ...extra,
  });
  const messages = new Queue<{ text: string; binary: boolean }>('WebSocket message');
  const ends = new Queue<number | string>('end of the WebSocket');
  socket.on('message', (data: Buffer, binary) => messages.push({ text: data.toString('latin1'), binary }));
  socket.on('close', (code) => ends.push(code));
  socket.on('error', (error) => ends.push(error.message));
  onTestFinished(() => void socket.terminate());
  await new Promise<void>((resolve) => {
    socket.once('open', resolve);
    socket.once('error', () => resolve());
  });
  return { socket, messages, ends };
};

describe.each(['ws', 'wss'] as const)('SIP over %s (RFC 7118)', (transport) => {
  const started = (extra = {}) => station({ httpPort: 0, httpsPort: 0, certificate, ...extra });
  const via = `${transport.toUpperCase()} df7jal23ls0d.invalid`;

  test('requests come in, answers go out, each in a message', async () => {
    const server = await started();
    const alice = await browser(server, transport);
    expect(alice.socket.protocol).toBe('sip');
    alice.socket.send(wire(options(via, 'body')).toString('latin1'));
    const { message, flow } = await server.messages.next();
    expect(flow).toMatchObject({ transport, open: true, peerNames: [] });
    expect(flow.local).toEqual({ address: '127.0.0.1', port: server.listener(transport).port });
    expect(message.get(Via)?.parameters.get('received')).toBe('127.0.0.1');
    expect(Buffer.from(message.body).toString()).toBe('body');
    expect(server.transport.send(flow, ok(message))).toBe(true);
    const answer = await alice.messages.next();
    expect(answer.text).toMatch(/^SIP\/2\.0 200 OK/);
    expect(answer.binary).toBe(false);
    const again = server.transport.flowTo({ transport, ...flow.remote });
    expect(again).toBe(flow);
    alice.socket.close();
    expect(await server.failures.next()).toEqual({ flow, why: 'the peer closed it' });
  });

  test('bytes that are no UTF-8 go out as a binary message, and come in as one', async () => {
    const server = await started();
    const alice = await browser(server, transport);
    const request = options(via, 'caf\xe9');
    alice.socket.send(wire(request), { binary: true });
    const { message, flow } = await server.messages.next();
    expect([...message.body]).toEqual([...Buffer.from('caf\xe9', 'latin1')]);
    server.transport.send(flow, request);
    const echoed = await alice.messages.next();
    expect(echoed.binary).toBe(true);
    expect(echoed.text.endsWith('caf\xe9')).toBe(true);
  });

  test('other requests go to the handler that was handed in', async () => {
    const get = transport === 'ws' ? getHttp : getHttps;
    const ask = ({ listener }: Station) =>
      new Promise<string>((resolve, reject) => {
        const { port } = listener(transport);
        get({ host: '127.0.0.1', port, path: '/healthz', rejectUnauthorized: false }, (response) => {
          let body = `${response.statusCode} `;
          response.on('data', (chunk: Buffer) => (body += chunk.toString()));
          response.on('end', () => resolve(body));
        }).on('error', reject);
      });
    const handled = await started({
      httpHandler: (request: { url: string }, response: { end: (body: string) => void }) =>
        response.end(`asked for ${request.url}`),
    });
    expect(await ask(handled)).toBe('200 asked for /healthz');
    expect(await ask(await started())).toBe('404 ');
  });
});

describe('WebSocket', () => {
  test('without the subprotocol sip: refused', async () => {
    const server = await station({ httpPort: 0 });
    expect(await (await browser(server, 'ws', ['chat'])).ends.next()).toBe('Unexpected server response: 400');
    expect(await (await browser(server, 'ws', [])).ends.next()).toBe('Unexpected server response: 400');
    expect((await browser(server, 'ws', ['chat', 'sip'])).socket.protocol).toBe('sip');
  });

  test('CRLF CRLF is answered, garbage is reported, and the connection goes on', async () => {
    const server = await station({ httpPort: 0 });
    const alice = await browser(server);
    alice.socket.send('\r\n\r\n');
    expect((await alice.messages.next()).text).toBe('\r\n');
    alice.socket.send('\r\n');
    alice.socket.send('hello there');
    expect(await server.events.next()).toMatchObject({ kind: 'refused', transport: 'ws' });
    alice.socket.send(wire(options('WS a.invalid')).toString('latin1'));
    await server.messages.next();
  });

  test('a message beyond the limits closes it (1009)', async () => {
    const server = await station({ httpPort: 0, limits: { maxHeadBytes: 1000, maxBodyBytes: 1000 } });
    const alice = await browser(server);
    alice.socket.send('x'.repeat(2001));
    expect(await alice.ends.next()).toBe(1009);
  });

  test('a peer that answers no ping is closed', async () => {
    const server = await station({ httpPort: 0, limits: { webSocketPingMs: 60 } });
    const mute = await browser(server, 'ws', ['sip'], { autoPong: false });
    const lively = await browser(server);
    lively.socket.send(wire(options('WS a.invalid')).toString('latin1'));
    const { flow } = await server.messages.next();
    expect((await server.failures.next()).why).toBe('no answer to a ping within 60 ms');
    await mute.ends.next();
    expect(flow.open).toBe(true);
  });

  test('a peer that never reads is closed', async () => {
    const server = await station({ httpPort: 0, limits: { maxQueueBytes: 50_000 } });
    const deaf = await browser(server);
    deaf.socket.send(wire(options('WS a.invalid')).toString('latin1'));
    const { flow } = await server.messages.next();
    deaf.socket.pause();
    const large = options('WS a.invalid', 'x'.repeat(40_000));
    let sent = 0;
    while (sent < 2000 && server.transport.send(flow, large)) sent++;
    expect(sent).toBeLessThan(2000);
    expect((await server.failures.next()).why).toMatch(/^the peer does not read/);
  });

  test('an upgrade that does not come is not waited for', async () => {
    const server = await station({ httpPort: 0, limits: { handshakeMs: 100 } });
    const socket = connect(server.listener('ws').port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n'));
    socket.on('error', () => {});
    socket.resume();
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  });

  test('close says goodbye (1001)', async () => {
    const server = await station({ httpPort: 0 });
    const alice = await browser(server);
    alice.socket.send(wire(options('WS a.invalid')).toString('latin1'));
    await server.messages.next();
    await server.transport.close();
    expect(await alice.ends.next()).toBe(1001);
  });
});
