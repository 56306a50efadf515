import type { Timer, TimerTarget } from '@ringdown/sans-io';
import {
  BINDING,
  fingerprintHolds,
  MessageIntegrity,
  MessageIntegritySha256,
  parseStun,
  StunMessage,
  type TransportAddress,
} from '@ringdown/stun';
import { canonicalAddress } from './address.ts';
import type { Base, Candidate, LocalCandidate } from './candidate.ts';
import { writeRefusal } from './check-message.ts';
import { EarlyCandidates } from './early-candidates.ts';
import { Gathering } from './gathering.ts';
import type { IceAgent, IceParameters } from './ice-agent.ts';
import { addressee } from './incoming-check.ts';
import { type IceAgentOptions, type IcePorts, type IceSettings, settled } from './options.ts';
import { Outlet } from './outlet.ts';
import type { IceState, PairReport } from './output.ts';
import { Pacer } from './pacer.ts';
import { type IceRole, RoleKeeper } from './role.ts';
import { IceSession } from './session.ts';
import { Wire } from './wire.ts';

/** RFC 8445 §5.3: at least 24 bits and 128 bits. A character of `Random.token` has a little more than five. */
const UFRAG_CHARACTERS = 8;
const PWD_CHARACTERS = 26;

/** An agent for one data stream. */
export const createIceAgent = (options: IceAgentOptions, ports: IcePorts): IceAgent =>
  new Agent(settled(options), ports);

/** Bases, gathering and signalling outlive a restart; all else is its session's. */
class Agent implements IceAgent, TimerTarget {
  readonly #settings: IceSettings;
  readonly #ports: IcePorts;
  readonly #outlet: Outlet;
  readonly #wire: Wire;
  readonly #role: RoleKeeper;
  readonly #pacer: Pacer;
  readonly #gathering: Gathering;
  readonly #early: EarlyCandidates;
  readonly #bases = new Map<string, Base>();
  #session: IceSession;
  /** The one before a restart: data goes over its pairs until the new one has its own. */
  #previous: IceSession | undefined = undefined;
  #basesEnded = false;
  #gathered = false;
  #gatheringTimer: Timer | undefined = undefined;
  /** Whose turn it is, where both checks and questions to servers wait. */
  #checksFirst = true;
  #state: IceState = 'new';

  constructor(settings: IceSettings, ports: IcePorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#outlet = new Outlet((output) => ports.deliver(output));
    this.#wire = new Wire(ports, this.#outlet);
    this.#early = new EarlyCandidates(settings.maxRemoteCandidates);
    this.#role = new RoleKeeper(settings.role, ports.random, (role) => {
      this.#outlet.emit({ kind: 'role', role });
      this.#previous?.roleChanged();
      this.#session.roleChanged();
    });
    this.#pacer = new Pacer(ports.timers, ports.clock, settings.taMs, () => this.#next());
    this.#gathering = new Gathering(this.#wire, ports.timers, settings.stunServers, {
      mapped: (base, server, address) => this.#mapped(base, address, server.address),
      failed: (base, server, why) =>
        this.#outlet.emit({ kind: 'gathering-failed', base: base.id, server, why }),
      waits: () => this.#pacer.wake(),
      progressed: () => this.#settleGathering(),
    });
    this.#session = this.#newSession();
  }

  get role(): IceRole {
    return this.#role.role;
  }

  get state(): IceState {
    return this.#state;
  }

  get parameters(): IceParameters {
    return this.#session.local;
  }

  get candidates(): readonly LocalCandidate[] {
    return this.#session.locals.all;
  }

  pairs(): readonly PairReport[] {
    return this.#session.list.pairs.map((pair) => pair.report());
  }

  addBase(base: Base): void {
    this.#outlet.enter();
    if (this.#bases.has(base.id)) throw new Error(`there is a base "${base.id}" already`);
    if (this.#basesEnded) throw new Error('endOfBases was called before: restart to add another base');
    if (!(base.component >= 1 && base.component <= this.#settings.components))
      throw new RangeError(`component ${base.component} of base "${base.id}" is none of this agent's`);
    if (canonicalAddress(base.address) === undefined)
      throw new Error(`"${base.address}" of base "${base.id}" is no IP address`);
    this.#bases.set(base.id, base);
    this.#introduce(base);
  }

  addServerReflexive(baseId: string, mapped: TransportAddress, server: string): void {
    this.#outlet.enter();
    const base = this.#bases.get(baseId);
    if (base?.kind !== 'host') throw new Error(`there is no host base "${baseId}"`);
    this.#mapped(base, mapped, server);
  }

  removeBase(baseId: string, why: string): void {
    this.#outlet.enter();
    if (!this.#bases.delete(baseId)) throw new Error(`there is no base "${baseId}"`);
    this.#gathering.removeBase(baseId);
    this.#previous?.removeBase(baseId, why);
    this.#session.removeBase(baseId, why);
    this.#settleGathering();
  }

  endOfBases(): void {
    this.#outlet.enter();
    this.#endBases();
  }

  setRemote(remote: IceParameters): void {
    this.#outlet.enter();
    const known = this.#session.remote;
    if (known?.ufrag === remote.ufrag && known.pwd === remote.pwd) return;
    if (known !== undefined) this.#startOver(this.#basesEnded);
    // RFC 8445 §6.1.1: whoever speaks with a lite agent controls.
    if (remote.lite === true) this.#role.take('controlling');
    this.#pacer.taMs = Math.max(this.#settings.taMs, remote.pacingMs ?? 0);
    this.#session.setRemote(remote);
    const { candidates, ended } = this.#early.take(remote.ufrag);
    for (const candidate of candidates) this.#session.addRemote(candidate);
    if (ended) this.#session.endOfRemote();
  }

  addRemoteCandidate(candidate: Candidate): void {
    this.#outlet.enter();
    const belongs = this.#sessionOf(candidate.ufrag);
    if (belongs === 'present') this.#session.addRemote(candidate);
    else if (belongs === 'past') this.#ignore(candidate, 'the session that it belongs to is over');
    else if (!this.#early.keep(candidate.ufrag ?? '', candidate))
      this.#ignore(candidate, 'too many have come before the parameters of their session');
  }

  endOfRemoteCandidates(ufrag?: string): void {
    this.#outlet.enter();
    const belongs = this.#sessionOf(ufrag);
    if (belongs === 'present') this.#session.endOfRemote();
    else if (belongs === 'future') this.#early.end(ufrag ?? '');
  }

  resolved(name: string, address: string | undefined): void {
    this.#outlet.enter();
    const usable = address === undefined ? undefined : canonicalAddress(address);
    this.#session.resolved(name, usable);
  }

  received(baseId: string, bytes: Uint8Array, from: TransportAddress): boolean {
    if (this.#state === 'closed') return false;
    this.#outlet.enter();
    const base = this.#bases.get(baseId);
    const message = parseStun(bytes);
    if (base === undefined || !(message instanceof StunMessage) || message.method !== BINDING) return false;
    const fingerprint = fingerprintHolds(message);
    if (fingerprint === false || message.classic) return false;
    if (message.class === 'success' || message.class === 'error')
      return this.#wire.answered(baseId, message, from);
    // RFC 8445 §7.3: without FINGERPRINT it is no check, and an indication is of no interest beyond the NAT that it passed.
    if (fingerprint === undefined) return false;
    if (message.class === 'indication') return true;
    return this.#request(base, message, from);
  }

  restart(): void {
    this.#outlet.enter();
    this.#startOver(false);
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#outlet.enter();
    this.#pacer.stop();
    this.#stopGathering();
    this.#previous?.close();
    this.#session.close();
    this.#wire.close();
    this.#enter('closed', 'it was closed');
    this.#outlet.close();
  }

  timerFired(): void {
    this.#gatheringTimer = undefined;
    this.#endGathering();
  }

  /** One transaction for each Ta: checks and questions to servers take turns. */
  #next(): boolean {
    this.#checksFirst = !this.#checksFirst;
    const asks = (): boolean => this.#gathering.next(this.#pacer.taMs);
    const checks = (): boolean => this.#session.next() || (this.#previous?.next() ?? false);
    return this.#checksFirst ? checks() || asks() : asks() || checks();
  }

  #request(base: Base, request: StunMessage, from: TransportAddress): boolean {
    const name = addressee(request);
    const session = [this.#session, this.#previous].find((one) => one?.local.ufrag === name);
    if (session !== undefined) {
      session.request(base, request, from);
      return true;
    }
    // Plain Binding requests are not ours; checks for somebody else are refused (RFC 8489 §9.1.3).
    if (!request.has(MessageIntegrity) && !request.has(MessageIntegritySha256)) return false;
    this.#wire.transmit(base, from, writeRefusal(request, name === undefined ? 400 : 401, undefined));
    return true;
  }

  #newSession(): IceSession {
    const { random } = this.#ports;
    const { trickle, taMs } = this.#settings;
    const local: IceParameters = {
      ufrag: random.token(UFRAG_CHARACTERS),
      pwd: random.token(PWD_CHARACTERS),
      options: trickle ? ['trickle', 'ice2'] : ['ice2'],
      ...(taMs === 50 ? {} : { pacingMs: taMs }),
    };
    return new IceSession(local, {
      ports: this.#ports,
      settings: this.#settings,
      outlet: this.#outlet,
      wire: this.#wire,
      role: this.#role,
      wake: () => this.#pacer.wake(),
      taMs: () => this.#pacer.taMs,
      basesEnded: () => this.#basesEnded,
      isCovered: (session, component) => session === this.#session && this.#coveredByPrevious(component),
      stateChanged: (session, state, why) => this.#sessionState(session, state, why),
      lost: (session, component, why) => this.#lost(session, component, why),
      restartWanted: (session, why) => {
        if (session === this.#session) this.#outlet.emit({ kind: 'restart-wanted', why });
      },
    });
  }

  #startOver(basesEnded: boolean): void {
    const hasPairs = this.#session.conclusion.components.some(({ inUse }) => inUse !== undefined);
    if (hasPairs || this.#previous === undefined) {
      this.#previous?.close();
      this.#previous = this.#session;
      this.#previous.conclusion.retire();
    } else this.#session.close();
    this.#stopGathering();
    this.#basesEnded = false;
    this.#gathered = false;
    this.#session = this.#newSession();
    this.#enter('new', 'a restart');
    for (const base of this.#bases.values()) this.#introduce(base);
    if (basesEnded) this.#endBases();
  }

  #endBases(): void {
    if (this.#basesEnded) return;
    this.#basesEnded = true;
    this.#gatheringTimer = this.#ports.timers.start(this, 'gathering', this.#settings.gatheringMs);
    this.#settleGathering();
    this.#session.conclusion.evaluate();
  }

  #introduce(base: Base): void {
    this.#outlet.emit({ kind: 'candidate', candidate: this.#session.addBase(base) });
    this.#gathering.addBase(base);
  }

  #mapped(base: Base, address: TransportAddress, server: string): void {
    // After end-of-candidates none may follow (RFC 8838 §13); the peer will learn a new one from checks.
    if (this.#gathered) return;
    const candidate = this.#session.locals.addReflexive(base, address, server);
    if (candidate !== undefined) this.#outlet.emit({ kind: 'candidate', candidate });
  }

  #settleGathering(): void {
    if (this.#basesEnded && this.#gathering.idle) this.#endGathering();
  }

  #endGathering(): void {
    if (this.#gathered) return;
    this.#gathered = true;
    if (this.#gatheringTimer !== undefined) this.#ports.timers.stop(this.#gatheringTimer);
    this.#gatheringTimer = undefined;
    this.#outlet.emit({ kind: 'gathered', ufrag: this.#session.local.ufrag });
  }

  #stopGathering(): void {
    this.#gathering.stop();
    if (this.#gatheringTimer !== undefined) this.#ports.timers.stop(this.#gatheringTimer);
    this.#gatheringTimer = undefined;
  }

  #sessionState(session: IceSession, state: IceState, why: string): void {
    if (session !== this.#session) return;
    this.#enter(state, why);
    if (state !== 'completed') return;
    this.#previous?.close();
    this.#previous = undefined;
    this.#endGathering();
    this.#stopGathering();
  }

  /** Whether data of a component goes over a pair from before the restart (RFC 8445 §12.1). */
  #coveredByPrevious(component: number): boolean {
    return this.#previous?.conclusion.components[component - 1]?.inUse !== undefined;
  }

  #lost(session: IceSession, component: number, why: string): void {
    const present = this.#session.conclusion.components[component - 1];
    // What may be sent on in the new session was not told while the old pairs worked.
    if (session !== this.#session && present?.inUse !== undefined) this.#session.conclusion.announce(present);
    else if (session !== this.#session || !this.#coveredByPrevious(component))
      this.#outlet.emit({ kind: 'lost', component, why });
  }

  #enter(state: IceState, why: string): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#outlet.emit({ kind: 'state', state, why });
  }

  #ignore(candidate: Candidate, why: string): void {
    this.#outlet.emit({ kind: 'ignored', candidate, why });
  }

  /** RFC 8838 §4.1.1.2: a candidate that names no session belongs to the present one. */
  #sessionOf(ufrag: string | undefined): 'past' | 'present' | 'future' {
    const remote = this.#session.remote;
    if (ufrag === undefined) return remote === undefined ? 'future' : 'present';
    if (ufrag === remote?.ufrag) return 'present';
    return ufrag === this.#previous?.remote?.ufrag ? 'past' : 'future';
  }
}
