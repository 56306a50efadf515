import { MessageWriter } from '@ringdown/stun';
import { describe, expect, test } from 'vitest';
import { bytes, indication, PEER, PEER6, Stage, type StageClient } from '../../scenarios/server-stage.ts';
import { XorPeerAddress } from '../attributes/addresses.ts';
import { channelData } from '../attributes/channel-data.ts';
import { Data } from '../attributes/data.ts';
import { CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND } from '../attributes/methods.ts';
import {
  AdditionalAddressFamily,
  ChannelNumber,
  DontFragment,
  IPV6,
  RequestedAddressFamily,
} from '../attributes/numbers.ts';

const OTHER = { address: '8.8.8.8', port: 5_000 };
const send = (client: StageClient, to = PEER, data = bytes(1)): void =>
  client.send(indication(SEND, (w) => w.add(XorPeerAddress, to).add(Data, data)));
const bind = (client: StageClient, number: number, peer = PEER): number | undefined =>
  client.code(CHANNEL_BIND, (w) => w.add(ChannelNumber, number).add(XorPeerAddress, peer));

describe('permissions (RFC 8656 §9, §10)', () => {
  test('without one nothing goes either way, and nobody is told', () => {
    const stage = new Stage();
    const client = stage.client(1);
    const relayed = client.allocate();
    send(client);
    stage.fromPeer(relayed, PEER, bytes(1));
    expect([stage.relays.sent, client.take()]).toEqual([[], []]);
  });

  test('they are of an address, whatever the port, and of no other address', () => {
    const stage = new Stage();
    const client = stage.client(1);
    const relayed = client.allocate();
    expect(client.permit(PEER)).toBe(0);
    send(client, { ...PEER, port: 9 });
    stage.fromPeer(relayed, { ...PEER, port: 77 }, bytes(1));
    send(client, OTHER);
    stage.fromPeer(relayed, OTHER, bytes(1));
    expect(stage.relays.sent.map(({ to }) => to)).toEqual([{ ...PEER, port: 9 }]);
    expect(client.take().length).toBe(1);
  });

  test('300 seconds from when it was asked for last; Refresh of the allocation and data change nothing', () => {
    const stage = new Stage();
    const client = stage.client(1);
    const relayed = client.allocate();
    client.permit(PEER);
    stage.advance(200_000);
    client.permit(PEER);
    stage.advance(299_999);
    client.code(REFRESH);
    send(client);
    stage.fromPeer(relayed, PEER, bytes(1));
    expect([stage.relays.sent.length, client.take().length]).toEqual([1, 1]);
    stage.advance(1);
    send(client);
    stage.fromPeer(relayed, PEER, bytes(1));
    expect([stage.relays.sent.length, client.take().length]).toEqual([1, 0]);
  });

  test('several at once: all or none', () => {
    const stage = new Stage();
    const client = stage.client(1);
    client.allocate();
    expect(client.permit(PEER, OTHER)).toBe(0);
    send(client, OTHER);
    expect(stage.relays.sent.length).toBe(1);
    const third = { address: '8.8.8.9', port: 1 };
    expect(client.permit(third, { address: '10.0.0.1', port: 1 })).toBe(403);
    expect(client.permit(third, PEER6)).toBe(443);
    const half = client.code(CREATE_PERMISSION, (w) =>
      w.add(XorPeerAddress, third).addBytes(XorPeerAddress.type, bytes(0, 1, 2, 3)),
    );
    expect(half).toBe(400);
    send(client, third);
    expect(stage.relays.sent.length).toBe(1);
  });

  test('400 without a peer, 437 without an allocation, 441 for that of another', () => {
    const stage = new Stage();
    const client = stage.client(1);
    expect(client.permit(PEER)).toBe(437);
    client.allocate();
    expect(client.permit()).toBe(400);
    expect(stage.client(1, { username: 'bob' }).permit(PEER)).toBe(441);
  });

  test('so many to an allocation: 508; those that are over make room', () => {
    const stage = new Stage({ limits: { permissionsPerAllocation: 2 } });
    const client = stage.client(1);
    client.allocate();
    expect(client.permit(PEER, OTHER)).toBe(0);
    expect(client.permit({ address: '8.8.8.1', port: 1 })).toBe(508);
    expect(client.permit(PEER)).toBe(0);
    stage.advance(300_000);
    expect(client.permit({ address: '8.8.8.1', port: 1 })).toBe(0);
  });

  test('so many new peers in a second: 508 to requests, and data are lost', () => {
    const stage = new Stage({ limits: { newPeersPerSecond: 2 } });
    const client = stage.client(1);
    client.allocate();
    expect(client.permit(PEER)).toBe(0);
    for (const port of [1, 2, 3, 1]) send(client, { ...PEER, port });
    expect(stage.relays.sent.map(({ to }) => to.port)).toEqual([1, 1]);
    expect(client.permit(OTHER)).toBe(508);
    expect(client.permit(PEER)).toBe(0);
    stage.advance(1_000);
    expect(client.permit(OTHER)).toBe(0);
  });

  test('peers of both families, each by its own relay', () => {
    const stage = new Stage();
    const client = stage.client(1);
    client.allocate((w) => w.add(AdditionalAddressFamily, IPV6));
    expect(client.permit(PEER, PEER6)).toBe(0);
    send(client);
    send(client, PEER6, bytes(6));
    expect(stage.relays.sent.map(({ from, to }) => [from.address.includes(':'), to.address])).toEqual([
      [false, PEER.address],
      [true, PEER6.address],
    ]);
  });

  test('addresses that the system spells in another way are the same', () => {
    const stage = new Stage();
    const client = stage.client(1);
    client.allocate((w) => w.add(AdditionalAddressFamily, IPV6));
    const peer = { address: '64:ff9b::808:404', port: 7 };
    expect(client.permit(peer)).toBe(0);
    const relayed = [...stage.relays.open.keys()].find((key) => key.includes(':'))!.split(' ');
    const at = { address: relayed[0]!, port: Number(relayed[1]) };
    stage.fromPeer(at, { address: '64:ff9b::8.8.4.4', port: 7 }, bytes(1));
    stage.fromPeer(at, { address: '64:ff9b::8.8.4.4%eth0', port: 7 }, bytes(1));
    expect(client.take().length).toBe(2);
  });
});

describe('Send indications (RFC 8656 §11.2)', () => {
  const withPermission = (): readonly [Stage, StageClient] => {
    const stage = new Stage();
    const client = stage.client(1);
    client.allocate();
    client.permit(PEER);
    return [stage, client];
  };

  test('data of any length, none too', () => {
    const [stage, client] = withPermission();
    for (let length = 0; length < 6; length++) send(client, PEER, new Uint8Array(length).fill(9));
    expect(stage.relays.sent.map(({ bytes }) => bytes.length)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test.each([
    ['no DATA', indication(SEND, (w) => w.add(XorPeerAddress, PEER))],
    ['no XOR-PEER-ADDRESS', indication(SEND, (w) => w.add(Data, bytes(1)))],
    [
      'DONT-FRAGMENT',
      indication(SEND, (w) => w.add(XorPeerAddress, PEER).add(DontFragment, true).add(Data, bytes(1))),
    ],
    [
      'an unknown attribute',
      indication(SEND, (w) => w.add(XorPeerAddress, PEER).addBytes(0x7abc, bytes()).add(Data, bytes(1))),
    ],
    [
      'a peer of a wrong length',
      indication(SEND, (w) => w.addBytes(0x0012, bytes(0, 1, 0, 0)).add(Data, bytes(1))),
    ],
    [
      'a FINGERPRINT that is wrong',
      indication(SEND, (w) =>
        w
          .add(XorPeerAddress, PEER)
          .add(Data, bytes(1))
          .addBytes(0x8028, bytes(1, 2, 3, 4)),
      ),
    ],
    ['port 0', indication(SEND, (w) => w.add(XorPeerAddress, { ...PEER, port: 0 }).add(Data, bytes(1)))],
  ])('%s: discarded', (_, message) => {
    const [stage, client] = withPermission();
    client.send(message);
    expect([stage.relays.sent, client.take()]).toEqual([[], []]);
  });

  test('a peer of no family that there is, or longer than its family', () => {
    const stage = new Stage();
    const client = stage.client(1);
    client.allocate((w) => w.add(RequestedAddressFamily, IPV6));
    client.permit(PEER6);
    const right = indication(SEND, (w) => w.add(XorPeerAddress, PEER6).add(Data, bytes(1)));
    const id = right.subarray(8, 20);
    const value = XorPeerAddress.encode(PEER6, id);
    for (const wrong of [Uint8Array.from([...value, 0, 0, 0, 0]), value.with(1, 3), value.with(1, 1)]) {
      const writer = new MessageWriter(SEND, 'indication', id).addBytes(XorPeerAddress.type, wrong);
      client.send(writer.add(Data, bytes(1)).bytes);
    }
    expect(stage.relays.sent).toEqual([]);
    client.send(right);
    expect(stage.relays.sent.length).toBe(1);
  });

  test('the largest datagram comes whole', () => {
    const [stage, client] = withPermission();
    const [key] = stage.relays.open.keys();
    const [address, port] = key!.split(' ') as [string, string];
    const largest = new Uint8Array(65_507).fill(7);
    stage.fromPeer({ address, port: Number(port) }, PEER, largest);
    expect(client.answer().get(Data)).toEqual(largest);
  });

  test('the first of two peers counts', () => {
    const [stage, client] = withPermission();
    client.send(
      indication(SEND, (w) => w.add(XorPeerAddress, OTHER).add(XorPeerAddress, PEER).add(Data, bytes(1))),
    );
    expect(stage.relays.sent).toEqual([]);
  });
});

describe('channels (RFC 8656 §12)', () => {
  const withAllocation = (): readonly [Stage, StageClient, ReturnType<StageClient['allocate']>] => {
    const stage = new Stage();
    const client = stage.client(1);
    return [stage, client, client.allocate()];
  };

  test.each([0x3fff, 0x8000, 0xffff, 0])('number %i: 400', (number) => {
    expect(bind(withAllocation()[1], number)).toBe(400);
  });

  test('400 without number, peer or port; 403, 437, 441 and 443 as for permissions', () => {
    const [stage, client] = withAllocation();
    expect(client.code(CHANNEL_BIND, (w) => w.add(ChannelNumber, 0x4000))).toBe(400);
    expect(client.code(CHANNEL_BIND, (w) => w.add(XorPeerAddress, PEER))).toBe(400);
    expect(bind(client, 0x4000, { ...PEER, port: 0 })).toBe(400);
    expect(bind(client, 0x4000, { address: '127.0.0.1', port: 1 })).toBe(403);
    expect(bind(client, 0x4000, PEER6)).toBe(443);
    expect(bind(stage.client(2), 0x4000)).toBe(437);
    expect(bind(stage.client(1, { username: 'bob' }), 0x4000)).toBe(441);
    expect(bind(client, 0x4fff)).toBe(0);
    // RFC 5766 §11 had more of them, and its clients are still around.
    expect(bind(client, 0x7fff, OTHER)).toBe(0);
  });

  test('neither number nor peer is bound to another, nor for five minutes after', () => {
    const [stage, client] = withAllocation();
    expect(bind(client, 0x4000)).toBe(0);
    stage.advance(500_000);
    expect(client.code(REFRESH, () => undefined)).toBe(0);
    expect(bind(client, 0x4000)).toBe(0);
    const conflicts = (): unknown => [bind(client, 0x4000, OTHER), bind(client, 0x4001, PEER)];
    expect(conflicts()).toEqual([400, 400]);
    for (let passed = 0; passed < 899_999; passed += 299_999) {
      client.code(REFRESH);
      stage.advance(Math.min(299_999, 899_999 - passed));
    }
    expect(conflicts()).toEqual([400, 400]);
    expect(bind(client, 0x4000)).toBe(0);
    stage.advance(599_000);
    client.code(REFRESH);
    stage.advance(301_000);
    expect(conflicts()).toEqual([0, 0]);
  });

  test('a binding lasts 600 seconds, its permission 300', () => {
    const [stage, client, relayed] = withAllocation();
    const through = (): number => {
      client.send(channelData(0x4000, bytes(1), false));
      stage.fromPeer(relayed, PEER, bytes(1));
      return stage.relays.sent.splice(0).length * 10 + client.take().length;
    };
    bind(client, 0x4000);
    expect(through()).toBe(11);
    stage.advance(299_999);
    expect(through()).toBe(11);
    stage.advance(1);
    expect(through()).toBe(0);
    client.permit(PEER);
    client.code(REFRESH);
    expect(through()).toBe(11);
    stage.advance(299_999);
    client.permit(PEER);
    expect(through()).toBe(11);
    stage.advance(1);
    // Without its channel a peer's data come in an indication; what the client sends by it is lost.
    client.send(channelData(0x4000, bytes(1), false));
    expect(stage.relays.sent).toEqual([]);
    stage.fromPeer(relayed, PEER, bytes(1));
    expect(client.answer().get(XorPeerAddress)).toEqual(PEER);
    expect(bind(client, 0x4000)).toBe(0);
    expect(through()).toBe(11);
  });

  test('what is not bound, cut short or longer than it says', () => {
    const [stage, client] = withAllocation();
    bind(client, 0x4000);
    client.send(channelData(0x4001, bytes(1), false));
    client.send(bytes(0x40, 0, 0, 2, 1));
    client.send(bytes(0x40, 0));
    expect(stage.relays.sent).toEqual([]);
    client.send(bytes(0x40, 0, 0, 1, 9, 0, 0, 0));
    expect(stage.relays.sent[0]?.bytes).toEqual(bytes(9));
  });

  test('so many: 508', () => {
    const stage = new Stage({ limits: { channelsPerAllocation: 2 } });
    const client = stage.client(1);
    client.allocate();
    expect([0x4000, 0x4001, 0x4002].map((n) => bind(client, n, { ...PEER, port: n }))).toEqual([0, 0, 508]);
    expect(bind(client, 0x4000, { ...PEER, port: 0x4000 })).toBe(0);
  });
});
