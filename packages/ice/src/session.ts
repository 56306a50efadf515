import { type StunMessage, shortTermKey, type TransportAddress } from '@ringdown/stun';
import { canonical, sameAddress } from './address.ts';
import type { Base, Candidate, LocalCandidate } from './candidate.ts';
import type { CandidatePair, RunningCheck } from './candidate-pair.ts';
import { CheckList } from './check-list.ts';
import { writeKeepalive, writeRefusal, writeSuccess } from './check-message.ts';
import { Conclusion } from './conclusion.ts';
import { ConnectivityChecks } from './connectivity-checks.ts';
import type { IceParameters } from './ice-agent.ts';
import { type IncomingCheck, judgeCheck } from './incoming-check.ts';
import { LocalCandidates } from './local-candidates.ts';
import type { IcePorts, IceSettings } from './options.ts';
import type { Outlet } from './outlet.ts';
import type { IceState } from './output.ts';
import { type RemoteCandidate, RemoteCandidates } from './remote-candidates.ts';
import { type RoleKeeper, roleConflict } from './role.ts';
import type { Wire } from './wire.ts';

const LEAST_RTO_MS = 500;
const ROLE_CONFLICT = 487;

/** Checks that came before the peer's parameters; the peer repeats those that are not kept. */
const MOST_EARLY_CHECKS = 32;

/** What the sessions of one agent share. */
export interface SessionContext {
  readonly ports: IcePorts;
  readonly settings: IceSettings;
  readonly outlet: Outlet;
  readonly wire: Wire;
  readonly role: RoleKeeper;
  /** There is a check to send. */
  wake(): void;
  taMs(): number;
  basesEnded(): boolean;
  /** Whether data of a component still goes over a pair of the session before this one. */
  isCovered(session: IceSession, component: number): boolean;
  stateChanged(session: IceSession, state: IceState, why: string): void;
  restartWanted(session: IceSession, why: string): void;
  /** Nothing may be sent any more on what the session used for a component. */
  lost(session: IceSession, component: number, why: string): void;
}

interface EarlyCheck {
  readonly base: Base;
  readonly from: TransportAddress;
  readonly check: IncomingCheck;
}

/** Everything from one pair of username fragments to the next restart. */
export class IceSession {
  readonly local: IceParameters;
  readonly locals: LocalCandidates;
  readonly list: CheckList;
  readonly conclusion: Conclusion;
  readonly #context: SessionContext;
  readonly #remotes: RemoteCandidates;
  readonly #localKey: Uint8Array;
  #checks: ConnectivityChecks | undefined = undefined;
  #early: EarlyCheck[] = [];
  remote: IceParameters | undefined = undefined;

  constructor(local: IceParameters, context: SessionContext) {
    this.local = local;
    this.#context = context;
    this.#localKey = shortTermKey(local.pwd);
    this.locals = new LocalCandidates(local.ufrag);
    this.#remotes = new RemoteCandidates(context.settings);
    this.list = new CheckList(context.settings.maxPairs, (pair) => this.#tell(pair));
    this.conclusion = new Conclusion(
      { ...context, list: this.list, remotes: this.#remotes },
      {
        wake: () => context.wake(),
        askConsent: (pair) => this.#checks?.askConsent(pair),
        keepAlive: (pair) =>
          context.wire.transmit(pair.own.base, pair.remote.candidate, writeKeepalive(context.wire.newId())),
        complete: () => this.#remotes.complete && context.basesEnded(),
        isAggressive: () => context.role.role === 'controlled' && !this.#peerHas('ice2'),
        isCovered: (component) => context.isCovered(this, component),
        stateChanged: (state, why) => context.stateChanged(this, state, why),
        restartWanted: (why) => context.restartWanted(this, why),
        lost: (component, why) => context.lost(this, component, why),
      },
    );
  }

  addBase(base: Base): LocalCandidate {
    const own = this.locals.addBase(base);
    for (const remote of this.#remotes.all) if (remote.signalled) this.#pair(own, remote);
    this.conclusion.evaluate();
    return own;
  }

  removeBase(baseId: string, why: string): void {
    const gone = this.list.pairs.filter((pair) => pair.own.base.id === baseId);
    this.locals.removeBase(baseId);
    for (const pair of gone) pair.validSince = undefined;
    for (const pair of gone) this.conclusion.invalidate(pair, why);
    for (const pair of gone) this.list.remove(pair);
    this.#early = this.#early.filter(({ base }) => base.id !== baseId);
    this.conclusion.evaluate();
  }

  /** Once: another peer, or the same after a restart, is another session. */
  setRemote(remote: IceParameters): void {
    const { wire, ports, role } = this.#context;
    this.remote = remote;
    const username = `${remote.ufrag}:${this.local.ufrag}`;
    this.#checks = new ConnectivityChecks(
      wire,
      ports,
      role,
      { username, key: shortTermKey(remote.pwd) },
      {
        priorityOf: (pair) => this.locals.checkPriority(pair.own),
        sent: () => this.conclusion.evaluate(),
        succeeded: (pair, check, mapped) => this.#succeeded(pair, check, mapped),
        failed: (pair, check, why) => this.#failed(pair, check, why),
        revoked: (pair) => this.#revoked(pair),
        again: (pair) => this.#again(pair),
      },
    );
    this.conclusion.begin();
    const early = this.#early;
    this.#early = [];
    for (const { base, from, check } of early) this.#accept(base, from, check);
  }

  addRemote(candidate: Candidate): void {
    const admission = this.#remotes.admit(candidate);
    if (admission.kind === 'ignored')
      this.#context.outlet.emit({ kind: 'ignored', candidate, why: admission.why });
    else if (admission.kind === 'resolve')
      this.#context.outlet.emit({ kind: 'resolve', name: admission.name });
    else if (admission.kind !== 'waits') {
      if (admission.kind === 'named') this.list.rank(this.#context.role.role);
      for (const own of this.locals.all) {
        if (own.type === 'host' || own.type === 'relay') this.#pair(own, admission.remote);
      }
    }
    this.conclusion.evaluate();
  }

  resolved(name: string, address: string | undefined): void {
    for (const candidate of this.#remotes.resolved(name, address)) this.addRemote(candidate);
    this.conclusion.evaluate();
  }

  endOfRemote(): void {
    this.#remotes.ended = true;
    this.conclusion.evaluate();
  }

  /** Starts one check. @returns whether there was one to start */
  next(): boolean {
    const pair = this.#checks === undefined ? undefined : this.list.next();
    if (pair === undefined) return false;
    if (pair.move('perform', 'its check is under way')) this.#tell(pair);
    this.#checks?.perform(pair, this.#rtoMs());
    return true;
  }

  /** A Binding request that names this session. Answered at once, and by no more bytes than it has. */
  request(base: Base, request: StunMessage, source: TransportAddress): void {
    const { hashes } = this.#context.ports;
    const from = canonical(source);
    const answer = (bytes: Uint8Array): void => this.#context.wire.transmit(base, from, bytes);
    const credentials = { key: this.#localKey, hashes };
    const verdict = judgeCheck(request, this.local.ufrag, this.#localKey, hashes);
    if (verdict.kind === 'refuse') {
      const { code, authentic, unknown } = verdict;
      answer(writeRefusal(request, code, authentic ? credentials : undefined, unknown));
      return;
    }
    if (!this.#rolesAgree(verdict.check)) {
      answer(writeRefusal(request, ROLE_CONFLICT, credentials));
      return;
    }
    answer(writeSuccess(request, from, this.#localKey, hashes));
    if (this.#checks !== undefined) this.#accept(base, from, verdict.check);
    else this.#keep({ base, from, check: verdict.check });
  }

  /** Sorts the pairs anew, and forgets what was meant in the other role. */
  roleChanged(): void {
    for (const pair of this.list.pairs) {
      pair.nominating = false;
      pair.awaited = false;
    }
    this.list.rank(this.#context.role.role);
    this.conclusion.evaluate();
  }

  close(): void {
    for (const pair of this.list.pairs) pair.cancelCheck();
    this.conclusion.close();
    this.#checks = undefined;
  }

  #pair(own: LocalCandidate, remote: RemoteCandidate): void {
    const pair = this.list.add(own, remote, this.#context.role.role);
    if (pair === undefined) return;
    if (this.conclusion.componentOf(pair).selected === undefined) {
      this.#context.wake();
      return;
    }
    pair.spare = true;
    this.list.fail(pair, 'not needed: a pair is selected already');
  }

  /** The latest of each address: what it says may have changed with the peer's role. */
  #keep(early: EarlyCheck): void {
    const others = this.#early.filter(
      ({ base, from }) => base.id !== early.base.id || !sameAddress(from, early.from),
    );
    if (others.length < MOST_EARLY_CHECKS) this.#early = [...others, early];
  }

  /** @returns false where the peer has to give way (RFC 8445 §7.3.1.1) */
  #rolesAgree({ claim }: IncomingCheck): boolean {
    const { role } = this.#context;
    const conflict = claim === undefined ? 'none' : roleConflict(role.claim, claim);
    if (conflict === 'switch') role.take(role.role === 'controlling' ? 'controlled' : 'controlling');
    return conflict !== 'reject';
  }

  /** RFC 8445 §7.3.1.3 to §7.3.1.5. */
  #accept(base: Base, from: TransportAddress, check: IncomingCheck): void {
    const own = this.locals.ofBase(base.id);
    // Forks of a call share our parameters: those whose own we do not have get answers and nothing else.
    if (own === undefined || check.theirUfrag !== this.remote?.ufrag) return;
    const { role } = this.#context;
    const remote =
      this.#remotes.find(own.component, from) ??
      this.#remotes.learn(own.component, from, check.priority, (one) => this.list.hasFailed(one));
    if (remote === undefined) return;
    const known = this.list.find(base.id, remote);
    const pair = known ?? this.list.add(own, remote, role.role);
    if (pair === undefined) return;
    pair.heard = true;
    const component = this.conclusion.componentOf(pair);
    const nominates = check.nominates && role.role === 'controlled';
    if (pair.valid && pair.state === 'succeeded') {
      if (nominates) this.conclusion.nominated(pair);
      if (!component.recovering) return;
    }
    if (nominates && !pair.valid) pair.awaited = true;
    // Once there is a selected pair, only what may replace it is checked.
    const isSettled = component.selected !== undefined && !component.stale;
    if (isSettled && known !== undefined && !nominates) return;
    this.list.trigger(pair, 'the peer has checked it');
    this.#context.wake();
  }

  /** RFC 8445 §7.2.5.3. */
  #succeeded(pair: CandidatePair, check: RunningCheck, mapped: TransportAddress): void {
    const { role, ports } = this.#context;
    if (pair.check === check) pair.check = undefined;
    const local = this.locals.seenAs(pair.own.base, mapped, check.priority);
    const isNews = !pair.valid || !sameAddress(pair.local, local) || pair.local.type !== local.type;
    if (isNews) pair.local = local;
    pair.validSince ??= ports.clock.now();
    const hasMoved = pair.move('succeed', 'its check was answered');
    if (isNews) this.list.rank(role.role);
    if (isNews || hasMoved) this.#tell(pair);
    this.list.unfreeze(pair.foundation);
    this.#context.wake();
    this.conclusion.answered(pair);
    const isNominated = role.role === 'controlling' ? check.nominates && pair.nominating : pair.awaited;
    pair.awaited = false;
    if (isNominated) {
      pair.nominating = false;
      this.conclusion.nominated(pair);
    }
    this.conclusion.evaluate();
  }

  #failed(pair: CandidatePair, check: RunningCheck, why: string): void {
    if (pair.check !== check) return;
    pair.check = undefined;
    const isRevival = pair.valid && !check.nominates;
    // Consent, not one check, says when the pair in use is dead.
    if (!isRevival || this.conclusion.componentOf(pair).inUse !== pair) this.conclusion.invalidate(pair, why);
    this.#context.wake();
    this.conclusion.evaluate();
  }

  /** RFC 7675 §5.2: at once, and by an authenticated answer only, as all that come here are. */
  #revoked(pair: CandidatePair): void {
    pair.cancelCheck();
    this.conclusion.invalidate(pair, 'the peer has taken its consent back');
    this.#context.wake();
    this.conclusion.evaluate();
  }

  #again(pair: CandidatePair): void {
    this.list.trigger(pair, 'the roles are sorted out now');
    this.#context.wake();
  }

  /**
   * The larger the list, the longer it takes until each pair has been checked once (RFC 8445 §14.3 in the form of RFC 5245
   * §16.2: the newer formula multiplies by the number of all checks once more, and 20 pairs would then wait 20 seconds for
   * their first retransmission).
   */
  #rtoMs(): number {
    const going = this.list.pairs.filter(
      ({ state }) => state === 'waiting' || state === 'in-progress',
    ).length;
    return Math.max(LEAST_RTO_MS, this.#context.taMs() * going);
  }

  #peerHas(option: string): boolean {
    return this.remote?.options?.includes(option) ?? false;
  }

  #tell(pair: CandidatePair): void {
    this.#context.outlet.emit({ kind: 'pair', pair: pair.report() });
  }
}
