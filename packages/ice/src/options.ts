import type { Clock, Hashes, Random, Timers } from '@ringdown/sans-io';
import type { TransportAddress } from '@ringdown/stun';
import { defaultNomination, type NominationPolicy } from './nomination.ts';
import type { IceOutput } from './output.ts';
import type { IceRole } from './role.ts';

/** What an agent stands on. */
export interface IcePorts {
  readonly timers: Timers;
  readonly clock: Clock;
  readonly random: Random;
  readonly hashes: Hashes;
  /** Gets every output. It must not call the agent, which throws then. */
  deliver(output: IceOutput): void;
}

export interface IceAgentOptions {
  /** Controlling: whoever made the offer, and whoever speaks with a lite agent (RFC 8445 §6.1.1). */
  readonly role: IceRole;
  /** How many, from 1 on. Two for RTP and RTCP on ports of their own. */
  readonly components?: number;
  /** Whether candidates are told as they come; the peer is told so by the option `trickle` (RFC 8838). */
  readonly trickle?: boolean;
  /** Asked from each host base of their family for server-reflexive candidates. */
  readonly stunServers?: readonly TransportAddress[];
  /** The pace of new transactions, of this agent (RFC 8445 §14.2); the larger one of both agents' counts. */
  readonly taMs?: number;
  /** How long checks may go on without success before they are said to have failed (RFC 8863 §4). */
  readonly patienceMs?: number;
  /** How long STUN servers are waited for, counted from `endOfBases`, before the candidates are said to be all. */
  readonly gatheringMs?: number;
  readonly nomination?: Partial<NominationPolicy>;
  /** Pairs, in all components (RFC 8445 §6.1.2.5). */
  readonly maxPairs?: number;
  /** The peer's candidates, those that were learned from checks included. */
  readonly maxRemoteCandidates?: number;
  /** Whether names in the peer's candidates are looked up: by outputs `resolve`. Without it they are ignored. */
  readonly resolveNames?: boolean;
  /**
   * Whether the peer has to go on agreeing to what it is sent (RFC 7675). Without it indications keep the bindings of NATs
   * (RFC 8445 §11), and a dead path is found out by nobody.
   */
  readonly consent?: boolean;
}

export type IceSettings = Required<Omit<IceAgentOptions, 'nomination'>> & {
  readonly nomination: NominationPolicy;
};

export const defaultIceOptions = Object.freeze({
  components: 1,
  trickle: true,
  stunServers: Object.freeze([]) as readonly TransportAddress[],
  taMs: 50,
  patienceMs: 39_500,
  gatheringMs: 5_000,
  nomination: defaultNomination,
  maxPairs: 100,
  maxRemoteCandidates: 100,
  resolveNames: false,
  consent: true,
});

/** The options with what is left out filled in. Throws on what cannot be meant. */
export const settled = (options: IceAgentOptions): IceSettings => {
  const settings: IceSettings = {
    ...defaultIceOptions,
    ...options,
    nomination: { ...defaultNomination, ...options.nomination },
  };
  if (!Number.isInteger(settings.components) || settings.components < 1 || settings.components > 256)
    throw new RangeError(`components: ${settings.components}; there are 1 to 256`);
  if (!(settings.taMs >= 5))
    throw new RangeError(`taMs: ${settings.taMs}; RFC 8445 §14.2 allows no less than 5`);
  return settings;
};
