import { describe, expect, test } from 'vitest';
import { bytes, indication, PEER, Stage } from '../../scenarios/server-stage.ts';
import { XorPeerAddress } from '../attributes/addresses.ts';
import { channelData } from '../attributes/channel-data.ts';
import { Data } from '../attributes/data.ts';
import { ALLOCATE, CHANNEL_BIND, REFRESH, SEND } from '../attributes/methods.ts';
import { ChannelNumber, Lifetime } from '../attributes/numbers.ts';

describe.each(['tcp', 'tls'] as const)('a client over %s', (transport) => {
  test('messages cut anywhere, and ChannelData padded both ways', () => {
    const stage = new Stage();
    const client = stage.client(1, { transport });
    const relayed = client.allocate();
    expect(client.code(CHANNEL_BIND, (w) => w.add(ChannelNumber, 0x4000).add(XorPeerAddress, PEER))).toBe(0);
    const stream = Uint8Array.from([
      ...channelData(0x4000, bytes(1, 2, 3), true),
      ...indication(SEND, (w) => w.add(XorPeerAddress, PEER).add(Data, bytes(4))),
    ]);
    for (const byte of stream) client.send(bytes(byte));
    expect(stage.relays.sent.map((one) => one.bytes)).toEqual([bytes(1, 2, 3), bytes(4)]);
    stage.fromPeer(relayed, PEER, bytes(9));
    expect(client.take()).toEqual([bytes(0x40, 0, 0, 1, 9, 0, 0, 0)]);
  });

  test('its end is the end of its allocation', () => {
    const stage = new Stage();
    const client = stage.client(1, { transport });
    client.allocate();
    stage.server.closed(client.path);
    expect([stage.server.size, stage.relays.open.size, stage.wheel.size]).toEqual([0, 0, 0]);
    expect(stage.events.at(-1)).toMatchObject({ kind: 'allocation ended', why: 'closed', transport });
  });

  test('may be silent once it has an allocation, and not before', () => {
    const stage = new Stage();
    const client = stage.client(1, { transport });
    client.greet();
    expect(client.isKept).toBe(false);
    client.allocate();
    expect(client.isKept).toBe(true);
  });

  test('what is no TURN ends it, and its allocation', () => {
    const stage = new Stage();
    const client = stage.client(1, { transport });
    client.allocate();
    client.send(bytes(0x47, 0x45, 0x54, 0x20));
    // "GET " begins as ChannelData do.
    expect(client.isClosed).toBe(false);
    client.send(new Uint8Array(0x5424).fill(0xff));
    expect(client.isClosed).toBe(true);
    expect([stage.server.size, stage.wheel.size]).toEqual([0, 0]);
  });

  test('one without an allocation sends requests of bounded size, and not for ever', () => {
    const stage = new Stage();
    const large = stage.client(1, { transport });
    large.send(bytes(0, 3, 0x08, 0));
    expect(large.isClosed).toBe(true);
    const idle = stage.client(2, { transport });
    idle.send(idle.write(ALLOCATE).bytes);
    stage.advance(30_000);
    expect(idle.isClosed).toBe(true);
    const silent = stage.client(4, { transport });
    stage.server.accepted(silent.path);
    stage.advance(29_999);
    expect(silent.isClosed).toBe(false);
    stage.advance(1);
    expect(silent.isClosed).toBe(true);
    const busy = stage.client(3, { transport });
    busy.allocate();
    stage.advance(300_000);
    expect(busy.isClosed).toBe(false);
    busy.code(REFRESH, (w) => w.add(Lifetime, 0));
    stage.advance(30_000);
    expect(busy.isClosed).toBe(true);
    expect(stage.wheel.size).toBe(0);
  });

  test('one without an allocation says little, however much it sends at once', () => {
    const stage = new Stage();
    const stranger = stage.client(1, { transport });
    const request = stranger.write(ALLOCATE).bytes;
    const many = Uint8Array.from(Array.from({ length: 3_000 }, () => [...request]).flat());
    stranger.send(many);
    expect(stranger.take().length).toBe(32);
    expect(stranger.isClosed).toBe(true);
    expect(stage.wheel.size).toBe(0);
    const guest = stage.client(2, { transport });
    guest.allocate();
    for (let round = 0; round < 100; round++) expect(guest.permit(PEER)).toBe(0);
    expect(guest.isClosed).toBe(false);
  });

  test('one that does not read loses what is relayed to it', () => {
    const stage = new Stage({ limits: { queuedBytes: 1_000 } });
    const client = stage.client(1, { transport });
    const relayed = client.allocate();
    client.permit(PEER);
    client.path.queuedBytes = 1_001;
    stage.fromPeer(relayed, PEER, bytes(1));
    expect(client.take()).toEqual([]);
    client.path.queuedBytes = 0;
    stage.fromPeer(relayed, PEER, bytes(1));
    expect(client.take().length).toBe(1);
  });
});
