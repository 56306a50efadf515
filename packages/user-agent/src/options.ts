import type { Clock, Hashes, Random, Text, Timers } from '@ringdown/sans-io';
import type { AddressFamily, DnsPort, Flow, TransactionTimes, Transport, TransportName } from '@ringdown/sip';
import type { Account } from './account.ts';
import type { UserAgentEvent } from './events.ts';
import type { MediaEngine } from './media/media-engine.ts';

export interface UserAgentOptions {
  readonly account: Account;
  /** A URN that this device keeps for good, such as `urn:uuid:…` (RFC 5626 §4.1). */
  readonly instance: string;
  /** What can be spoken, in the order of preference. */
  readonly transports?: readonly TransportName[];
  readonly families?: readonly AddressFamily[];
  /**
   * Whether who registers takes calls, texts and questions of those who do not come through his server, too. A user agent that
   * never registers takes them in any case.
   */
  readonly direct?: boolean;
  /** Whether calls of others ring here. Default: yes; else they hear 480, and other phones of the user go on ringing. */
  readonly takesCalls?: boolean;
  /** What stands in User-Agent. */
  readonly product?: string;
  /** How long a registration is asked for. */
  readonly registerSeconds?: number;
  /** How often the way to the server is kept open. */
  readonly keepAliveMs?: number;
  /** How long an outgoing call rings before it is given up; one that rings here may ring ten seconds longer. */
  readonly ringMs?: number;
  /** How long a call lives without a sign of life (RFC 4028 §4). */
  readonly sessionSeconds?: number;
  /** The shortest such time that we accept (RFC 4028 §5). */
  readonly minSessionSeconds?: number;
  readonly times?: TransactionTimes;
}

export const userAgentDefaults = Object.freeze({
  transports: Object.freeze(['tls', 'tcp', 'udp'] as const),
  families: Object.freeze(['ipv4', 'ipv6'] as const),
  direct: false,
  takesCalls: true,
  product: 'Ringdown',
  registerSeconds: 3_600,
  keepAliveMs: 25_000,
  ringMs: 180_000,
  sessionSeconds: 1_800,
  minSessionSeconds: 90,
  times: Object.freeze({ t1Ms: 500, t2Ms: 4_000, t4Ms: 5_000 }),
} as const satisfies Partial<UserAgentOptions>);

/** What a user agent is connected to. */
export interface UserAgentPorts {
  readonly transport: Transport;
  readonly dns: DnsPort;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly hashes: Hashes;
  readonly text: Text;
  readonly media: MediaEngine;
  /**
   * Sends STUN from where SIP comes from, over UDP (RFC 5626 §4.4.2); what comes back is told to `UserAgent.stunReceived`. Without
   * it the way is kept open all the same, but nobody finds out that it broke.
   */
  readonly stun?: { send(flow: Flow, bytes: Uint8Array): void };
  /** Told what happens. It must not call back into the user agent. */
  readonly deliver: (event: UserAgentEvent) => void;
}
