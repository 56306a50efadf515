import { connect, createServer } from 'node:net';
import * as tls from 'node:tls';
import type { Destination } from '@ringdown/sip';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createSipTransport } from '../src/sip-transport.ts';
import { makeSelfSignedCertificate } from '../src/tls/self-signed.ts';
import { Queue } from './queue.ts';
import { ok, options, type Station, station, wire } from './station.ts';

const here = makeSelfSignedCertificate(['a.example']);
const there = makeSelfSignedCertificate(['b.example', '127.0.0.1']);
const authorities = [here.certificatePem, there.certificatePem];

const servers = async (limits = {}) => {
  const base = { sipsPort: 0, authorities, limits };
  const a = await station({ ...base, certificate: here });
  const b = await station({ ...base, certificate: there });
  return { a, b };
};

const to = (other: Station, serverName?: string): Destination => ({
  transport: 'tls',
  address: '127.0.0.1',
  port: other.listener('tls').port,
  ...(serverName === undefined ? {} : { serverName }),
});

/** A TLS client as a phone has one. */
const phone = async (other: Station, extra: tls.ConnectionOptions = {}) => {
  const socket = tls.connect({
    host: '127.0.0.1',
    port: other.listener('tls').port,
    rejectUnauthorized: false,
    ...extra,
  });
  const texts = new Queue<string>('bytes');
  const ends = new Queue<string>('end of the connection');
  socket.on('data', (bytes: Buffer) => texts.push(bytes.toString('latin1')));
  socket.on('error', (error) => ends.push(error.message));
  socket.on('close', () => ends.push('closed'));
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => socket.once('secureConnect', resolve));
  return { socket, texts, ends };
};

describe('TLS', () => {
  test('two servers prove their domains to each other', async () => {
    const { a, b } = await servers();
    const flow = a.transport.flowTo(to(b, 'b.example'))!;
    a.transport.send(flow, options('TLS 127.0.0.1'));
    const asked = await b.messages.next();
    expect(asked.flow).toMatchObject({ transport: 'tls', peerNames: ['a.example'] });
    b.transport.send(asked.flow, ok(asked.message));
    expect((await a.messages.next()).flow).toBe(flow);
    expect(flow.peerNames).toEqual(['b.example']);
    expect(a.transport.flowTo(to(b, 'B.example'))).toBe(flow);
    expect(a.transport.flowTo(to(b))).toBe(flow);
    const back = { transport: 'tls', ...asked.flow.remote } as const;
    expect(b.transport.flowTo({ ...back, serverName: 'a.example' })).toBe(asked.flow);
    expect(b.transport.flowTo({ ...back, serverName: 'c.example' })).not.toBe(asked.flow);
  });

  test('a phone without a certificate is a stranger, and welcome', async () => {
    const { b } = await servers();
    const alice = await phone(b);
    alice.socket.write(wire(options('TLS 10.0.0.1', 'body')));
    const { message, flow } = await b.messages.next();
    expect(flow.peerNames).toEqual([]);
    b.transport.send(flow, ok(message));
    expect(await alice.texts.next()).toMatch(/^SIP\/2\.0 200 OK/);
  });

  test('a certificate of nobody we trust proves nothing', async () => {
    const { b } = await servers();
    const { certificatePem: cert, keyPem: key } = makeSelfSignedCertificate(['a.example']);
    const mallory = await phone(b, { cert, key });
    mallory.socket.write(wire(options('TLS 10.0.0.1')));
    expect((await b.messages.next()).flow.peerNames).toEqual([]);
  });

  test('a server that proves another name: the flow fails and nothing is sent', async () => {
    const { a, b } = await servers();
    const flow = a.transport.flowTo(to(b, 'c.example'))!;
    expect(a.transport.send(flow, options('TLS 127.0.0.1'))).toBe(true);
    expect(await a.failures.next()).toEqual({
      flow,
      why: 'the certificate is for b.example, not for c.example',
    });
    const good = a.transport.flowTo(to(b, 'b.example'))!;
    a.transport.send(good, options('TLS 127.0.0.1', 'good'));
    expect(Buffer.from((await b.messages.next()).message.body).toString()).toBe('good');
  });

  test('a server that nobody vouches for: the flow fails and says so', async () => {
    const a = await station({ sipsPort: 0, certificate: here });
    const b = await station({ sipsPort: 0, certificate: there });
    const flow = a.transport.flowTo(to(b, 'b.example'))!;
    a.transport.send(flow, options('TLS 127.0.0.1'));
    expect((await a.failures.next()).why).toMatch(
      /^the peer's certificate cannot be verified: self.signed certificate \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
    );
  });

  test('a server asked for by its address proves the address', async () => {
    const { a, b } = await servers();
    const flow = a.transport.flowTo(to(b))!;
    a.transport.send(flow, options('TLS 127.0.0.1'));
    await b.messages.next();
    const wrong = b.transport.flowTo(to(a))!;
    b.transport.send(wrong, options('TLS 127.0.0.1'));
    expect((await b.failures.next()).why).toBe('the certificate is for no address, not for 127.0.0.1');
  });

  test('what is no TLS is refused with a line for the log', async () => {
    const { b } = await servers();
    const socket = connect(b.listener('tls').port, '127.0.0.1', () =>
      socket.write('OPTIONS sip:a SIP/2.0\r\n\r\n'),
    );
    socket.on('error', () => {});
    socket.resume();
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    expect(await b.events.next()).toMatchObject({ kind: 'refused', transport: 'tls' });
  });

  test('TLS 1.1 is not spoken', async () => {
    const { b } = await servers();
    const { port } = b.listener('tls');
    const old = tls.connect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1.1',
    });
    const error = await new Promise<Error>((resolve) => old.once('error', resolve));
    expect(error).toBeInstanceOf(Error);
  });

  test('half-open handshakes have a cap and a time-out', async () => {
    const { b } = await servers({ maxHalfOpen: 2, handshakeMs: 300 });
    const { port } = b.listener('tls');
    const half = async () => {
      const ends = new Queue<string>('end of the connection');
      const socket = connect(port, '127.0.0.1');
      socket.on('close', () => ends.push('closed'));
      socket.on('error', () => {});
      onTestFinished(() => void socket.destroy());
      await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
      return ends;
    };
    const first = await half();
    const second = await half();
    const third = await half();
    await third.next();
    expect(await b.events.next()).toMatchObject({ kind: 'refused', why: '2 connections are half open' });
    await first.next();
    await second.next();
    await b.events.next();
    const alice = await phone(b);
    alice.socket.write(wire(options('TLS 10.0.0.1')));
    await b.messages.next();
  });

  test('close does not wait for those who never finish their handshake', async () => {
    const { b } = await servers({ handshakeMs: 60_000 });
    const socket = connect(b.listener('tls').port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    await phone(b);
    await b.transport.close();
    await closed;
  });

  test('a server that never shakes hands: the flow fails in time', async () => {
    const mute = createServer((socket) => onTestFinished(() => void socket.destroy()));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', () => resolve()));
    onTestFinished(() => void mute.close());
    const { a } = await servers({ connectMs: 40, handshakeMs: 40 });
    const { port } = mute.address() as { port: number };
    const flow = a.transport.flowTo({
      transport: 'tls',
      address: '127.0.0.1',
      port,
      serverName: 'b.example',
    })!;
    a.transport.send(flow, options('TLS 127.0.0.1'));
    expect(await a.failures.next()).toEqual({ flow, why: 'not connected within 80 ms' });
  });

  test('another certificate is presented after a reload, both ways, and connections stay', async () => {
    const { a, b } = await servers();
    const before = await phone(b);
    expect(before.socket.getPeerCertificate().subject.CN).toBe('b.example');
    const renewed = makeSelfSignedCertificate(['new.example']);
    b.transport.reloadCertificates(renewed);
    const after = await phone(b);
    expect(after.socket.getPeerCertificate().subject.CN).toBe('new.example');
    before.socket.write(wire(options('TLS 10.0.0.1')));
    const { message, flow } = await b.messages.next();
    b.transport.send(flow, ok(message));
    await before.texts.next();
    a.transport.reloadCertificates(there);
    const out = a.transport.flowTo(to(a))!;
    a.transport.send(out, options('TLS 127.0.0.1'));
    expect((await a.messages.next()).flow.peerNames).toEqual(['b.example']);
  });

  test('a certificate that cannot be read, or is not its key’s, changes nothing', async () => {
    const { b } = await servers();
    expect(() => b.transport.reloadCertificates({ ...there, keyPem: here.keyPem })).toThrow();
    expect(() => b.transport.reloadCertificates({ certificatePem: 'x', keyPem: 'y' })).toThrow();
    const alice = await phone(b);
    expect(alice.socket.getPeerCertificate().subject.CN).toBe('b.example');
  });

  test('no certificate, no TLS: said at once, and nothing stays bound', async () => {
    const user = { messageReceived: () => {}, flowFailed: () => {} };
    const failed = createSipTransport(
      { hosts: ['127.0.0.1'], sipPort: 0, sipsPort: 0, advertise: (local) => local },
      user,
    );
    await expect(failed).rejects.toThrow('need a certificate');
  });
});
