import type {
  IceAgentOptions,
  IceParameters,
  IceRole,
  IceState,
  LocalCandidate,
  PairReport,
} from '@ringdown/ice';
import type { Clock, Hashes, Random, SocketAddress, Sockets, Timers } from '@ringdown/sans-io';
import { addressBytes } from '@ringdown/stun';
import type { TurnFailure } from '@ringdown/turn';

/** A server that helps to find a way. */
export interface ConnectivityServer {
  readonly kind: 'stun' | 'turn';
  /** An IP address: names are looked up before. */
  readonly address: string;
  readonly port: number;
  /** STUN is asked over UDP only. TURN without it: over UDP, and over TCP at the same port where UDP is silent. */
  readonly transport?: 'udp' | 'tcp' | 'tls';
  /** The name that the certificate has to bear; the address without it. */
  readonly serverName?: string;
  /** Of TURN: byte strings, prepared by OpaqueString. */
  readonly username?: string;
  readonly password?: string;
}

export interface ConnectivityOptions {
  /** Controlling: whoever made the offer (RFC 8445 §6.1.1). */
  readonly role: IceRole;
  /** How many, from 1 on. */
  readonly components?: number;
  readonly servers?: readonly ConnectivityServer[];
  /** `relay`: the peer learns no address of ours, and everything goes over relays. */
  readonly policy?: 'all' | 'relay';
  /** The addresses to use; those that the sockets name without it, and then also those that come and go. */
  readonly addresses?: readonly string[];
  /** How long bases are waited for before the candidates are said to be all. */
  readonly gatheringMs?: number;
  /** TURN over TCP and TLS is tried as well where UDP has given no relay after so long. */
  readonly streamsAfterMs?: number;
  /** How many allocations there may be at a time. */
  readonly maxRelays?: number;
  /** How often it is looked whether the host's addresses have changed; 0: only when told. */
  readonly addressPollMs?: number;
  /** How long the prefix of NAT64 is waited for. */
  readonly namesMs?: number;
  /** What else the ICE agent is told. */
  readonly ice?: Omit<IceAgentOptions, 'role' | 'components' | 'stunServers'>;
}

export const connectivityDefaults = Object.freeze({
  components: 1,
  servers: Object.freeze([]) as readonly ConnectivityServer[],
  policy: 'all',
  gatheringMs: 5_000,
  streamsAfterMs: 500,
  maxRelays: 8,
  addressPollMs: 2_000,
  namesMs: 1_000,
} as const);

export type ConnectivitySettings = Required<Omit<ConnectivityOptions, 'addresses' | 'ice'>> &
  Pick<ConnectivityOptions, 'addresses' | 'ice'>;

/** The options with what is left out filled in. Throws on what cannot be meant. */
export const settled = (options: ConnectivityOptions): ConnectivitySettings => {
  const settings: ConnectivitySettings = { ...connectivityDefaults, ...options };
  for (const { kind, address, transport, username, password } of settings.servers) {
    addressBytes(address);
    if (kind === 'turn' && (username === undefined || password === undefined))
      throw new TypeError(`TURN server ${address} needs a user name and a password`);
    if (kind === 'stun' && transport !== undefined && transport !== 'udp')
      throw new TypeError(
        `STUN server ${address} is asked over UDP only: what it sees of a stream is of no use`,
      );
  }
  return settings;
};

/** Looks names up. Answers once, never before the call has returned, with nothing where there is nothing. */
export type ResolveName = (
  name: string,
  type: 'A' | 'AAAA',
  answered: (addresses: readonly string[]) => void,
) => void;

export interface ConnectivityPorts {
  readonly sockets: Sockets;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly random: Random;
  readonly hashes: Hashes;
  /** For the prefix of NAT64 (RFC 7050), and for names in the peer's candidates where ICE is told to look them up. */
  readonly resolve?: ResolveName;
  /** May call back. */
  deliver(output: ConnectivityOutput): void;
}

export type ConnectivityOutput =
  /** To be told to the peer: at the start, and others after a restart of either side. */
  | { readonly kind: 'parameters'; readonly parameters: IceParameters }
  /** To be told to the peer, now (trickle) or with the others. */
  | { readonly kind: 'candidate'; readonly candidate: LocalCandidate }
  /** To be told to the peer: no more candidates come for this ufrag. */
  | { readonly kind: 'gathered'; readonly ufrag: string }
  /** Application data of the peer's. The bytes are the receiver's. */
  | { readonly kind: 'data'; readonly component: number; readonly bytes: Uint8Array }
  /** Data can be sent, for a start: until a pair is selected. */
  | { readonly kind: 'usable'; readonly component: number; readonly pair: PairReport }
  /** Data goes this way from now on. */
  | {
      readonly kind: 'selected';
      readonly component: number;
      readonly pair: PairReport;
      readonly why: string;
    }
  /** Nothing can be sent for this component, until a pair is usable or selected again. */
  | { readonly kind: 'lost'; readonly component: number; readonly why: string }
  /** Both sides should start over, over signalling: call `restart`. */
  | { readonly kind: 'restart-wanted'; readonly why: string }
  | { readonly kind: 'state'; readonly state: IceState; readonly why: string }
  | { readonly kind: 'role'; readonly role: IceRole }
  /** For people who look for a reason: a pair has changed. */
  | { readonly kind: 'pair'; readonly pair: PairReport }
  /** A server does not help; `why` is a sentence. With `failure` where it is a TURN server. */
  | {
      readonly kind: 'server-failed';
      readonly server: SocketAddress & { readonly transport: 'udp' | 'tcp' | 'tls' };
      readonly why: string;
      readonly failure?: TurnFailure;
    }
  /** A TURN server does not let this peer through: a private address, say. */
  | { readonly kind: 'peer-refused'; readonly address: string; readonly failure: TurnFailure }
  /** No socket on this address of the host. */
  | { readonly kind: 'socket-failed'; readonly address: string; readonly why: string }
  /** A candidate of the peer's that is of no use. */
  | { readonly kind: 'ignored'; readonly why: string }
  /** Everything is given back. */
  | { readonly kind: 'closed' };
