import type { IceParameters, LocalCandidate } from '@ringdown/ice';
import type { Timer, Timers, TimerTarget } from '@ringdown/sans-io';

/** What has been found of us in the present session of ICE, and whether it is enough to be described. */
export class Gathering implements TimerTarget {
  readonly #timers: Timers;
  #parameters: IceParameters | undefined = undefined;
  #candidates: LocalCandidate[] = [];
  #hasEnded = false;
  /** What is there is enough: the time is up, or more can be told later. */
  #isDue = false;
  #timer: Timer | undefined = undefined;
  #waiting: (() => void)[] = [];
  /** How many of the candidates the peer has been told. */
  #told = 0;
  #toldEnd = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  get parameters(): IceParameters | undefined {
    return this.#parameters;
  }

  get candidates(): readonly LocalCandidate[] {
    return this.#candidates;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** A session begins. */
  begin(parameters: IceParameters, waitMs: number): void {
    this.#parameters = parameters;
    this.#candidates = [];
    this.#hasEnded = false;
    this.#told = 0;
    this.#toldEnd = false;
    this.wait(waitMs);
  }

  /** What is there when this time is over is enough. */
  wait(ms: number): void {
    this.#stop();
    this.#isDue = ms <= 0;
    if (!this.#isDue) this.#timer = this.#timers.start(this, 'gather', ms);
    this.#look();
  }

  found(candidate: LocalCandidate): void {
    this.#candidates.push(candidate);
    this.#look();
  }

  end(ufrag: string): void {
    if (ufrag !== this.#parameters?.ufrag) return;
    this.#hasEnded = true;
    this.#look();
  }

  /** Resolves when there is something to be told, or never will be. */
  ready(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#look();
    });
  }

  /** All of it is told now. */
  describe(): void {
    this.#told = this.#candidates.length;
    this.#toldEnd = this.#hasEnded;
  }

  /** What has come since; undefined where there is nothing new. */
  untold(): { readonly candidates: readonly LocalCandidate[]; readonly ended: boolean } | undefined {
    const candidates = this.#candidates.slice(this.#told);
    const isNews = candidates.length > 0 || this.#toldEnd !== this.#hasEnded;
    this.describe();
    return isNews ? { candidates, ended: this.#hasEnded } : undefined;
  }

  timerFired(): void {
    this.#timer = undefined;
    this.#isDue = true;
    this.#look();
  }

  close(): void {
    this.#stop();
    this.#hasEnded = true;
    this.#look();
  }

  #look(): void {
    const isEnough = this.#hasEnded || (this.#isDue && this.#candidates.length > 0);
    if (isEnough) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#timers.stop(this.#timer);
    this.#timer = undefined;
  }
}
