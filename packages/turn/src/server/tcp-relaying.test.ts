import { describe, expect, test } from 'vitest';
import {
  bytes,
  type FakeStream,
  PEER,
  RELAY,
  Stage,
  type StageClient,
  FakeStream as Stream,
} from '../../scenarios/server-stage.ts';
import { XorPeerAddress, XorRelayedAddress } from '../attributes/addresses.ts';
import {
  ALLOCATE,
  CHANNEL_BIND,
  CONNECT,
  CONNECTION_ATTEMPT,
  CONNECTION_BIND,
  REFRESH,
} from '../attributes/methods.ts';
import {
  ChannelNumber,
  ConnectionId,
  EvenPort,
  Lifetime,
  RequestedTransport,
  TCP,
} from '../attributes/numbers.ts';

const withAllocation = (limits = {}) => {
  const stage = new Stage({ limits });
  const control = stage.client(1, { transport: 'tcp' });
  const relayed = control.ask(ALLOCATE, (w) => w.add(RequestedTransport, TCP))!.get(XorRelayedAddress)!;
  return { stage, control, relayed };
};
const connect = (stage: Stage, control: StageClient, peer = PEER): { id: number; stream: FakeStream } => {
  control.greet();
  control.send(control.sign(control.write(CONNECT, (w) => w.add(XorPeerAddress, peer))));
  const { user, stream } = stage.relays.connects.at(-1)!;
  user.opened(stream);
  return { id: control.answer().get(ConnectionId)!, stream };
};
const bound = (stage: Stage, id: number): StageClient => {
  const data = stage.client(100 + stage.relays.connects.length, { transport: 'tcp' });
  expect(data.code(CONNECTION_BIND, (w) => w.add(ConnectionId, id))).toBe(0);
  data.isRaw = true;
  return data;
};

describe('TCP allocations (RFC 6062)', () => {
  test('Connect, ConnectionBind, bytes both ways, and the end of either side ends the other', () => {
    const { stage, control } = withAllocation();
    const { id, stream } = connect(stage, control);
    expect(stream.isPaused).toBe(true);
    const data = bound(stage, id);
    expect(stream.isPaused).toBe(false);
    data.send(bytes(1, 2, 3));
    expect(stream.sent).toEqual([bytes(1, 2, 3)]);
    stage.relays.connects[0]!.user.received(bytes(0x80, 4));
    expect(data.raw).toEqual([bytes(0x80, 4)]);
    stage.server.closed(data.path);
    expect([stream.isClosed, data.isClosed, control.isClosed]).toEqual([true, false, false]);

    const again = connect(stage, control);
    const other = bound(stage, again.id);
    stage.relays.connects[1]!.user.closed('reset');
    expect(other.isClosed).toBe(true);
    expect(stage.events.at(-1)?.kind).toBe('allocation created');
    control.code(REFRESH, (w) => w.add(Lifetime, 0));
    expect(stage.events.at(-1)).toMatchObject({ protocol: 'tcp', bytesToPeers: 3, bytesFromPeers: 2 });
  });

  test('bytes behind ConnectionBind in the same piece go to the peer, and those of the peer before it to the client', () => {
    const { stage, control } = withAllocation();
    const { id, stream } = connect(stage, control);
    stage.relays.connects[0]!.user.received(bytes(7));
    const data = stage.client(9, { transport: 'tcp' }).greet();
    const request = data.sign(data.write(CONNECTION_BIND, (w) => w.add(ConnectionId, id)));
    const sent: Uint8Array[] = [];
    const { path } = data;
    const raw = { ...path, send: (piece: Uint8Array) => void sent.push(piece.slice()) };
    data.take();
    // One object from its first byte to its last: the greeting was another stream's.
    stage.server.closed(path);
    stage.server.received(raw, Uint8Array.from([...request, 1, 2]));
    expect(stream.sent).toEqual([bytes(1, 2)]);
    expect(sent.length).toBe(2);
    expect(sent[1]).toEqual(bytes(7));
  });

  test('a peer that connects: ConnectionAttempt where it is permitted, closed where it is not', () => {
    const { stage, control, relayed } = withAllocation();
    const listener = stage.relays.listening.get(`${RELAY} ${relayed.port}`)!;
    expect(listener.accepted(new Stream(PEER))).toBeUndefined();
    control.permit(PEER);
    const stream = new Stream(PEER);
    const user = listener.accepted(stream)!;
    user.opened(stream);
    const attempt = control.answer();
    expect([attempt.method, attempt.class]).toEqual([CONNECTION_ATTEMPT, 'indication']);
    expect(attempt.get(XorPeerAddress)).toEqual(PEER);
    const data = bound(stage, attempt.get(ConnectionId)!);
    user.received(bytes(5));
    expect(data.raw).toEqual([bytes(5)]);
    stage.advance(300_000);
    expect(listener.accepted(new Stream({ ...PEER, port: 1 }))).toBeUndefined();
  });

  test('446 for a second connection to a peer, also while the first is being made; 447 where there is none', () => {
    const { stage, control } = withAllocation();
    const ask = () => control.code(CONNECT, (w) => w.add(XorPeerAddress, PEER));
    expect(ask()).toBeUndefined();
    expect(ask()).toBe(446);
    stage.relays.connects[0]!.user.closed('refused');
    expect(control.answer().bytes.length).toBeGreaterThan(0);
    expect(ask()).toBeUndefined();
    stage.advance(30_000);
    expect(control.answer().class).toBe('error');
    expect(stage.relays.connects[1]!.stream.isClosed).toBe(true);
    connect(stage, control);
    expect(ask()).toBe(446);
  });

  test('447 is what a peer that cannot be reached is answered by', () => {
    const { stage, control } = withAllocation();
    control.code(CONNECT, (w) => w.add(XorPeerAddress, PEER));
    stage.relays.connects[0]!.user.closed('refused');
    expect(control.inbox.length).toBe(1);
    expect(stage.events.at(-1)).toMatchObject({ kind: 'refused', code: 447 });
  });

  test('what is not taken within 30 seconds is closed', () => {
    const { stage, control } = withAllocation();
    const { id, stream } = connect(stage, control);
    stage.advance(30_000);
    expect(stream.isClosed).toBe(true);
    const late = stage.client(9, { transport: 'tcp' });
    expect(late.code(CONNECTION_BIND, (w) => w.add(ConnectionId, id))).toBe(400);
  });

  test('ConnectionBind: 400 without an ID, for one that is taken, over UDP, or on the control connection; 441 for another user', () => {
    const { stage, control } = withAllocation();
    const { id } = connect(stage, control);
    const bind = (client: StageClient) => client.code(CONNECTION_BIND, (w) => w.add(ConnectionId, id));
    expect(stage.client(2, { transport: 'tcp' }).code(CONNECTION_BIND)).toBe(400);
    expect(bind(stage.client(3))).toBe(400);
    expect(bind(control)).toBe(400);
    expect(bind(stage.client(4, { transport: 'tcp', username: 'bob' }))).toBe(441);
    bound(stage, id);
    expect(bind(stage.client(5, { transport: 'tcp' }))).toBe(400);
  });

  test('Connect: 437 without a TCP allocation, 400 without a peer, 443, 403 for its own relays, 486', () => {
    const { stage, control, relayed } = withAllocation({ connectionsPerAllocation: 1 });
    const ask = (client: StageClient, peer = PEER) =>
      client.code(CONNECT, (w) => w.add(XorPeerAddress, peer));
    expect(ask(stage.client(2, { transport: 'tcp' }))).toBe(437);
    const udp = stage.client(3, { transport: 'tcp' });
    udp.allocate();
    expect(ask(udp)).toBe(437);
    expect(control.code(CONNECT)).toBe(400);
    expect(ask(control, { ...PEER, port: 0 })).toBe(400);
    expect(ask(control, { address: '2a00::1', port: 1 })).toBe(443);
    expect(ask(control, relayed)).toBe(403);
    // Relays of datagrams meet in memory; streams do not.
    expect(ask(control, stage.client(8).allocate())).toBe(403);
    connect(stage, control);
    expect(ask(control, { ...PEER, port: 1 })).toBe(486);
  });

  test('no channels, no EVEN-PORT, and 442 where the system relays no TCP', () => {
    const { stage, control } = withAllocation();
    const bind = control.code(CHANNEL_BIND, (w) => w.add(ChannelNumber, 0x4000).add(XorPeerAddress, PEER));
    expect(bind).toBe(403);
    const wish = (client: StageClient, even: boolean) =>
      client.code(ALLOCATE, (w) => (even ? w.add(EvenPort, false) : w).add(RequestedTransport, TCP));
    expect(wish(stage.client(2, { transport: 'tcp' }), true)).toBe(400);
    (stage.relays as { listenTcp: unknown }).listenTcp = undefined;
    expect(wish(stage.client(3, { transport: 'tcp' }), false)).toBe(442);
  });

  test('the end of the allocation ends all of its connections', () => {
    const { stage, control } = withAllocation();
    const first = connect(stage, control);
    const data = bound(stage, first.id);
    const second = connect(stage, control, { ...PEER, port: 1 });
    stage.server.forget('alice');
    expect([first.stream.isClosed, second.stream.isClosed, data.isClosed]).toEqual([true, true, true]);
    expect([stage.relays.listening.size, stage.server.size]).toEqual([0, 0]);
  });

  test('one side is not read while the other is full, nor for the rest of a second with too much in it', () => {
    const { stage, control } = withAllocation({ queuedBytes: 1_000, bitsPerSecond: 80_000 });
    const { id, stream } = connect(stage, control);
    const data = bound(stage, id);
    const { user } = stage.relays.connects[0]!;
    data.path.queuedBytes = 1_001;
    user.received(bytes(1));
    expect(stream.isPaused).toBe(true);
    data.path.queuedBytes = 0;
    stage.server.drained(data.path);
    expect(stream.isPaused).toBe(false);
    stream.queuedBytes = 1_001;
    data.send(bytes(1));
    expect(data.isPaused).toBe(true);
    user.drained();
    expect(data.isPaused).toBe(false);
    user.received(new Uint8Array(20_000));
    expect(stream.isPaused).toBe(true);
    stage.server.drained(data.path);
    expect(stream.isPaused).toBe(true);
    stage.advance(1_000);
    expect(stream.isPaused).toBe(false);
    expect(data.raw.at(-1)?.length).toBe(20_000);
  });

  test('too much in a second stops both sides, and the end of that starts none that is full', () => {
    const { stage, control } = withAllocation({ queuedBytes: 1_000, bitsPerSecond: 80_000 });
    const { id, stream } = connect(stage, control);
    const data = bound(stage, id);
    const { user } = stage.relays.connects[0]!;
    user.received(new Uint8Array(20_000));
    expect([stream.isPaused, data.isPaused]).toEqual([true, true]);
    // What was on its way still comes.
    stream.queuedBytes = 1_001;
    data.send(bytes(1));
    stage.advance(1_000);
    expect([stream.isPaused, data.isPaused]).toEqual([false, true]);
    stream.queuedBytes = 0;
    user.drained();
    expect(data.isPaused).toBe(false);
  });

  test('a peer that says too much before it is taken is closed', () => {
    const { stage, control } = withAllocation({ queuedBytes: 1_000 });
    const { stream } = connect(stage, control);
    stage.relays.connects[0]!.user.received(new Uint8Array(1_001));
    expect(stream.isClosed).toBe(true);
  });
});
