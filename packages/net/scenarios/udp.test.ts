import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { flowKey, type SocketAddress, Via } from '@ringdown/sip';
import {
  answerBinding,
  BINDING,
  MessageWriter,
  parseStun,
  StunMessage,
  XorMappedAddress,
} from '@ringdown/stun';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ListenError } from '../src/listen-error.ts';
import { createSipTransport } from '../src/sip-transport.ts';
import { Queue } from './queue.ts';
import { ok, options, station, wire } from './station.ts';

/** A plain UDP socket as a phone has one. */
const phone = async (address = '127.0.0.1') => {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const datagrams = new Queue<{ text: string; from: SocketAddress }>('datagram');
  socket.on('message', (bytes, { address: from, port }) =>
    datagrams.push({ text: bytes.toString('latin1'), from: { address: from, port } }),
  );
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  onTestFinished(() => void socket.close());
  const { port } = socket.address() as AddressInfo;
  const send = (bytes: string | Uint8Array, to: SocketAddress): void =>
    socket.send(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, to.port, to.address);
  return { local: { address, port }, datagrams, send };
};

describe('UDP', () => {
  test('a request comes in stamped, the answer goes back to where it came from', async () => {
    const { listener, messages, transport } = await station({ sipPort: 0 });
    const alice = await phone();
    alice.send(wire(options('UDP 10.0.0.1:5060', 'body')), listener('udp'));
    const { message, flow } = await messages.next();
    expect(message.get(Via)?.parameters.get('received')).toBe('127.0.0.1');
    expect(message.get(Via)?.parameters.get('rport')).toBe(String(alice.local.port));
    expect(Buffer.from(message.body).toString()).toBe('body');
    expect(flow).toMatchObject({ transport: 'udp', open: true, peerNames: [] });
    expect({ ...flow.remote }).toMatchObject(alice.local);
    expect(transport.send(flow, ok(message))).toBe(true);
    const answer = await alice.datagrams.next();
    expect(answer.from.port).toBe(listener('udp').port);
    expect(answer.text).toMatch(/^SIP\/2\.0 200 OK\r\nVia: [^\r]*;received=127\.0\.0\.1\r\n/);
  });

  test('how long messages wait is measured, but for who does without', async () => {
    const phoneLike = await station({ sipPort: 0, measuresQueue: false });
    const serverLike = await station({ sipPort: 0 });
    await vi.waitFor(() => expect(serverLike.transport.queueDelayMs).toBeGreaterThan(0), { timeout: 10_000 });
    expect(phoneLike.transport.queueDelayMs).toBe(0);
  });

  test('answers come from the address that was asked', async () => {
    const { listener, messages, transport } = await station({
      hosts: ['127.0.0.1', '127.0.0.2'],
      sipPort: 0,
    });
    expect(listener('udp', '127.0.0.1').port).toBe(listener('udp', '127.0.0.2').port);
    expect(listener('tcp', '127.0.0.2').port).toBe(listener('udp', '127.0.0.2').port);
    const alice = await phone();
    for (const address of ['127.0.0.2', '127.0.0.1']) {
      alice.send(wire(options('UDP 10.0.0.1')), listener('udp', address));
      const { message, flow } = await messages.next();
      expect(flow.local.address).toBe(address);
      transport.send(flow, ok(message));
      expect((await alice.datagrams.next()).from).toEqual({ address, port: listener('udp').port });
    }
  });

  test('IPv6', async () => {
    const { listener, messages, transport } = await station({ hosts: ['127.0.0.1', '::1'], sipPort: 0 });
    const alice = await phone('::1');
    alice.send(wire(options('UDP [2001:db8::1]')), listener('udp', '::1'));
    const { message, flow } = await messages.next();
    expect(message.get(Via)?.parameters.get('received')).toBe('::1');
    transport.send(flow, ok(message));
    expect((await alice.datagrams.next()).from.address).toBe('::1');
    const other = transport.flowTo({ transport: 'udp', ...alice.local });
    expect(other?.local).toEqual({ address: '::1', port: listener('udp', '::1').port });
  });

  test('a flow to a destination, and the flow of a key', async () => {
    const { listener, transport } = await station({ sipPort: 0 });
    const alice = await phone();
    const flow = transport.flowTo({ transport: 'udp', ...alice.local })!;
    expect(flow.local).toEqual({ address: '127.0.0.1', port: listener('udp').port });
    const same = transport.flowOf(flowKey(flow))!;
    expect(flowKey(same)).toBe(flowKey(flow));
    transport.send(same, options('UDP 127.0.0.1'));
    expect((await alice.datagrams.next()).text).toContain('OPTIONS sip:example.org SIP/2.0');
    transport.keepAlive(flow);
    expect((await alice.datagrams.next()).text).toBe('\r\n\r\n');
    expect(transport.flowOf(flowKey(flow).replace('127.0.0.1', '127.0.0.9'))).toBeUndefined();
    expect(transport.flowTo({ transport: 'udp', address: '::1', port: 5060 })).toBeUndefined();
    expect(transport.flowTo({ transport: 'udp', address: '192.0.2.1', port: 5060 })).toBeUndefined();
    expect(transport.flowTo({ transport: 'udp', address: 'example.org', port: 5060 })).toBeUndefined();
  });

  test('what we are reached at is asked for once, with both ends', async () => {
    const asked: SocketAddress[][] = [];
    const { listener, messages } = await station({
      sipPort: 0,
      advertise: (...ends) => {
        asked.push(ends);
        return { address: '203.0.113.1', port: 5060 };
      },
    });
    const alice = await phone();
    alice.send(wire(options('UDP 10.0.0.1')), listener('udp'));
    const { flow } = await messages.next();
    expect(flow.advertised).toEqual({ address: '203.0.113.1', port: 5060 });
    expect(flow.advertised).toEqual({ address: '203.0.113.1', port: 5060 });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.[0]?.port).toBe(listener('udp').port);
    expect(asked[0]?.[1]?.port).toBe(alice.local.port);
  });

  test('STUN is answered by whoever was handed in; keep-alives are passed over; garbage is reported', async () => {
    const stun = (bytes: Uint8Array, source: SocketAddress) =>
      bytes[1] === 1 ? Buffer.from(`${bytes.length} ${source.port}`) : undefined;
    const { listener, messages, events } = await station({ sipPort: 0, stun });
    const alice = await phone();
    const binding = new Uint8Array(20);
    alice.send(binding, listener('udp'));
    for (const idle of ['\r\n\r\n', '\r\n', '\0', 'jaK', '', '\r\n\r\n\r\n\r\n'])
      alice.send(idle, listener('udp'));
    binding[1] = 1;
    alice.send(binding, listener('udp'));
    expect((await alice.datagrams.next()).text).toBe(`20 ${alice.local.port}`);
    alice.send('garbage without end', listener('udp'));
    expect(await events.next()).toMatchObject({
      kind: 'refused',
      transport: 'udp',
      remote: alice.local,
      why: 'a request line without a SIP version',
    });
    alice.send(`\r\n\r\n${wire(options('UDP 10.0.0.1')).toString('latin1')}`, listener('udp'));
    expect((await messages.next()).message.head).toMatch(/^OPTIONS/);
    expect([messages.length, events.length]).toEqual([0, 0]);
  });

  test('a phone learns its address by STUN on the SIP port', async () => {
    const { listener } = await station({ sipPort: 0, stun: answerBinding });
    const alice = await phone();
    const request = new MessageWriter(BINDING, 'request', new Uint8Array(12).fill(7));
    alice.send(request.bytes, listener('udp'));
    const answer = parseStun(Buffer.from((await alice.datagrams.next()).text, 'latin1'));
    expect(answer instanceof StunMessage && answer.get(XorMappedAddress)).toEqual(alice.local);
  });

  test('bytes behind the body are no part of the message (RFC 3261 §18.3)', async () => {
    const { listener, messages } = await station({ sipPort: 0 });
    const alice = await phone();
    alice.send(
      Buffer.concat([wire(options('UDP 10.0.0.1', 'body')), Buffer.from(' and more')]),
      listener('udp'),
    );
    expect(Buffer.from((await messages.next()).message.body).toString()).toBe('body');
  });

  test('a datagram that no packet can hold is not taken, a large one arrives', async () => {
    const { transport } = await station({ sipPort: 0 });
    const alice = await phone();
    const flow = transport.flowTo({ transport: 'udp', ...alice.local })!;
    expect(transport.send(flow, options('UDP 127.0.0.1', 'x'.repeat(65_507)))).toBe(false);
    expect(transport.send(flow, options('UDP 127.0.0.1', 'x'.repeat(60_000)))).toBe(true);
    expect((await alice.datagrams.next()).text.length).toBeGreaterThan(60_000);
  });

  test('a phone that is gone costs the others nothing', async () => {
    const { transport } = await station({ sipPort: 0 });
    const alice = await phone();
    const dead = transport.flowTo({ transport: 'udp', address: '127.0.0.1', port: 9 })!;
    const flow = transport.flowTo({ transport: 'udp', ...alice.local })!;
    for (let count = 0; count < 20; count++) {
      transport.send(dead, options('UDP 127.0.0.1'));
      await new Promise((resolve) => setImmediate(resolve));
      transport.send(flow, options('UDP 127.0.0.1', String(count)));
      expect((await alice.datagrams.next()).text).toMatch(new RegExp(`\r\n\r\n${count}$`));
    }
  });

  test('says how large the kernel made the buffers', async () => {
    const { transport, listener } = await station({ sipPort: 0, limits: { udpBufferBytes: 100_000 } });
    const [buffers] = transport.udpBuffers;
    expect(buffers).toMatchObject({ address: '127.0.0.1', port: listener('udp').port });
    expect(buffers?.receiveBytes).toBeGreaterThanOrEqual(100_000);
    expect(buffers?.sendBytes).toBeGreaterThanOrEqual(100_000);
  });

  test('a wildcard is a socket for each address of the interfaces', async () => {
    const { transport } = await station({ hosts: ['0.0.0.0'], sipPort: 0 });
    const udp = transport.listeners.filter((listener) => listener.transport === 'udp');
    expect(udp.map(({ address }) => address)).toEqual(transport.addresses);
    expect(transport.addresses).toContain('127.0.0.1');
    expect(transport.addresses).not.toContain('0.0.0.0');
    expect(transport.listeners.at(-1)).toEqual({ transport: 'tcp', address: '0.0.0.0', port: udp[0]?.port });
  });

  test('after close nothing is taken', async () => {
    const { transport } = await station({ sipPort: 0 });
    const flow = transport.flowTo({ transport: 'udp', address: '127.0.0.1', port: 9 })!;
    await transport.close();
    expect(flow.open).toBe(false);
    expect(transport.send(flow, options('UDP 127.0.0.1'))).toBe(false);
    expect(transport.flowTo({ transport: 'udp', address: '127.0.0.1', port: 9 })).toBeUndefined();
    expect(transport.listeners).toEqual([]);
  });

  test('a port that is taken: an error that names it, and nothing stays bound', async () => {
    const alice = await phone();
    const { port } = alice.local;
    const user = { messageReceived: () => {}, flowFailed: () => {} };
    const listen = () =>
      createSipTransport(
        { hosts: ['127.0.0.2', '127.0.0.1'], sipPort: port, advertise: (local) => local },
        user,
      );
    const error = await listen().catch((failed: unknown) => failed);
    expect(error).toBeInstanceOf(ListenError);
    expect(error).toMatchObject({ transport: 'udp', address: '127.0.0.1', port, code: 'EADDRINUSE' });
    expect((error as ListenError).message).toBe(
      `Cannot listen at 127.0.0.1:${port} for UDP: another program has that port: stop it, or choose another port (EADDRINUSE).`,
    );
    const again = await listen().catch((failed: unknown) => failed);
    expect(again).toMatchObject({ transport: 'udp', address: '127.0.0.1' });
    const nowhere = createSipTransport(
      { hosts: ['192.0.2.99'], sipPort: 0, advertise: (local) => local },
      user,
    );
    await expect(nowhere).rejects.toMatchObject({ code: 'EADDRNOTAVAIL', address: '192.0.2.99' });
  });
});
