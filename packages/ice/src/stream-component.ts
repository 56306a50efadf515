import { byPreference, type CandidatePair } from './candidate-pair.ts';
import { Consent } from './consent.ts';
import type { IcePorts } from './options.ts';

export interface ComponentUser {
  askConsent(pair: CandidatePair): void;
  keepAlive(pair: CandidatePair): void;
  /** The pair in use does not answer: others have to be tried. */
  stale(component: StreamComponent): void;
  fresh(component: StreamComponent): void;
  /** Consent has expired for the pair that was in use. */
  expired(component: StreamComponent, pair: CandidatePair): void;
}

/** One component and the pair that its data goes over. */
export class StreamComponent {
  readonly id: number;
  readonly #consent: Consent;
  /** Nominated, or taken over from one that died. */
  selected: CandidatePair | undefined = undefined;
  /** The selected pair, or without one the best valid pair (RFC 8445 §12.1). */
  inUse: CandidatePair | undefined = undefined;
  /** A pair in use has died, and none has taken its place. */
  lost = false;
  /** The selected pair is silent, and other pairs are being asked. */
  recovering = false;

  constructor(id: number, ports: IcePorts, consentRequired: boolean, user: ComponentUser) {
    this.id = id;
    const withPair = (act: (pair: CandidatePair) => void) => () => {
      if (this.inUse !== undefined) act(this.inUse);
    };
    this.#consent = new Consent(ports.timers, ports.random, consentRequired, {
      ask: withPair((pair) => user.askConsent(pair)),
      keepAlive: withPair((pair) => user.keepAlive(pair)),
      stale: () => user.stale(this),
      fresh: () => user.fresh(this),
      expired: withPair((pair) => user.expired(this, pair)),
    });
  }

  get stale(): boolean {
    return this.#consent.stale;
  }

  /** Data goes over this pair from now on. @returns whether that is new */
  use(pair: CandidatePair): boolean {
    if (this.inUse === pair) return false;
    this.inUse = pair;
    this.lost = false;
    this.recovering = false;
    this.#consent.begin();
    return true;
  }

  /** A pair has answered a check. */
  answered(pair: CandidatePair): void {
    if (pair === this.inUse) this.#consent.answered();
  }

  /** The pair in use is gone. */
  lose(): void {
    this.inUse = undefined;
    this.selected = undefined;
    this.lost = true;
    this.recovering = false;
    this.#consent.stop();
  }

  close(): void {
    this.#consent.stop();
  }
}

/** The valid pair that is the best to send on. */
export const bestValid = (pairs: readonly CandidatePair[]): CandidatePair | undefined =>
  pairs.filter((pair) => pair.valid).sort(byPreference)[0];
