import { instant, seededRandom } from '@ringdown/sans-io';
import { addFingerprint, BINDING, fingerprintHolds, MessageWriter, Software } from '@ringdown/stun';
import { describe, expect, test } from 'vitest';
import { bytes, indication, keyOf, nextId, PEER, Stage } from '../../scenarios/server-stage.ts';
import { XorPeerAddress } from '../attributes/addresses.ts';
import { Data } from '../attributes/data.ts';
import { Icmp } from '../attributes/icmp.ts';
import { ALLOCATE, REFRESH, SEND } from '../attributes/methods.ts';
import { Lifetime, RequestedTransport, UDP } from '../attributes/numbers.ts';
import { PerSource } from './rate-limit.ts';

const withPermission = (limits: Record<string, number>) => {
  const stage = new Stage({ limits });
  const client = stage.client(1);
  const relayed = client.allocate();
  client.permit(PEER);
  const send = (length: number): void =>
    client.send(indication(SEND, (w) => w.add(XorPeerAddress, PEER).add(Data, new Uint8Array(length))));
  return { stage, client, relayed, send };
};

describe('what goes through an allocation', () => {
  test('so many packets in a second, both ways together', () => {
    const { stage, client, relayed, send } = withPermission({ packetsPerSecond: 3 });
    for (let sent = 0; sent < 2; sent++) send(1);
    for (let sent = 0; sent < 2; sent++) stage.fromPeer(relayed, PEER, bytes(1));
    expect([stage.relays.sent.length, client.take().length]).toEqual([2, 1]);
    stage.advance(1_000);
    send(1);
    expect(stage.relays.sent.length).toBe(3);
    client.code(REFRESH, (w) => w.add(Lifetime, 0));
    expect(stage.events.at(-1)).toMatchObject({
      why: 'deleted',
      packetsToPeers: 3,
      packetsFromPeers: 1,
      bytesToPeers: 3,
      bytesFromPeers: 1,
      packetsLost: 1,
    });
  });

  test('so many bits in a second', () => {
    const { stage, send } = withPermission({ bitsPerSecond: 8_000 });
    for (const length of [600, 600, 400]) send(length);
    expect(stage.relays.sent.map((one) => one.bytes.length)).toEqual([600, 400]);
  });

  test('what the network says of a packet comes as ICMP in a Data indication (RFC 8656 §11.5), from permitted peers only', () => {
    const { stage, client } = withPermission({});
    const [user] = stage.relays.open.values();
    user!.icmp({ address: '8.8.8.8', port: 1 }, { type: 3, code: 3, data: 0 });
    expect(client.take()).toEqual([]);
    user!.icmp(PEER, { type: 3, code: 4, data: 1_400 });
    const data = client.answer();
    expect([data.get(XorPeerAddress), data.get(Icmp)]).toEqual([PEER, { type: 3, code: 4, data: 1_400 }]);
    expect(data.has(Data)).toBe(false);
    // Later failures of a relay's socket are about one peer, and end nothing.
    const asked = stage.relays.asked.length;
    user!.failed('unreachable');
    stage.relays.settle();
    expect([stage.server.size, stage.relays.asked.length]).toEqual([1, asked]);
  });
});

describe('strangers', () => {
  test('so many refusals in a second to one source over UDP, whatever its ports; others are answered', () => {
    const stage = new Stage({ limits: { refusalsPerSecond: 3 } });
    const refusals = (address: string): number => {
      let answers = 0;
      for (let port = 1; port <= 10; port++) {
        const client = stage.client(port, { address });
        client.send(client.write(ALLOCATE).bytes);
        answers += client.take().length;
      }
      return answers;
    };
    expect(refusals('9.9.9.9')).toBe(3);
    expect(refusals('9.9.9.10')).toBe(3);
    stage.advance(1_000);
    expect(refusals('9.9.9.9')).toBe(3);
    const stream = stage.client(11, { transport: 'tcp' });
    stream.send(stream.write(ALLOCATE).bytes);
    expect(stream.take().length).toBe(1);
  });

  test('a challenge is small, and says nothing of what runs here', () => {
    const stage = new Stage();
    const client = stage.client(1);
    client.send(client.write(ALLOCATE, (w) => w.add(RequestedTransport, UDP)).bytes);
    const challenge = client.answer();
    expect(challenge.bytes.length).toBeLessThanOrEqual(100);
    expect(challenge.has(Software)).toBe(false);
    const success = client.greet().ask(ALLOCATE, (w) => w.add(RequestedTransport, UDP))!;
    expect(success.has(Software)).toBe(false);
  });

  test('guesses of a password: so many are told in a second, and no state comes of them', () => {
    const stage = new Stage({ limits: { refusalsPerSecond: 5 } });
    const client = stage.client(1).greet();
    client.key = keyOf('somebody else');
    let answers = 0;
    for (let guess = 0; guess < 50; guess++) {
      client.send(client.sign(client.write(ALLOCATE, (w) => w.add(RequestedTransport, UDP))));
      answers += client.take().length;
    }
    expect(answers).toBe(4);
    expect(stage.events.length).toBe(4);
    expect([stage.server.size, stage.wheel.size]).toEqual([0, 0]);
  });

  test('what is told of datagrams has a bound for all sources together: they may be forged', () => {
    const stage = new Stage();
    const forged = (address: string) => {
      const client = stage.client(1, { address });
      client.key = keyOf('nobody');
      client.send(client.sign(client.write(ALLOCATE)));
      return client.take().length;
    };
    for (let host = 0; host < 250; host++) expect(forged(`9.9.9.${host}`)).toBe(1);
    expect(stage.events.length).toBe(100);
    const stream = stage.client(2, { transport: 'tcp', username: 'nobody' });
    stream.send(stream.sign(stream.write(ALLOCATE)));
    expect(stage.events.length).toBe(101);
    stage.advance(1_000);
    forged('9.9.9.9');
    expect(stage.events.length).toBe(102);
  });

  test('who signs with the right password, and a nonce of ours that is too old, is answered whoever uses his address', () => {
    const stage = new Stage({ limits: { refusalsPerSecond: 5 }, nonceLifetimeMs: 60_000 });
    const client = stage.client(1);
    client.allocate();
    stage.advance(100_000);
    const forger = stage.client(2);
    for (let time = 0; time < 50; time++) forger.send(forger.write(ALLOCATE).bytes);
    expect(client.permit(PEER)).toBe(438);
    expect(forger.take().length).toBe(5);
    // A nonce that was given to nobody there proves nothing.
    client.nonce = `${client.nonce.slice(0, -1)}_`;
    expect(client.permit(PEER)).toBeUndefined();
  });

  test('the refusals of one who is known are all answered, and not all told', () => {
    const stage = new Stage({ limits: { refusalsPerSecond: 5 } });
    const client = stage.client(1);
    client.allocate();
    for (let time = 0; time < 20; time++) expect(client.permit({ address: '10.0.0.1', port: 1 })).toBe(403);
    expect(stage.events.filter(({ kind }) => kind === 'peer denied').length).toBe(5);
    expect(stage.events.at(-1)).toMatchObject({
      kind: 'peer denied',
      rule: '10.0.0.0/8',
      peer: { address: '10.0.0.1', port: 1 },
      user: 'alice',
    });
  });

  test('IPv6 sources are counted by their network, IPv4 by address however it is spelled', () => {
    const limit = new PerSource(1, seededRandom(1));
    expect(limit.take('2a00:1:2:3::1', instant(0))).toBe(true);
    expect(limit.take('2a00:1:2:3:ffff::2', instant(0))).toBe(false);
    expect(limit.take('2a00:1:2:4::1', instant(0))).toBe(true);
    expect(limit.take('9.9.9.9', instant(0))).toBe(true);
    expect(limit.take('::ffff:9.9.9.9', instant(0))).toBe(false);
    expect(limit.take('::ffff:9.9.9.10', instant(0))).toBe(true);
  });

  test('Binding requests are answered, indications and other methods are not', () => {
    const stage = new Stage();
    const client = stage.client(1);
    client.send(new MessageWriter(BINDING, 'request', nextId()).bytes);
    expect(client.answer().class).toBe('success');
    client.send(new MessageWriter(BINDING, 'indication', nextId()).bytes);
    client.send(client.sign(client.write(0x00d)));
    client.send(client.sign(client.write(SEND)));
    expect(client.take()).toEqual([]);
  });

  test('a request with a wrong FINGERPRINT, or of RFC 3489, which knows no TURN: silence', () => {
    const client = new Stage().client(1);
    client.send(client.write(ALLOCATE, (w) => w.addBytes(0x8028, bytes(1, 2, 3, 4))).bytes);
    const classic = client.write(ALLOCATE).bytes;
    classic[4]! ^= 1;
    client.send(classic);
    expect(client.take()).toEqual([]);
    client.send(addFingerprint(client.write(ALLOCATE)).bytes);
    expect(fingerprintHolds(client.answer())).toBe(true);
  });
});

test('close ends all', () => {
  const stage = new Stage();
  stage.client(1).allocate();
  const stream = stage.client(2, { transport: 'tcp' });
  stream.allocate();
  stage.server.close();
  expect([stage.server.size, stage.relays.open.size, stage.wheel.size]).toEqual([0, 0, 0]);
  expect(stream.isClosed).toBe(true);
});
