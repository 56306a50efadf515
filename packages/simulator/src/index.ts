/**
 * A network in memory, for proving what speaks through NATs: hosts, links, routers and NATs (RFC 4787, 5382, 6146) under a
 * clock that moves from event to event. Everything random hangs on one seed, so a scenario that failed fails again.
 *
 * A host's `sockets` are the port of that name of `@ringdown/sans-io`: what runs in a world runs on a machine's sockets
 * too. A packet goes up its host's link to the router, through each NAT and its link, and down to the other host; the
 * trace tells of each where it went, and why it did not arrive.
 *
 * What is not simulated: fragments and the MTU (a datagram of any size arrives whole), congestion control, encryption
 * (that `tls` was asked for is remembered), half-closed streams, ALGs, multicast, and hosts that forward.
 *
 * @example
 * const world = simulate({ seed: 42 });
 * const server = world.host('server');
 * const alice = world.host('alice', { nat: 'symmetric', link: { latencyMs: 30, loss: 0.01 } });
 * let seen: SocketAddress | undefined;
 * const nothing = { opened: () => {}, failed: () => {}, received: () => {} };
 * server.sockets.openUdp({ address: server.address, port: 3478 }, { ...nothing, received: (_, from) => { seen = from; } });
 * alice.sockets.openUdp(
 *   { address: alice.address },
 *   { ...nothing, opened: (socket) => socket.send(Uint8Array.of(1), { address: server.address, port: 3478 }) },
 * );
 * await world.run({ until: () => seen !== undefined, withinMs: 1_000 });
 * seen?.address === alice.nat.externalAddresses[0]; // true
 */

export { endpointText } from './address/endpoint.ts';
export type { Family } from './address/ip.ts';
export type { Answered, Dns, RecordType } from './dns/dns.ts';
export type { Host, HostBehaviour } from './host/host.ts';
export type { Interface, NatChoice, Place, Places } from './host/place.ts';
export type { Accept, AcceptedStream, ListenOptions, StreamListener } from './host/streams.ts';
export { LINK_DEFAULTS, type Link, type LinkDirection, type LinkOptions } from './link/link.ts';
export {
  countingPart,
  type Dependence,
  NAT_DEFAULTS,
  NAT_DEFINITIONS,
  type NatBehaviour,
  type NatDefinition,
  type NatType,
} from './nat/behaviour.ts';
export type { Mapping } from './nat/mapping.ts';
export type { Nat, NatOptions } from './nat/nat.ts';
export { Nat64Prefix, WELL_KNOWN_PREFIX } from './nat/nat64.ts';
export type { Firewall } from './network/firewall.ts';
export type { Attachment, Network } from './network/network.ts';
export { type Counters, type Passage, type TraceEntry, traceText } from './trace/trace.ts';
export {
  HOST_DEFAULTS,
  type HostOptions,
  type RunOptions,
  simulate,
  WORLD_DEFAULTS,
  type World,
  type WorldOptions,
} from './world/world.ts';
