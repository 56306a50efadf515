import { nodeHashes } from '@ringdown/net/ports';
import { integrityHolds, Nonce, Realm, XorMappedAddress } from '@ringdown/stun';
import { describe, expect, test } from 'vitest';
import { bytes, indication, PEER, RELAY, Stage } from '../../scenarios/server-stage.ts';
import { XorPeerAddress, XorRelayedAddress } from '../attributes/addresses.ts';
import { channelData } from '../attributes/channel-data.ts';
import { Data } from '../attributes/data.ts';
import { ALLOCATE, CHANNEL_BIND, DATA, REFRESH, SEND } from '../attributes/methods.ts';
import { ChannelNumber, Lifetime, RequestedTransport, UDP } from '../attributes/numbers.ts';

describe('the flow of RFC 8656 §20', () => {
  test('Allocate, CreatePermission, Send and Data, ChannelBind, ChannelData, Refresh', () => {
    const stage = new Stage();
    const client = stage.client(49_721);
    client.send(client.write(ALLOCATE, (writer) => writer.add(RequestedTransport, UDP)).bytes);
    const challenge = client.answer();
    expect([challenge.class, challenge.get(Realm)]).toEqual(['error', 'example.org']);
    client.nonce = challenge.get(Nonce)!;

    const allocated = client.ask(ALLOCATE, (writer) =>
      writer.add(Lifetime, 1_200).add(RequestedTransport, UDP),
    )!;
    expect(allocated.class).toBe('success');
    const relayed = allocated.get(XorRelayedAddress)!;
    expect(relayed.address).toBe(RELAY);
    expect(relayed.port).toBeGreaterThanOrEqual(49_152);
    expect(allocated.get(Lifetime)).toBe(1_200);
    expect(allocated.get(XorMappedAddress)).toEqual(client.path.remote);
    expect(integrityHolds(allocated, 'sha1', client.key, nodeHashes)).toBe(true);

    expect(client.permit(PEER)).toBe(0);
    client.send(indication(SEND, (writer) => writer.add(XorPeerAddress, PEER).add(Data, bytes(1, 2, 3))));
    expect(stage.relays.sent).toEqual([{ from: relayed, to: PEER, bytes: bytes(1, 2, 3) }]);
    stage.fromPeer(relayed, PEER, bytes(4, 5));
    const data = client.answer();
    expect([data.method, data.class]).toEqual([DATA, 'indication']);
    expect(data.get(XorPeerAddress)).toEqual(PEER);
    expect(data.get(Data)).toEqual(bytes(4, 5));

    const other = { address: '8.8.8.8', port: 49_191 };
    const bind = client.code(CHANNEL_BIND, (writer) =>
      writer.add(ChannelNumber, 0x4000).add(XorPeerAddress, other),
    );
    expect(bind).toBe(0);
    client.send(channelData(0x4000, bytes(6, 7), false));
    expect(stage.relays.sent[1]).toEqual({ from: relayed, to: other, bytes: bytes(6, 7) });
    stage.fromPeer(relayed, other, bytes(8));
    expect(client.take()).toEqual([channelData(0x4000, bytes(8), false)]);

    expect(client.ask(REFRESH, (writer) => writer.add(Lifetime, 900))!.get(Lifetime)).toBe(900);
    expect(client.code(REFRESH, (writer) => writer.add(Lifetime, 0))).toBe(0);
    expect(stage.relays.open.size).toBe(0);
    expect(stage.server.size).toBe(0);
    expect(stage.wheel.size).toBe(0);
  });
});
