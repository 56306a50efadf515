import type { Timer, TimerTarget } from '@ringdown/sans-io';
import type { CandidatePair } from './candidate-pair.ts';
import type { CheckList } from './check-list.ts';
import { decideNomination } from './nomination.ts';
import type { IcePorts, IceSettings } from './options.ts';
import type { Outlet } from './outlet.ts';
import type { IceState } from './output.ts';
import type { RemoteCandidates } from './remote-candidates.ts';
import type { RoleKeeper } from './role.ts';
import { bestValid, StreamComponent } from './stream-component.ts';

/** How long other pairs have to answer when the one in use has fallen silent: their checks take 3.5 s. */
const REVIVAL_MS = 4_000;

export interface ConclusionUser {
  /** There is a check to send. */
  wake(): void;
  askConsent(pair: CandidatePair): void;
  keepAlive(pair: CandidatePair): void;
  /** Whether neither agent can have more candidates. */
  complete(): boolean;
  /** Whether the peer may nominate several pairs and mean the best (RFC 5245 §8.1.1.2). */
  isAggressive(): boolean;
  /** Whether data of a component still goes over a pair from before a restart (RFC 8445 §12.1). */
  isCovered(component: number): boolean;
  stateChanged(state: IceState, why: string): void;
  /** Nothing may be sent for a component any more. */
  lost(component: number, why: string): void;
  restartWanted(why: string): void;
}

/** What it stands on. */
export interface ConclusionParts {
  readonly ports: IcePorts;
  readonly settings: IceSettings;
  readonly outlet: Outlet;
  readonly role: RoleKeeper;
  readonly list: CheckList;
  readonly remotes: RemoteCandidates;
}

/** Nominates, selects, and says how things stand (RFC 8445 §8, RFC 8863, RFC 7675). */
export class Conclusion implements TimerTarget {
  readonly #parts: ConclusionParts;
  readonly #user: ConclusionUser;
  readonly components: readonly StreamComponent[];
  #state: IceState = 'new';
  /** How often the patience timer has run out. */
  #patience = 0;
  #timers = new Map<string, Timer>();

  constructor(parts: ConclusionParts, user: ConclusionUser) {
    this.#parts = parts;
    this.#user = user;
    const { components, consent } = parts.settings;
    this.components = Array.from(
      { length: components },
      (_, index) =>
        new StreamComponent(index + 1, parts.ports, consent, {
          askConsent: (pair) => user.askConsent(pair),
          keepAlive: (pair) => user.keepAlive(pair),
          stale: (component) => this.#stale(component),
          fresh: (component) => this.#fresh(component),
          expired: (component, pair) => this.#expired(component, pair),
        }),
    );
  }

  get state(): IceState {
    return this.#state;
  }

  componentOf(pair: CandidatePair): StreamComponent {
    return this.components[pair.component - 1]!;
  }

  /** Checks may begin: patience counts from here (RFC 8863 §4). */
  begin(): void {
    this.#start('patience', this.#parts.settings.patienceMs);
    this.#enter('checking', 'the parameters of the peer are known');
  }

  /** Looks at all pairs again: something has changed about them, or may have. */
  evaluate(): void {
    if (this.#state === 'new' || this.#state === 'closed') return;
    let waitMs = Number.POSITIVE_INFINITY;
    for (const component of this.#needed()) {
      waitMs = Math.min(waitMs, this.#nominate(component));
      this.#pickUsable(component);
    }
    this.#stop('nomination');
    if (waitMs < Number.POSITIVE_INFINITY) this.#start('nomination', waitMs);
    this.#assess();
  }

  /** A pair has answered a check. */
  answered(pair: CandidatePair): void {
    const component = this.componentOf(pair);
    component.answered(pair);
    if (component.recovering && pair !== component.inUse) this.#takeOver(component, pair);
  }

  /** A pair is nominated: by our own check, or by the peer's (RFC 8445 §7.2.5.3.4, §7.3.1.5). */
  nominated(pair: CandidatePair): void {
    const component = this.componentOf(pair);
    const { selected } = component;
    if (!pair.nominated) {
      pair.nominated = true;
      this.#tell(pair);
    }
    if (selected === pair) return;
    const stays =
      selected !== undefined &&
      this.#user.isAggressive() &&
      !component.stale &&
      selected.nominated &&
      selected.priority > pair.priority;
    if (!stays) this.#select(component, pair, 'it was nominated');
  }

  /** A pair that was valid is so no more. */
  invalidate(pair: CandidatePair, why: string): void {
    pair.validSince = undefined;
    pair.nominating = false;
    pair.awaited = false;
    pair.nominated = false;
    if (pair.move('fail', why)) this.#tell(pair);
    const component = this.componentOf(pair);
    if (component.inUse !== pair) return;
    const wasSelected = component.selected === pair;
    component.lose();
    this.#pickUsable(component);
    if (component.inUse !== undefined) return;
    this.#user.lost(component.id, why);
    this.#parts.list.revive(component.id);
    this.#user.wake();
    if (wasSelected) this.#user.restartWanted(why);
  }

  /** Tells what may be sent on, which was kept back while the pairs from before a restart still worked. */
  announce({ id, inUse }: StreamComponent): void {
    if (inUse !== undefined) this.#parts.outlet.emit({ kind: 'usable', component: id, pair: inUse.report() });
  }

  /** Another session has begun: nothing new is checked, and the pairs in use go on. */
  retire(): void {
    for (const { id } of this.components) this.#parts.list.conclude(id, 'the session is over', () => false);
    this.#stop('patience');
    this.#stop('nomination');
  }

  timerFired(name: string): void {
    this.#timers.delete(name);
    if (name === 'patience' && ++this.#patience < 2) this.#start('patience', this.#parts.settings.patienceMs);
    if (name === 'revival' && this.components.some((component) => component.recovering))
      this.#user.restartWanted('the selected pair does not answer, and no other pair does');
    this.evaluate();
  }

  close(): void {
    for (const name of [...this.#timers.keys()]) this.#stop(name);
    for (const component of this.components) component.close();
    this.#state = 'closed';
  }

  #needed(): readonly StreamComponent[] {
    return this.components.slice(0, this.#parts.remotes.components);
  }

  /** @returns how long to wait before looking again */
  #nominate(component: StreamComponent): number {
    const { list, role, settings, ports } = this.#parts;
    if (role.role !== 'controlling' || component.selected !== undefined) return Number.POSITIVE_INFINITY;
    const pairs = list.of(component.id);
    if (pairs.some((pair) => pair.nominating)) return Number.POSITIVE_INFINITY;
    const decision = decideNomination(pairs, this.#user.complete(), settings.nomination, ports.clock.now());
    if (decision.kind === 'wait') return decision.waitMs;
    if (decision.kind === 'nominate') this.#propose(decision.pair);
    return Number.POSITIVE_INFINITY;
  }

  /** Repeats the check that has made it valid, with USE-CANDIDATE (RFC 8445 §8.1.1). */
  #propose(pair: CandidatePair): void {
    pair.nominating = true;
    this.#parts.list.trigger(pair, pair.why);
    this.#user.wake();
  }

  #pickUsable(component: StreamComponent): void {
    if (component.selected !== undefined) return;
    const best = bestValid(this.#parts.list.of(component.id));
    if (best === undefined || !component.use(best) || this.#user.isCovered(component.id)) return;
    this.#parts.outlet.emit({ kind: 'usable', component: component.id, pair: best.report() });
  }

  #select(component: StreamComponent, pair: CandidatePair, why: string): void {
    component.selected = pair;
    component.use(pair);
    const isAggressive = this.#user.isAggressive();
    this.#parts.list.conclude(
      component.id,
      'not needed: another pair was nominated',
      (one) =>
        one === pair ||
        one.awaited ||
        (isAggressive && one.state === 'in-progress' && one.priority > pair.priority),
    );
    this.#parts.outlet.emit({ kind: 'selected', component: component.id, pair: pair.report(), why });
    this.#assess();
  }

  /** The pair in use is silent, and this one has answered: data goes over it, and the controlling agent says so. */
  #takeOver(component: StreamComponent, pair: CandidatePair): void {
    const old = component.inUse;
    const why = 'the pair in use has stopped answering, and this one answers';
    if (component.selected !== undefined) this.#select(component, pair, why);
    if (old !== undefined) this.invalidate(old, 'it has stopped answering');
    if (this.#parts.role.role === 'controlling' && component.selected === pair) this.#propose(pair);
    this.evaluate();
  }

  #stale(component: StreamComponent): void {
    component.recovering = true;
    this.#parts.list.revive(component.id);
    if (!this.#timers.has('revival')) this.#start('revival', REVIVAL_MS);
    this.#user.wake();
    this.evaluate();
  }

  #fresh(component: StreamComponent): void {
    component.recovering = false;
    this.evaluate();
  }

  #expired(component: StreamComponent, pair: CandidatePair): void {
    // Whoever asks for the state meanwhile must not be told that all is well.
    component.recovering = false;
    this.invalidate(pair, 'consent has expired: no answer for 30 seconds');
    this.evaluate();
  }

  #assess(): void {
    const needed = this.#needed();
    const failed = needed.find((component) => this.#hasFailed(component));
    const stale = needed.find((component) => component.stale);
    if (failed !== undefined) this.#enter('failed', this.#whyFailed(failed));
    else if (stale !== undefined) this.#enter('disconnected', `the pair of component ${stale.id} is silent`);
    else if (needed.every(({ selected }) => selected !== undefined))
      this.#enter('completed', 'each component has its selected pair');
    else if (needed.every(({ inUse }) => inUse !== undefined))
      this.#enter('connected', 'each component has a valid pair');
    else this.#enter('checking', 'not every component has a valid pair');
  }

  #hasFailed(component: StreamComponent): boolean {
    if (component.inUse !== undefined) return false;
    if (this.#parts.list.of(component.id).some((pair) => pair.open)) return false;
    return component.lost || this.#patience >= (this.#user.complete() ? 1 : 2);
  }

  #whyFailed(component: StreamComponent): string {
    if (component.lost) return `the pair of component ${component.id} is dead, and there is no other`;
    const tried = this.#parts.list.of(component.id).length;
    return tried === 0
      ? `component ${component.id} has no candidate pair`
      : `each of the ${tried} pairs of component ${component.id} has failed`;
  }

  #enter(state: IceState, why: string): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#user.stateChanged(state, why);
  }

  #tell(pair: CandidatePair): void {
    this.#parts.outlet.emit({ kind: 'pair', pair: pair.report() });
  }

  #start(name: string, delayMs: number): void {
    this.#stop(name);
    this.#timers.set(name, this.#parts.ports.timers.start(this, name, delayMs));
  }

  #stop(name: string): void {
    const timer = this.#timers.get(name);
    if (timer !== undefined) this.#parts.ports.timers.stop(timer);
    this.#timers.delete(name);
  }
}
