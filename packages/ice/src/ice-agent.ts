import type { TransportAddress } from '@ringdown/stun';
import type { Base, Candidate, LocalCandidate } from './candidate.ts';
import type { IceState, PairReport } from './output.ts';
import type { IceRole } from './role.ts';

/** What two agents tell each other besides candidates (RFC 8839 §5). */
export interface IceParameters {
  /** 4 to 256 characters of ice-char. */
  readonly ufrag: string;
  /** 22 to 256 characters of ice-char. */
  readonly pwd: string;
  /** `trickle`, `ice2`, …: RFC 8839 §5.6. */
  readonly options?: readonly string[];
  /** It answers checks and makes none (RFC 8445 §2.5). */
  readonly lite?: boolean;
  /** Its Ta, where it is not 50 ms (RFC 8839 §5.7). */
  readonly pacingMs?: number;
}

/**
 * One ICE agent for one data stream with its components (RFC 8445). Every call may deliver outputs before it returns.
 * Where the caller errs it throws; what the peer sends never does.
 */
export interface IceAgent {
  readonly role: IceRole;
  readonly state: IceState;
  /** What the peer is to be told; others after a restart. */
  readonly parameters: IceParameters;
  /** The candidates of the present session so far. */
  readonly candidates: readonly LocalCandidate[];

  /** A socket or an allocation to send from: gives a candidate, and of a socket the server-reflexive ones. */
  addBase(base: Base): void;
  /**
   * A mapped address of a host base that somebody else has learned: from the Allocate that went from it, say.
   * @param server the address of the server that told it
   */
  addServerReflexive(baseId: string, mapped: TransportAddress, server: string): void;
  /** A base is gone: its pairs fail, and others take over. */
  removeBase(baseId: string, why: string): void;
  /** No more bases will be added: `gathered` follows once the servers have answered. */
  endOfBases(): void;

  /**
   * The peer's parameters. Others than before are a restart by the peer: the agent restarts, too, with the bases that it
   * has, and its `parameters` are new ones to answer with.
   */
  setRemote(remote: IceParameters): void;
  /** A candidate of the peer's. One with the ufrag of a session to come waits for it; one of a session that is over is ignored. */
  addRemoteCandidate(candidate: Candidate): void;
  /** The peer has no more candidates. @param ufrag of the session that this belongs to; the present one without it */
  endOfRemoteCandidates(ufrag?: string): void;
  /** The answer to an output `resolve`; undefined where there is none. */
  resolved(name: string, address: string | undefined): void;

  /**
   * A datagram that came at a base.
   * @returns whether it was a STUN message of this agent's; data and other STUN are not, and nothing is once it is closed
   */
  received(baseId: string, bytes: Uint8Array, from: TransportAddress): boolean;

  /**
   * Starts over with new parameters and the same bases; data goes on over the old pairs meanwhile (RFC 8445 §9). Bases may be
   * added again, and `endOfBases` is to be called again.
   */
  restart(): void;
  /** Stops all timers and says nothing more but the state. */
  close(): void;

  /** Every pair of the present session, the best first. */
  pairs(): readonly PairReport[];
}
