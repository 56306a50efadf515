import type { LongTermServerOptions } from '@ringdown/stun';
import type { PeerPolicyOptions } from './peer-policy.ts';

/** An address of this machine that relayed transport addresses are made of. */
export interface RelayAddress {
  /** The one to bind. */
  readonly address: string;
  /** The one that peers and clients are told, where a router forwards all ports of another; the same family. */
  readonly advertised?: string;
}

/** What one client, one account or all together may use. */
export interface TurnLimits {
  /** Of one account: beyond it 486. */
  readonly allocationsPerUser: number;
  /** From one address, or one IPv6 network of 64 bits: beyond it 486. */
  readonly allocationsPerAddress: number;
  /** In all: beyond it 508. */
  readonly allocations: number;
  /** Beyond it 508. */
  readonly permissionsPerAllocation: number;
  /** Beyond it 508. */
  readonly channelsPerAllocation: number;
  /** Peer data connections (RFC 6062): beyond it 486. */
  readonly connectionsPerAllocation: number;
  /** Addresses and ports that were not sent to before: beyond it 508, and data are lost. */
  readonly newPeersPerSecond: number;
  /** Data of one allocation, both ways together: beyond it they are lost. */
  readonly bitsPerSecond: number;
  readonly packetsPerSecond: number;
  /** Errors to one source that has not shown who it is: beyond it silence. Also what is told of refusals. */
  readonly refusalsPerSecond: number;
  /** What a client's stream may have waiting: beyond it data are lost. */
  readonly queuedBytes: number;
}

/** Enough for a house's phones with video; a provider of many sets more. */
export const turnLimits: TurnLimits = Object.freeze({
  allocationsPerUser: 32,
  allocationsPerAddress: 128,
  allocations: 4_000,
  permissionsPerAllocation: 128,
  channelsPerAllocation: 128,
  connectionsPerAllocation: 16,
  newPeersPerSecond: 64,
  bitsPerSecond: 20_000_000,
  packetsPerSecond: 5_000,
  refusalsPerSecond: 20,
  queuedBytes: 262_144,
});

export interface TurnServerOptions extends LongTermServerOptions, PeerPolicyOptions {
  /** One of IPv4, of IPv6, or of both; a client gets the one that it reached the server at, else the first of its family. */
  readonly relayAddresses: readonly RelayAddress[];
  /** Ports to choose from; those that RFC 8656 §7.2 recommends without it. */
  readonly relayPorts?: { readonly first: number; readonly last: number };
  /** Addresses that this machine has besides: what listens there is not for peers. */
  readonly ownAddresses?: readonly string[];
  /** What is not given is as in {@link turnLimits}. */
  readonly limits?: Partial<TurnLimits>;
  /** 600 s: also the least that is given (RFC 8656 §3.2). */
  readonly defaultLifetimeMs?: number;
  /** 3600 s. */
  readonly maxLifetimeMs?: number;
  /** A stream on which nobody has allocated, or bound a connection, for so long is closed. */
  readonly idleStreamMs?: number;
}

/** With all that has a default. */
export type SettledOptions = TurnServerOptions &
  Required<Pick<TurnServerOptions, keyof typeof turnServerDefaults>>;

export const turnServerDefaults = Object.freeze({
  relayPorts: Object.freeze({ first: 49_152, last: 65_535 }),
  ownAddresses: Object.freeze<string[]>([]),
  defaultLifetimeMs: 600_000,
  maxLifetimeMs: 3_600_000,
  idleStreamMs: 30_000,
});
