import type { Random } from '@ringdown/sans-io';
import { Malformed, type MessageWriter, padded, parseStun, read16 } from '@ringdown/stun';
import {
  ALLOCATE,
  CHANNEL_BIND,
  CONNECT,
  CONNECTION_BIND,
  CREATE_PERMISSION,
  FIRST_CHANNEL,
  REFRESH,
  SEND,
  XorPeerAddress,
} from '@ringdown/turn';
import {
  indication,
  PEER,
  RELAY,
  RELAY6,
  Stage,
  type StageClient,
} from '../../packages/turn/scenarios/server-stage.ts';
import { below, mutate, pick } from '../mutate.ts';
import { must, type Target } from '../target.ts';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g)!, (byte) => Number.parseInt(byte, 16));

/** Attributes of TURN's requests: transports, families, lifetimes, channels, peers of every kind, tokens, what nobody knows. */
const ATTRIBUTES = [
  '0019000411000000',
  '0019000406000000',
  '0017000401000000',
  '0017000402000000',
  '8000000402000000',
  '000d000400000000',
  '000d0004ffffffff',
  '000c000440000000',
  '000c00044fff0000',
  '000c00047fff0000',
  '0018000180000000',
  '001a0000',
  '00220008000102030405060708',
  '002a000400000001',
  '00130004deadbeef',
].map(hex);

const DATA_ATTRIBUTE = hex('001300080102030405060708');

/** Stands for XOR-PEER-ADDRESS with one of the peers below: what it is masked with is known when it is written. */
const PEER_TYPE = 0xfff0;
const PEERS = [
  '8.8.4.4',
  '8.8.8.8',
  '127.0.0.1',
  '10.0.0.1',
  '169.254.169.254',
  RELAY,
  RELAY6,
  '::1',
  'fe80::1',
  '::ffff:127.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2001:0:7f00:1::',
  '2a00:8::4',
];
const PEER_ATTRIBUTES = PEERS.map((_, index) => Uint8Array.of(0xff, 0xf0, 0, 4, index, 0, 0x10, 0));

const METHODS = [ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND, CONNECT, CONNECTION_BIND];
const CHANNEL = hex('000c000440000000');

/** Who does what. */
const [RAW, SIGNED, UNSIGNED, SENT, CHANNEL_DATA, FROM_PEER, WAYS] = [0, 1, 2, 3, 4, 5, 7] as const;

/** Mostly about the one peer of the trial, so that what one move permits the next one tries. */
const attribute = (random: Random, peer: Uint8Array): Uint8Array => {
  const kind = random.fraction();
  if (kind < 0.4) return peer;
  if (kind < 0.6) return DATA_ATTRIBUTE;
  return pick(random, kind < 0.7 ? PEER_ATTRIBUTES : ATTRIBUTES);
};

const joined = (parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

/** What a move is: who does what (first byte), which method or channel (second), and bytes. */
const move = (random: Random, peer: Uint8Array): Uint8Array => {
  const kind = random.fraction();
  // What a client would do that wants to reach the peer: what is well-formed gets further.
  if (kind < 0.15) return joined([Uint8Array.of(SIGNED, METHODS.indexOf(CREATE_PERMISSION)), peer]);
  if (kind < 0.25) return joined([Uint8Array.of(SIGNED, METHODS.indexOf(CHANNEL_BIND)), CHANNEL, peer]);
  if (kind < 0.35) return joined([Uint8Array.of(SENT, 0), peer, DATA_ATTRIBUTE]);
  if (kind < 0.4) return Uint8Array.of(CHANNEL_DATA, 0, 1, 2, 3, 4);
  const parts = joined(Array.from({ length: below(random, 4) }, () => attribute(random, peer)));
  const bytes = random.fraction() < 0.5 ? parts : mutate(parts, random, ATTRIBUTES);
  const whole = bytes.subarray(0, Math.min(1_200, bytes.length & ~3));
  return Uint8Array.from([below(random, WAYS), below(random, 256), ...whole]);
};

/** Private, loopback, ours, and the same in disguise: nobody of those may hear anything. */
const FORBIDDEN =
  /^(0|10|127|169\.254|172\.(1[6-9]|2\d|3[01])|192\.168|22[4-9]|2[345]\d)\.|^(::|::1|fe[89ab]|f[cd]|ff)|^(::ffff:|64:ff9b::)(7f|a)/i;

/** A server with a client that has an allocation and one that has not, whatever they and peers send. */
export const turnTarget: Target = {
  name: 'turn',
  generate: (random) => {
    const peer = pick(random, PEER_ATTRIBUTES);
    return Array.from({ length: 1 + below(random, 12) }, () => move(random, peer));
  },
  check: (moves) => {
    const stage = new Stage();
    const known = stage.client(1);
    known.allocate();
    known.permit(PEER);
    const stranger = stage.client(2);
    for (const bytes of moves) play(stage, known, stranger, bytes);
    for (const { to } of stage.relays.sent) {
      must(!FORBIDDEN.test(to.address), `a packet went to ${to.address}`);
      must(to.address !== RELAY && to.address !== RELAY6, 'a packet went to an address of the server');
    }
    stage.server.forget('alice');
    stage.advance(60_000);
    must(stage.server.size === 0, `${stage.server.size} allocations or reservations are left of nobody`);
  },
};

const play = (stage: Stage, known: StageClient, stranger: StageClient, move: Uint8Array): void => {
  const [way = 0, choice = 0] = move;
  const bytes = move.subarray(2);
  const method = METHODS[choice % METHODS.length]!;
  switch (way) {
    case RAW: {
      const before = stage.server.size;
      stranger.send(bytes);
      must(stage.server.size === before, 'a stranger has made something');
      break;
    }
    case SIGNED:
      known.send(known.sign(known.write(method, (writer) => append(writer, bytes))));
      break;
    case UNSIGNED:
      stranger.send(stranger.write(method, (writer) => append(writer, bytes)).bytes);
      break;
    case SENT:
      known.send(indication(SEND, (writer) => append(writer, bytes)));
      break;
    case CHANNEL_DATA:
      known.send(Uint8Array.of((FIRST_CHANNEL >> 8) | (choice & 0x3f), 0, 0, bytes.length & 0xff, ...bytes));
      break;
    case FROM_PEER:
      for (const key of [...stage.relays.open.keys()]) {
        const [address = '', port] = key.split(' ');
        stage.fromPeer(
          { address, port: Number(port) },
          { address: PEER.address, port: choice },
          bytes.slice(),
        );
      }
      break;
    default:
      stage.advance(choice * 5_000);
  }
  for (const answer of [...known.take(), ...stranger.take()])
    if (answer[0]! < 0x40) must(!(parseStun(answer) instanceof Malformed), 'an answer cannot be read');
};

/** Writes whole attributes, as far as they are. */
const append = (writer: MessageWriter, bytes: Uint8Array): void => {
  for (let at = 0; at + 4 <= bytes.length; ) {
    const type = read16(bytes, at);
    const length = Math.min(read16(bytes, at + 2), bytes.length - at - 4);
    const value = bytes.subarray(at + 4, at + 4 + length);
    if (type !== PEER_TYPE) writer.addBytes(type, value);
    else
      writer.add(XorPeerAddress, { address: PEERS[value[0]! % PEERS.length] ?? RELAY, port: value[2] ?? 0 });
    at += 4 + padded(length);
  }
};
