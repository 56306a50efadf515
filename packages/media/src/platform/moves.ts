import type { Clock } from '@ringdown/sans-io';

/** Where a phone stands in its network. */
export interface Place {
  /** The addresses of the machine. */
  readonly addresses: readonly string[];
  /** The one that leads to the server; undefined while the server is not known, or cannot be reached. */
  readonly towardServer: string | undefined;
}

/** How often it is looked. */
export const LOOK_MS = 2_000;
/** A look that is so much too late by the wall clock: the device slept, and the monotonic clock may have stood still. */
const SLEPT_MS = 5_000;

/**
 * Finds out whether the device got another place in its network, or slept. What changes elsewhere on the machine, such as the
 * networks of containers, moves nobody whose way to the server is as before.
 */
export class Moves {
  readonly #clock: Clock;
  readonly #look: () => Place;
  readonly #moved: (why: string) => void;
  #before: Place;
  /** The server could be reached from here, and cannot any more. */
  #isCutOff = false;
  #lookedAt: number;

  constructor(clock: Clock, look: () => Place, moved: (why: string) => void) {
    this.#clock = clock;
    this.#look = look;
    this.#moved = moved;
    this.#before = look();
    this.#lookedAt = clock.wallTime();
  }

  /** The server knows us at this address: whatever leads there later from another one is a move. */
  knownAt(address: string): void {
    this.#isCutOff = false;
    this.#before = { ...this.#before, towardServer: address };
  }

  /** To be called every {@link LOOK_MS}. */
  look(): void {
    const now = this.#clock.wallTime();
    const slept = now - this.#lookedAt - LOOK_MS > SLEPT_MS;
    this.#lookedAt = now;
    const before = this.#before;
    const place = this.#look();
    this.#before = place;
    const isBack = this.#isCutOff && place.towardServer !== undefined;
    this.#isCutOff =
      place.towardServer === undefined && (this.#isCutOff || before.towardServer !== undefined);
    let why = difference(before, place);
    if (isBack) why = `the server can be reached again, from ${place.towardServer}`;
    if (slept) why = 'the device slept';
    if (why !== undefined) this.#moved(why);
  }
}

const difference = (before: Place, now: Place): string | undefined => {
  const [was, is] = [before.towardServer, now.towardServer];
  if (was !== undefined && !now.addresses.includes(was)) return `the address ${was} is gone`;
  if (is !== undefined) {
    // The server has just become known: nothing changed.
    return was === undefined || was === is
      ? undefined
      : `the way to the server leads over ${is} now, not ${was}`;
  }
  const came = now.addresses.filter((address) => !before.addresses.includes(address));
  return came.length === 0 ? undefined : `the address ${came.join(', ')} is new`;
};
