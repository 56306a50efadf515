import { fileURLToPath } from 'node:url';
import type { ConnectivityServer } from '@ringdown/connectivity';
import type { IceRole } from '@ringdown/ice';
import { within } from '../harness/deadline.ts';
import { RunningProcess } from '../harness/process.ts';
import type { Stage } from '../harness/suite.ts';
import type { Ask, PathEnd, Told } from './lines.ts';

const program = fileURLToPath(new URL('peer.ts', import.meta.url));

/** A peer.ts in a namespace. */
export class KernelPeer {
  readonly name: string;
  /** Gets what the present attempt tells. */
  listener: (told: Told) => void = () => {};
  readonly #process: RunningProcess;

  private constructor(name: string, process: RunningProcess) {
    this.name = name;
    this.#process = process;
    process.onLine((line) => {
      if (line.startsWith('{')) this.listener(JSON.parse(line));
    });
  }

  static async start(stage: Stage, name: string, namespace: string): Promise<KernelPeer> {
    const child = new RunningProcess({ name, command: process.execPath, args: [program], namespace });
    stage.defer(async () => void (await child.stop()));
    // What it told is in the reasons; what is left are its complaints.
    stage.evidence(name, () => child.output.replaceAll(/^\{.*\n/gm, ''));
    const peer = new KernelPeer(name, child);
    const ready = peer.next('ready');
    await within(ready, 20_000, `${name} is ready`);
    return peer;
  }

  ask(ask: Ask): void {
    this.#process.write(JSON.stringify(ask));
  }

  /** The next of one kind; nobody else listens meanwhile. */
  next<Kind extends Told['told']>(kind: Kind): Promise<Extract<Told, { told: Kind }>> {
    return new Promise((resolve) => {
      this.listener = (told) => {
        if (told.told === kind) resolve(told as Extract<Told, { told: Kind }>);
      };
    });
  }
}

export interface KernelOutcome {
  /** The ends of the path that both have selected. */
  readonly first: PathEnd;
  readonly second: PathEnd;
  /** When each had heard the other, and when both had selected and heard so. */
  readonly heardMs: number;
  readonly settledMs: number;
}

const PATIENCE_MS = 30_000;

/** Two peers look for a way to each other; the first controls. Each hears the other at once, and on the path that was selected. */
export const meetInKernel = async (
  first: KernelPeer,
  second: KernelPeer,
  servers: readonly ConnectivityServer[],
): Promise<KernelOutcome> => {
  const sides = [new Side(first), new Side(second)] as const;
  const done = new Promise<KernelOutcome>((resolve) => {
    for (const [index, side] of sides.entries()) {
      const other = sides[1 - index]!;
      side.peer.listener = (told) => {
        signal(told, other.peer);
        side.take(told);
        const outcome = outcomeOf(sides);
        if (outcome !== undefined) resolve(outcome);
      };
    }
  });
  const roles: readonly IceRole[] = ['controlling', 'controlled'];
  for (const [index, { peer }] of sides.entries()) peer.ask({ ask: 'start', role: roles[index]!, servers });
  try {
    return await within(done, PATIENCE_MS, `${first.name} and ${second.name} select the same path and speak`);
  } catch (error) {
    const reasons = await Promise.all(sides.map(({ peer }) => reasonsOf(peer)));
    throw new Error(`${error instanceof Error ? error.message : error}\n${reasons.join('\n')}`);
  } finally {
    await Promise.all(sides.map(({ peer }) => close(peer)));
  }
};

/** What one peer tells the other by signalling. */
const signal = (told: Told, other: KernelPeer): void => {
  if (told.told === 'parameters') other.ask({ ask: 'remote', parameters: told.parameters });
  if (told.told === 'candidate') other.ask({ ask: 'candidate', candidate: told.candidate });
  if (told.told === 'gathered') other.ask({ ask: 'ended', ufrag: told.ufrag });
};

/** What one of two has told so far. */
class Side {
  readonly peer: KernelPeer;
  heardMs: number | undefined;
  heardSettledMs: number | undefined;
  selected: Extract<Told, { told: 'selected' }> | undefined;

  constructor(peer: KernelPeer) {
    this.peer = peer;
  }

  take(told: Told): void {
    if (told.told === 'selected') this.selected = told;
    if (told.told !== 'heard') return;
    if (told.settled) this.heardSettledMs = told.afterMs;
    else this.heardMs = told.afterMs;
  }
}

const outcomeOf = ([one, other]: readonly [Side, Side]): KernelOutcome | undefined => {
  const times = [one, other].flatMap(({ heardMs, heardSettledMs, selected }) =>
    heardMs === undefined || heardSettledMs === undefined || selected === undefined
      ? []
      : [{ heardMs, settledMs: Math.max(heardSettledMs, selected.afterMs) }],
  );
  if (times.length < 2 || one.selected === undefined || other.selected === undefined) return undefined;
  if (!isSame(one.selected.local, other.selected.remote)) return undefined;
  if (!isSame(other.selected.local, one.selected.remote)) return undefined;
  return {
    first: one.selected.local,
    second: other.selected.local,
    heardMs: Math.max(...times.map(({ heardMs }) => heardMs)),
    settledMs: Math.max(...times.map(({ settledMs }) => settledMs)),
  };
};

const isSame = (left: PathEnd, right: PathEnd): boolean =>
  left.address === right.address && left.port === right.port;

const reasonsOf = async (peer: KernelPeer): Promise<string> => {
  const reasons = peer.next('reasons');
  peer.ask({ ask: 'reasons' });
  const { text } = await within(reasons, 5_000, `${peer.name} gives reasons`);
  return `${peer.name}: ${text}`;
};

const close = async (peer: KernelPeer): Promise<void> => {
  const closed = peer.next('closed');
  peer.ask({ ask: 'close' });
  await within(closed, 10_000, `${peer.name} gives everything back`);
};
