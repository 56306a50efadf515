import { connect, createServer, type Socket } from 'node:net';
import { flowKey, SipRequest, type SocketAddress, Via } from '@ringdown/sip';
import { describe, expect, onTestFinished, test } from 'vitest';
import { defaultScreeningLimits } from '../../provider/src/screening.ts';
import { Queue } from './queue.ts';
import { ok, options, station, wire } from './station.ts';

/** A plain TCP connection and what comes over it. */
const dialled = async ({ address, port }: SocketAddress, localAddress = '127.0.0.1', localPort?: number) => {
  const socket = connect({
    host: address,
    port,
    localAddress,
    ...(localPort !== undefined && { localPort }),
  });
  return attended(socket, new Promise<void>((resolve) => socket.once('connect', resolve)));
};

const attended = async (socket: Socket, connected: Promise<void>) => {
  const texts = new Queue<string>('bytes');
  const ends = new Queue<string>('end of the connection');
  socket.on('data', (bytes) => texts.push(bytes.toString('latin1')));
  socket.on('error', () => {});
  socket.on('close', () => ends.push('closed'));
  onTestFinished(() => void socket.destroy());
  await connected;
  return { socket, texts, ends, port: socket.localPort };
};

/** A TCP server that is no SIP server. */
const listening = async (accept: (socket: Socket) => void = () => {}) => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    accept(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { server, address: '127.0.0.1', port };
};

describe('TCP', () => {
  test('requests come in pieces or together, answers go back over the connection', async () => {
    const { listener, messages, transport } = await station({ sipPort: 0 });
    const alice = await dialled(listener('tcp'));
    const first = wire(options('TCP 10.0.0.1', 'first'));
    alice.socket.write(first.subarray(0, 40));
    alice.socket.write(Buffer.concat([first.subarray(40), wire(options('TCP 10.0.0.1', 'second'))]));
    const { message, flow } = await messages.next();
    const second = await messages.next();
    expect([message, second.message].map(({ body }) => Buffer.from(body).toString())).toEqual([
      'first',
      'second',
    ]);
    expect(message.get(Via)?.parameters.get('rport')).toBe(String(alice.port));
    expect(second.flow).toBe(flow);
    expect(flow.remote).toEqual({ address: '127.0.0.1', port: alice.port });
    expect(flow.local).toEqual({ address: '127.0.0.1', port: listener('tcp').port });
    expect(transport.flowOf(flowKey(flow))).toBe(flow);
    expect(transport.connections).toBe(1);
    expect(transport.send(flow, ok(message))).toBe(true);
    expect(await alice.texts.next()).toMatch(/^SIP\/2\.0 200 OK/);
  });

  test('opens one connection to a destination and uses it again, both ways', async () => {
    const here = await station({ sipPort: 0 });
    const there = await station({ sipPort: 0 });
    const destination = { transport: 'tcp', address: '127.0.0.1', port: there.listener('tcp').port } as const;
    const flow = here.transport.flowTo(destination)!;
    expect(here.transport.flowTo(destination)).toBe(flow);
    expect(flow.local).toEqual({ address: '127.0.0.1', port: here.listener('tcp').port });
    expect(here.transport.send(flow, options('TCP 127.0.0.1', 'a'))).toBe(true);
    expect(here.transport.send(flow, options('TCP 127.0.0.1', 'b'))).toBe(true);
    const first = await there.messages.next();
    const second = await there.messages.next();
    expect([...first.message.body]).toEqual([97]);
    expect(second.flow).toBe(first.flow);
    there.transport.send(first.flow, ok(first.message));
    expect((await here.messages.next()).flow).toBe(flow);
    const back = there.transport.flowTo({ transport: 'tcp', ...first.flow.remote });
    expect(back).toBe(first.flow);
    expect(there.transport.connections).toBe(1);
  });

  test('a message without Content-Length gets one, and bytes behind the body stay here', async () => {
    const { listener, messages, transport } = await station({ sipPort: 0 });
    const alice = await dialled(listener('tcp'));
    alice.socket.write(wire(options('TCP 10.0.0.1')));
    const { flow } = await messages.next();
    const bare = new SipRequest('INFO', 'sip:a', 'INFO sip:a SIP/2.0\r\nTo: x\r\n\r\n', Buffer.from('body'));
    transport.send(flow, bare);
    expect(await alice.texts.next()).toBe('INFO sip:a SIP/2.0\r\nTo: x\r\nContent-Length: 4\r\n\r\nbody');
    const surplus = 'INFO sip:a SIP/2.0\r\nl: 4\r\n\r\n';
    transport.send(flow, new SipRequest('INFO', 'sip:a', surplus, Buffer.from('body and more')));
    expect(await alice.texts.next()).toBe(`${surplus}body`);
    const short = 'INFO sip:a SIP/2.0\r\nContent-Length: 9\r\n\r\n';
    transport.send(flow, new SipRequest('INFO', 'sip:a', short, Buffer.from('body')));
    expect(await alice.texts.next()).toBe('INFO sip:a SIP/2.0\r\nContent-Length: 4\r\n\r\nbody');
  });

  test('CRLF CRLF is answered, ours is sent (RFC 5626 §3.5.1)', async () => {
    const { listener, messages, transport } = await station({ sipPort: 0 });
    const alice = await dialled(listener('tcp'));
    alice.socket.write('\r\n\r\n');
    expect(await alice.texts.next()).toBe('\r\n');
    alice.socket.write(`\r\n${wire(options('TCP 10.0.0.1')).toString('latin1')}`);
    const { flow } = await messages.next();
    transport.keepAlive(flow);
    expect(await alice.texts.next()).toBe('\r\n\r\n');
  });

  test('what must not stand in a stream is answered and the connection closed', async () => {
    const { listener, failures, events } = await station({ sipPort: 0 });
    const alice = await dialled(listener('tcp'));
    const lines = options('TCP 10.0.0.1').head.replace(/Content-Length: 0\r\n/, '');
    alice.socket.write(lines);
    const answer = await alice.texts.next();
    expect(answer).toMatch(/^SIP\/2\.0 400 Bad Request\r\nVia: [^\r]*;received=127\.0\.0\.1\r\n/);
    expect(answer).toMatch(/\r\nTo: <sip:bob@example\.org>;tag=[a-z0-9]{10}\r\n/);
    await alice.ends.next();
    expect((await failures.next()).why).toBe('no Content-Length on a stream');
    expect(await events.next()).toMatchObject({
      kind: 'refused',
      transport: 'tcp',
      why: 'no Content-Length on a stream (answered 400)',
    });
  });

  test('a peer that goes on talking behind that is cut off', async () => {
    const { listener } = await station({ sipPort: 0 });
    const { port } = listener('tcp');
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    const mallory = await attended(socket, new Promise<void>((resolve) => socket.once('connect', resolve)));
    socket.write('no message\r\n\r\n');
    const talk = setInterval(() => socket.write('x'), 100);
    onTestFinished(() => clearInterval(talk));
    expect(await mallory.ends.next()).toBe('closed');
  });

  test('a body too large is answered 413 and the connection goes on', async () => {
    const { listener, messages } = await station({ sipPort: 0, limits: { maxBodyBytes: 100 } });
    const alice = await dialled(listener('tcp'));
    alice.socket.write(wire(options('TCP 10.0.0.1', 'x'.repeat(101))));
    expect(await alice.texts.next()).toMatch(/^SIP\/2\.0 413 Request Entity Too Large\r\n/);
    alice.socket.write(wire(options('TCP 10.0.0.1', 'fits')));
    expect(Buffer.from((await messages.next()).message.body).toString()).toBe('fits');
  });

  test('more than the provider takes is not gathered: 413 and on, 513 and closed', async () => {
    const { listener, messages } = await station({ sipPort: 0 });
    const { maxHeadLength, maxBodyLength } = defaultScreeningLimits;
    const alice = await dialled(listener('tcp'));
    alice.socket.write(wire(options('TCP 10.0.0.1', 'x'.repeat(maxBodyLength))));
    expect((await messages.next()).message.body.length).toBe(maxBodyLength);
    alice.socket.write(wire(options('TCP 10.0.0.1', 'x'.repeat(maxBodyLength + 1))));
    expect(await alice.texts.next()).toMatch(/^SIP\/2\.0 413 /);
    alice.socket.write(wire(options('TCP 10.0.0.1', 'on')));
    expect((await messages.next()).message.body.length).toBe(2);
    const { head } = options('TCP 10.0.0.1');
    alice.socket.write(head.replace('\r\n\r\n', `\r\nSubject: ${'x'.repeat(maxHeadLength)}\r\n\r\n`));
    expect(await alice.texts.next()).toMatch(/^SIP\/2\.0 513 /);
    expect(await alice.ends.next()).toBe('closed');
  });

  test('a peer that hangs up is told, once, and its flow is closed', async () => {
    const { listener, messages, failures, transport } = await station({ sipPort: 0 });
    const alice = await dialled(listener('tcp'));
    alice.socket.write(wire(options('TCP 10.0.0.1')));
    const { flow, message } = await messages.next();
    alice.socket.end();
    expect(await failures.next()).toEqual({ flow, why: 'the peer closed it' });
    expect(flow.open).toBe(false);
    expect(transport.send(flow, ok(message))).toBe(false);
    expect(transport.flowOf(flowKey(flow))).toBeUndefined();
    expect(transport.connections).toBe(0);
  });

  test('a connection with the ends of an earlier one has another key: nobody inherits a flow', async () => {
    const first = await station({ sipPort: 0 });
    const ends = first.listener('tcp');
    const alice = await dialled(ends);
    alice.socket.write(wire(options('TCP 10.0.0.1')));
    const { flow } = await first.messages.next();
    alice.socket.resetAndDestroy();
    await first.failures.next();
    const eve = await dialled(ends, '127.0.0.1', alice.port);
    eve.socket.write(wire(options('TCP 10.0.0.1')));
    const other = await first.messages.next();
    expect(other.flow.remote).toEqual(flow.remote);
    expect(first.transport.flowOf(flowKey(flow))).toBeUndefined();
    expect(first.transport.flowOf(flowKey(other.flow))).toBe(other.flow);
    eve.socket.resetAndDestroy();
    await first.transport.close();
    const second = await station({ sipPort: ends.port });
    const late = await dialled(ends, '127.0.0.1', alice.port);
    late.socket.write(wire(options('TCP 10.0.0.1')));
    await second.messages.next();
    expect(second.transport.flowOf(flowKey(flow))).toBeUndefined();
    expect(second.transport.flowOf(flowKey(other.flow))).toBeUndefined();
  });

  test('nobody there: the flow fails with the reason', async () => {
    const { address, port, server } = await listening();
    await new Promise((resolve) => server.close(resolve));
    const { transport, failures } = await station({ sipPort: 0 });
    const flow = transport.flowTo({ transport: 'tcp', address, port })!;
    expect(transport.send(flow, options('TCP 127.0.0.1'))).toBe(true);
    const failure = await failures.next();
    expect(failure.flow).toBe(flow);
    expect(failure.why).toContain('ECONNREFUSED');
    expect(transport.flowTo({ transport: 'tcp', address, port })).not.toBe(flow);
  });

  test('no flow where no socket of ours leads: another family, names, WebSocket, TLS that does not listen', async () => {
    const { transport } = await station({ sipPort: 0, httpPort: 0 });
    for (const destination of [
      { transport: 'tcp', address: '::1', port: 5060 },
      { transport: 'tcp', address: 'localhost', port: 5060 },
      { transport: 'ws', address: '127.0.0.1', port: 80 },
      { transport: 'tls', address: '127.0.0.1', port: 5061 },
    ] as const)
      expect(transport.flowTo(destination)).toBeUndefined();
  });

  test('IPv6', async () => {
    const { listener, messages } = await station({ hosts: ['::1'], sipPort: 0 });
    const alice = await dialled(listener('tcp', '::1'), '::1');
    alice.socket.write(wire(options('TCP [2001:db8::1]')));
    const { message, flow } = await messages.next();
    expect(message.get(Via)?.parameters.get('received')).toBe('::1');
    expect(flow.remote.address).toBe('::1');
  });

  test('close lets what was sent be read', async () => {
    const { listener, messages, failures, transport } = await station({ sipPort: 0 });
    const alice = await dialled(listener('tcp'));
    alice.socket.write(wire(options('TCP 10.0.0.1')));
    const { message, flow } = await messages.next();
    transport.send(flow, ok(message));
    await transport.close();
    expect(await alice.texts.next()).toMatch(/^SIP\/2\.0 200 OK/);
    await alice.ends.next();
    expect(failures.length).toBe(0);
  });
});

describe('limits of connections', () => {
  test('a peer that never reads is closed, and the others do not notice', async () => {
    const { listener, messages, failures, transport } = await station({
      sipPort: 0,
      limits: { maxQueueBytes: 50_000 },
    });
    const deaf = await dialled(listener('tcp'));
    deaf.socket.pause();
    deaf.socket.write(wire(options('TCP 10.0.0.1')));
    const { flow } = await messages.next();
    const large = options('TCP 10.0.0.2', 'x'.repeat(40_000));
    let sent = 0;
    while (transport.send(flow, large)) sent++;
    expect(sent).toBeLessThan(1000);
    expect((await failures.next()).why).toMatch(/^the peer does not read: \d+ bytes wait for it$/);
    const alice = await dialled(listener('tcp'));
    alice.socket.write(wire(options('TCP 10.0.0.1')));
    const other = await messages.next();
    transport.send(other.flow, ok(other.message));
    expect(await alice.texts.next()).toMatch(/^SIP\/2\.0 200/);
  });

  test('what waits for a connection to open has the same bound', async () => {
    const { address, port } = await listening();
    const { transport } = await station({ sipPort: 0, limits: { maxQueueBytes: 5000 } });
    const flow = transport.flowTo({ transport: 'tcp', address, port })!;
    const message = options('TCP 10.0.0.2', 'x'.repeat(2000));
    expect([1, 2, 3].map(() => transport.send(flow, message))).toEqual([true, true, false]);
    expect(flow.open).toBe(false);
  });

  test('a message that is not complete in time: closed (slow loris)', async () => {
    const { listener, failures } = await station({ sipPort: 0, limits: { partialMessageMs: 60 } });
    const slow = await dialled(listener('tcp'));
    slow.socket.write('OPTIONS sip:a SIP/2.0\r\n');
    const drip = setInterval(() => slow.socket.write('X'), 10);
    onTestFinished(() => clearInterval(drip));
    expect((await failures.next()).why).toBe('a message that was not complete within 60 ms');
    await slow.ends.next();
  });

  test('silence: closed, unless the peer is kept', async () => {
    const { listener, messages, failures, transport } = await station({
      sipPort: 0,
      limits: { idleMs: 60 },
    });
    const kept = await dialled(listener('tcp'));
    kept.socket.write(wire(options('TCP 10.0.0.1')));
    const { flow } = await messages.next();
    transport.keep(flow);
    const stranger = await dialled(listener('tcp'));
    const failure = await failures.next();
    expect(failure.why).toBe('silent for 60 ms');
    expect(failure.flow.remote.port).toBe(stranger.port);
    expect(flow.open).toBe(true);
  });

  test('strangers of one source are limited, those who are kept do not count', async () => {
    const { listener, messages, failures, events, transport } = await station({
      sipPort: 0,
      hosts: ['127.0.0.1', '127.0.0.2'],
      limits: { maxConnectionsPerSource: 2 },
    });
    const greet = async () => {
      const phone = await dialled(listener('tcp'));
      phone.socket.write(wire(options('TCP 10.0.0.1')));
      return phone;
    };
    await greet();
    transport.keep((await messages.next()).flow);
    await greet();
    await messages.next();
    const third = await greet();
    await messages.next();
    const fourth = await greet();
    await fourth.ends.next();
    expect(await events.next()).toMatchObject({
      kind: 'refused',
      why: '2 connections of 127.0.0.1 are open',
    });
    const other = await dialled(listener('tcp', '127.0.0.2'), '127.0.0.2');
    other.socket.write(wire(options('TCP 10.0.0.1')));
    await messages.next();
    third.socket.destroy();
    await failures.nextWhere(({ flow }) => flow.remote.port === third.port);
    await greet();
    await messages.next();
  });

  test('all connections together are limited', async () => {
    const { listener, messages, events } = await station({ sipPort: 0, limits: { maxConnections: 1 } });
    const first = await dialled(listener('tcp'));
    first.socket.write(wire(options('TCP 10.0.0.1')));
    await messages.next();
    await (await dialled(listener('tcp'))).ends.next();
    expect(await events.next()).toMatchObject({ why: '1 connections are open' });
  });
});
