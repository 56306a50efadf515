import type { SocketAddress } from '@ringdown/sans-io';
import { describe, expect, test } from 'vitest';
import { bytes, indication, PEER, RELAY, Stage, type StageClient } from '../../scenarios/server-stage.ts';
import { XorPeerAddress } from '../attributes/addresses.ts';
import { channelData } from '../attributes/channel-data.ts';
import { Data } from '../attributes/data.ts';
import { CHANNEL_BIND, REFRESH, SEND } from '../attributes/methods.ts';
import {
  AdditionalAddressFamily,
  ChannelNumber,
  IPV4,
  IPV6,
  Lifetime,
  RequestedAddressFamily,
} from '../attributes/numbers.ts';

const send = (client: StageClient, to: SocketAddress, data: Uint8Array): void =>
  client.send(indication(SEND, (w) => w.add(XorPeerAddress, to).add(Data, data)));

describe('two clients that can only relay', () => {
  const meet = () => {
    const stage = new Stage();
    const [alice, bob] = [stage.client(1), stage.client(2, { username: 'bob' })];
    return { stage, alice, bob, toAlice: alice.allocate(), toBob: bob.allocate() };
  };

  test('meet in memory: no datagram leaves', () => {
    const { stage, alice, bob, toAlice, toBob } = meet();
    expect([alice.permit(toBob), bob.permit(toAlice)]).toEqual([0, 0]);
    send(alice, toBob, bytes(1, 2));
    const data = bob.answer();
    expect([data.get(XorPeerAddress), data.get(Data)]).toEqual([toAlice, bytes(1, 2)]);
    alice.code(CHANNEL_BIND, (w) => w.add(ChannelNumber, 0x4000).add(XorPeerAddress, toBob));
    bob.code(CHANNEL_BIND, (w) => w.add(ChannelNumber, 0x4007).add(XorPeerAddress, toAlice));
    alice.send(channelData(0x4000, bytes(3), false));
    expect(bob.take()).toEqual([channelData(0x4007, bytes(3), false)]);
    expect(stage.relays.sent).toEqual([]);
  });

  test('both have to permit it', () => {
    const { alice, bob, toBob } = meet();
    alice.permit(toBob);
    send(alice, toBob, bytes(1));
    expect(bob.take()).toEqual([]);
  });

  test('what is larger than any datagram is lost: a stream has room for it, an indication has not', () => {
    const stage = new Stage();
    const alice = stage.client(1, { transport: 'tcp' });
    const bob = stage.client(2, { transport: 'tcp', username: 'bob' });
    const [toAlice, toBob] = [alice.allocate(), bob.allocate()];
    bob.permit(toAlice);
    alice.code(CHANNEL_BIND, (w) => w.add(ChannelNumber, 0x4000).add(XorPeerAddress, toBob));
    alice.send(channelData(0x4000, new Uint8Array(65_507), true));
    expect(bob.answer().get(Data)?.length).toBe(65_507);
    // Its length would not fit into the 16 bits of a message: what is behind would be read as messages of the server's.
    for (const size of [65_508, 65_520, 65_535]) alice.send(channelData(0x4000, new Uint8Array(size), true));
    expect(bob.take().length).toBe(0);
  });

  test('IPv6 has room for some bytes more, and an indication of such a peer less', () => {
    const stage = new Stage();
    const client = stage.client(1);
    const relayed = client.allocate((w) => w.add(RequestedAddressFamily, IPV6));
    const peer = { address: '2606:4700::1111', port: 5_000 };
    expect(client.permit(peer)).toBe(0);
    for (const size of [65_505, 65_507, 65_527]) stage.fromPeer(relayed, peer, new Uint8Array(size));
    expect(client.take().length).toBe(0);
    stage.fromPeer(relayed, peer, new Uint8Array(65_504));
    expect(client.answer().get(Data)?.length).toBe(65_504);
  });

  test('no other port of this machine is reached, by the permission neither', () => {
    const { stage, alice, bob, toAlice, toBob } = meet();
    const sip = { address: RELAY, port: 5_060 };
    expect(alice.permit(sip)).toBe(403);
    expect(alice.code(CHANNEL_BIND, (w) => w.add(ChannelNumber, 0x4000).add(XorPeerAddress, sip))).toBe(403);
    alice.permit(toBob);
    bob.permit(toAlice);
    send(alice, sip, bytes(1));
    // What another program of this machine sends comes from the same address, and is no relay's.
    stage.fromPeer(toAlice, toBob, bytes(1));
    stage.fromPeer(toAlice, sip, bytes(1));
    expect([stage.relays.sent, alice.take()]).toEqual([[], []]);
  });

  test('a relay that has ended is no peer any more, also when another gets its port', () => {
    const { stage, alice, bob, toBob } = meet();
    alice.permit(toBob);
    bob.code(REFRESH, (w) => w.add(Lifetime, 0));
    send(alice, toBob, bytes(1));
    expect(stage.relays.sent).toEqual([]);
    expect(alice.permit(toBob)).toBe(403);
  });

  test('half of an allocation that was given up is no peer, and whoever gets its port is one', () => {
    const stage = new Stage({ relayPorts: { first: 50_000, last: 50_001 } });
    const [alice, bob, carol] = [1, 2, 3].map((port) => stage.client(port)) as [
      StageClient,
      StageClient,
      StageClient,
    ];
    const toAlice = alice.allocate();
    const toBob = bob.allocate((w) => w.add(AdditionalAddressFamily, IPV6));
    bob.code(REFRESH, (w) => w.add(RequestedAddressFamily, IPV4).add(Lifetime, 0));
    expect(alice.permit(toBob)).toBe(403);
    const toCarol = carol.allocate();
    expect(toCarol).toEqual(toBob);
    bob.code(REFRESH, (w) => w.add(Lifetime, 0));
    expect([alice.permit(toCarol), carol.permit(toAlice)]).toEqual([0, 0]);
    send(alice, toCarol, bytes(5));
    expect(carol.answer().get(Data)).toEqual(bytes(5));
  });

  test('addresses that become our own later are closed at once', () => {
    const { stage, alice, toAlice } = meet();
    alice.permit(PEER);
    send(alice, PEER, bytes(1));
    stage.server.setOwnAddresses([PEER.address]);
    send(alice, PEER, bytes(2));
    stage.fromPeer(toAlice, PEER, bytes(3));
    expect(stage.relays.sent.length).toBe(1);
    expect(alice.take()).toEqual([]);
    expect(alice.permit(PEER)).toBe(403);
  });
});
