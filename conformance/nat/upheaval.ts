import { NAT_DEFINITIONS, type NatType } from '@ringdown/simulator';
import type { Party } from '../../packages/connectivity/scenarios/stage.ts';
import { Boxes, type Device } from './device.ts';
import { arrange, explain, type Meeting, meet, speak } from './meeting.ts';

/** Something that happens to the first device in the middle of a call. */
export interface Upheaval {
  readonly name: string;
  readonly first: Device;
  readonly second: Device;
  happen(meeting: Meeting): void;
}

export interface Recovery {
  /** Until each hears again what the other says. */
  readonly silentMs: number;
  /** ICE restarts that somebody asked for meanwhile. */
  readonly restarts: number;
  /** Why the first of them was wanted. */
  readonly why: string | undefined;
  readonly before: string;
  readonly after: string;
}

const CALM_MS = 10_000;
const PATIENCE_MS = 60_000;
/** What one restart may take before another one is begun. */
const RESTART_MS = 3_000;

const behind = (name: string, type: NatType): Device => ({ boxes: [{ name, ...NAT_DEFINITIONS[type] }] });

const rebooting = (type: NatType, other: NatType): Upheaval => ({
  name: `the ${type} NAT of one forgets everything; the other is behind ${other}`,
  first: behind('home', type),
  second: behind('away', other),
  happen: ({ first }) => first.host.nat.reboot(),
});

const renumbered = (type: NatType, other: NatType): Upheaval => ({
  name: `the ${type} NAT of one comes back with another address; the other is behind ${other}`,
  first: behind('home', type),
  second: behind('away', other),
  happen: ({ first }) => first.host.nat.reboot({ externalAddresses: 1 }),
});

const moving = (from: NatType, to: NatType, other: NatType): Upheaval => ({
  name: `one goes from a network behind ${from} to one behind ${to}; the other is behind ${other}`,
  first: behind('home', from),
  second: behind('away', other),
  happen: ({ stage, first }) => first.host.move(new Boxes(stage.world).placeOf(behind('mobile', to))),
});

export const UPHEAVALS: readonly Upheaval[] = [
  rebooting('port-restricted', 'open'),
  rebooting('port-restricted', 'full-cone'),
  rebooting('port-restricted', 'port-restricted'),
  rebooting('symmetric', 'symmetric'),
  renumbered('port-restricted', 'full-cone'),
  renumbered('port-restricted', 'port-restricted'),
  renumbered('symmetric', 'symmetric'),
  moving('port-restricted', 'full-cone', 'port-restricted'),
  moving('full-cone', 'symmetric', 'port-restricted'),
  moving('symmetric', 'symmetric', 'symmetric'),
];

/** A call, a while of calm, and then it happens: what becomes of the call, where whoever wants a restart gets one. */
export const endure = async (upheaval: Upheaval, flipped: boolean, seed = 1): Promise<Recovery> => {
  const meeting = arrange(upheaval.first, upheaval.second, seed, flipped ? 'controlled' : 'controlling');
  const { stage, first, second } = meeting;
  const voice = speak(meeting);
  await meet(meeting);
  stage.world.advance(CALM_MS);
  const before = wayOf(meeting);
  const begin = stage.world.clock.now();
  const ears = [first, second].map((party) => new Ears(party, begin, () => stage.world.clock.now()));
  upheaval.happen(meeting);
  const restarts = new Restarts(meeting);
  try {
    await stage.world.run({
      until: () => {
        restarts.grant();
        return ears.every((one) => one.hears()) && isSettled(meeting);
      },
      withinMs: PATIENCE_MS,
      what: `each hears the other again after ${upheaval.name}`,
    });
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${explain(meeting)}`, {
      cause: error,
    });
  } finally {
    voice.end();
  }
  const silentMs = Math.round(Math.max(...ears.map((one) => one.sinceMs ?? 0)) - begin);
  const { restarts: count, why } = restarts;
  return { silentMs, restarts: count, why, before, after: wayOf(meeting) };
};

const wayOf = ({ first }: Meeting): string => (first.way ?? 'nothing').replace(' to ', '–');

const isSettled = ({ first, second }: Meeting): boolean =>
  [first, second].every(({ connectivity }) => connectivity.state === 'completed');

/** What somebody hears of what was said after a moment. */
class Ears {
  readonly #party: Party;
  readonly #now: () => number;
  readonly #begin: number;
  #heard: number;
  sinceMs: number | undefined;

  constructor(party: Party, begin: number, now: () => number) {
    this.#party = party;
    this.#now = now;
    this.#begin = begin;
    this.#heard = party.heard.length;
  }

  hears(): boolean {
    for (const text of this.#party.heard.slice(this.#heard)) {
      const said = Number(/^voice at ([\d.]+)$/.exec(text)?.[1]);
      if (said > this.#begin) this.sinceMs ??= this.#now();
    }
    this.#heard = this.#party.heard.length;
    return this.sinceMs !== undefined;
  }
}

/** Gives a restart to whoever wants one, as an app does by a re-INVITE: one at a time. */
class Restarts {
  restarts = 0;
  why: string | undefined;
  readonly #meeting: Meeting;
  readonly #seen = new Map<Party, number>();
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(meeting: Meeting) {
    this.#meeting = meeting;
    for (const party of [meeting.first, meeting.second])
      this.#seen.set(party, party.of('restart-wanted').length);
  }

  grant(): void {
    const now = this.#meeting.stage.world.clock.now();
    for (const party of [this.#meeting.first, this.#meeting.second]) {
      const wanted = party.of('restart-wanted');
      if (wanted.length === this.#seen.get(party) || now - this.#lastAt < RESTART_MS) continue;
      this.#seen.set(party, wanted.length);
      this.#lastAt = now;
      this.restarts++;
      this.why ??= wanted.at(-1)?.why;
      party.connectivity.restart();
    }
  }
}
