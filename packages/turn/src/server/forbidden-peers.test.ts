import type { SocketAddress } from '@ringdown/sans-io';
import { addressBytes, MappedAddress, type TransportAddress } from '@ringdown/stun';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes, indication, RELAY6, Stage, type StageClient } from '../../scenarios/server-stage.ts';
import { XorPeerAddress } from '../attributes/addresses.ts';
import { channelData } from '../attributes/channel-data.ts';
import { Data } from '../attributes/data.ts';
import { ALLOCATE, CHANNEL_BIND, CONNECT, CREATE_PERMISSION, SEND } from '../attributes/methods.ts';
import {
  AdditionalAddressFamily,
  ChannelNumber,
  IPV6,
  RequestedTransport,
  TCP,
} from '../attributes/numbers.ts';

/** What is forbidden, told in another way than the policy does: as numbers. */
const RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x0000_0000, 0x00ff_ffff],
  [0x0a00_0000, 0x0aff_ffff],
  [0x6440_0000, 0x647f_ffff],
  [0x7f00_0000, 0x7fff_ffff],
  [0xa9fe_0000, 0xa9fe_ffff],
  [0xac10_0000, 0xac1f_ffff],
  [0xc000_0200, 0xc000_02ff],
  [0xc0a8_0000, 0xc0a8_ffff],
  [0xc612_0000, 0xc613_ffff],
  [0xc633_6400, 0xc633_64ff],
  [0xcb00_7100, 0xcb00_71ff],
  [0xe000_0000, 0xffff_ffff],
  // The relay of the stage, 5.5.5.5.
  [0x0505_0505, 0x0505_0505],
];

const four = (number: number): number[] => [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff);
const forbidden = fc
  .constantFrom(...RANGES)
  .chain(([first, last]) => fc.integer({ min: first, max: last }))
  .map(four);
const any = (length: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat(255), { minLength: length, maxLength: length });

/** Every way to write an IPv4 address as another. */
const encodings: Readonly<Record<string, (v4: number[], noise: number[]) => number[]>> = {
  plain: (v4) => v4,
  mapped: (v4) => [...Array(10).fill(0), 0xff, 0xff, ...v4],
  compatible: (v4) => [...Array(12).fill(0), ...v4],
  translated: (v4) => [...Array(8).fill(0), 0xff, 0xff, 0, 0, ...v4],
  NAT64: (v4) => [0, 0x64, 0xff, 0x9b, ...Array(8).fill(0), ...v4],
  'local NAT64 /96': (v4, noise) => [0, 0x64, 0xff, 0x9b, 0, 1, ...noise.slice(0, 6), ...v4],
  'local NAT64 /48': (v4, noise) => [
    0,
    0x64,
    0xff,
    0x9b,
    0,
    1,
    v4[0]!,
    v4[1]!,
    0,
    v4[2]!,
    v4[3]!,
    ...noise.slice(0, 5),
  ],
  '6to4': (v4, noise) => [0x20, 2, ...v4, ...noise.slice(0, 10)],
  'Teredo client': (v4, noise) => [
    0x20,
    1,
    0,
    0,
    8,
    8,
    8,
    8,
    ...noise.slice(0, 4),
    ...v4.map((byte) => byte ^ 0xff),
  ],
  'Teredo server': (v4, noise) => [0x20, 1, 0, 0, ...v4, ...noise.slice(0, 8)],
  ISATAP: (v4, noise) => [0x2a, ...noise.slice(0, 7), 0, 0, 0x5e, 0xfe, ...v4],
  'ISATAP, universal': (v4, noise) => [0x2a, ...noise.slice(0, 7), 2, 0, 0x5e, 0xfe, ...v4],
};
/** IPv6's own: loopback, unspecified, unique local, link-local, site-local, multicast, documentation, ours. */
const sixes: readonly ((noise: number[]) => number[])[] = [
  () => [...Array(15).fill(0), 1],
  () => Array(16).fill(0),
  (noise) => [0xfc | (noise[0]! & 1), ...noise.slice(0, 15)],
  (noise) => [0xfe, 0x80 | (noise[0]! & 0x3f), ...noise.slice(0, 14)],
  (noise) => [0xfe, 0xc0 | (noise[0]! & 0x3f), ...noise.slice(0, 14)],
  (noise) => [0xff, ...noise.slice(0, 15)],
  (noise) => [0x20, 1, 0x0d, 0xb8, ...noise.slice(0, 12)],
  () => [...addressBytes(RELAY6)],
];

const textOf = (address: readonly number[]): string => {
  const value = Uint8Array.from([0, address.length === 4 ? 1 : 2, 0, 0, ...address]);
  return (MappedAddress.decode(value, bytes()) as TransportAddress).address;
};

const forbiddenAddress = fc.oneof(
  fc
    .tuple(fc.constantFrom(...Object.keys(encodings)), forbidden, any(16))
    .map(([encoding, v4, noise]) => encodings[encoding]!(v4, noise)),
  fc.tuple(fc.constantFrom(...sixes), any(16)).map(([make, noise]) => make(noise)),
);
const forbiddenPeer = fc
  .tuple(forbiddenAddress, fc.integer({ min: 1, max: 65_535 }))
  .map(([address, port]): SocketAddress => ({ address: textOf(address), port }));

/** All ways in, for one peer; tried with allocations of both families, one for datagrams and one for TCP. */
const tryAll = (stage: Stage, client: StageClient, stream: StageClient, peer: SocketAddress): number[] => {
  const add = (w: Parameters<Parameters<StageClient['ask']>[1] & {}>[0]) => w.add(XorPeerAddress, peer);
  const codes = [
    client.code(CREATE_PERMISSION, add),
    client.code(CHANNEL_BIND, (w) => add(w.add(ChannelNumber, 0x4001))),
    stream.code(CONNECT, add),
    stream.code(CREATE_PERMISSION, add),
  ];
  client.send(indication(SEND, (w) => add(w).add(Data, bytes(1))));
  client.send(channelData(0x4001, bytes(1), false));
  for (const [key, user] of stage.relays.open) {
    if (key.includes(':') === peer.address.includes(':')) user.received(bytes(1), peer);
  }
  return codes.map((code) => code ?? -1);
};

test('no forbidden peer is reached, or heard, in any encoding and by any of the five ways', () => {
  const stage = new Stage({ limits: { newPeersPerSecond: 1_000_000, refusalsPerSecond: 65_535 } });
  const client = stage.client(1);
  client.allocate((w) => w.add(AdditionalAddressFamily, IPV6));
  const stream = stage.client(2, { transport: 'tcp' });
  const tcp = stream.code(ALLOCATE, (w) => w.add(RequestedTransport, TCP).add(AdditionalAddressFamily, IPV6));
  expect(tcp).toBe(0);
  let tried = 0;
  fc.assert(
    fc.property(forbiddenPeer, (peer) => {
      tried++;
      expect(tryAll(stage, client, stream, peer)).toEqual([403, 403, 403, 403]);
      expect(stage.relays.sent).toEqual([]);
      expect(stage.relays.connects).toEqual([]);
      expect(client.take()).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
  expect(tried).toBeGreaterThanOrEqual(2_000);
  // The same ways do lead to a peer that nothing speaks against.
  expect(tryAll(stage, client, stream, { address: '8.8.8.8', port: 53 })).toEqual([0, 0, -1, 0]);
  expect([stage.relays.sent.length, stage.relays.connects.length, client.take().length]).toEqual([2, 1, 1]);
});
