import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentOptions } from '../ice/agent.ts';
import { eventually, within } from './deadline.ts';
import type { RunningProcess } from './process.ts';
import type { Stage } from './suite.ts';

const programs = join(dirname(dirname(fileURLToPath(import.meta.url))), 'ice');

/** One end of the way that was selected. */
export interface WayEnd {
  readonly type: string;
  readonly address: string;
  readonly port: number;
}

export interface Way {
  readonly local: WayEnd;
  readonly remote: WayEnd;
}

/** An empty address is hidden from whoever asks: a browser shows only those that it was told. */
const isOne = (left: WayEnd, right: WayEnd): boolean =>
  left.port === right.port && (left.address === right.address || left.address === '' || right.address === '');

/** What both use, once it is the same: one that was nominated may give way to a better one. */
export async function agreement<Theirs extends Way>(
  ours: () => Way | undefined,
  theirs: () => Theirs | undefined | Promise<Theirs | undefined>,
  fits: (ours: Way, theirs: Theirs) => boolean = () => true,
): Promise<{ readonly ours: Way; readonly theirs: Theirs }> {
  let seen = '';
  const look = async (): Promise<{ readonly ours: Way; readonly theirs: Theirs } | undefined> => {
    const [own, other] = [ours(), await theirs()];
    seen = JSON.stringify({ ours: own, theirs: other });
    if (own === undefined || other === undefined) return undefined;
    const areOne = isOne(own.local, other.remote) && isOne(own.remote, other.local);
    return areOne && fits(own, other) ? { ours: own, theirs: other } : undefined;
  };
  return await eventually(look, 15_000, 'both use the way that is expected').catch((error: Error) => {
    throw new Error(`${error.message}, but ${seen}`);
  });
}

/**
 * An ICE agent, ours or a stranger's, in another process, which speaks in lines.
 * It says: `parameters UFRAG PWD`, `candidate candidate:…`, `gathered`, `state NAME`, `role ROLE`, `sent COUNT`,
 * `selected TYPE ADDRESS PORT TYPE ADDRESS PORT` (local, remote), `data COUNT LENGTH FIRST-BYTE`; `note …` is for people.
 * It is told: `remote UFRAG PWD OPTION…` (`ice-lite` among the options), `candidate candidate:…`, `end`, `send COUNT`,
 * `restart`, `close`.
 */
export class IceProgram {
  readonly name: string;
  readonly tell: (line: string) => void;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();

  constructor(name: string, tell: (line: string) => void) {
    this.name = name;
    this.tell = tell;
  }

  /** It has said this. */
  says(line: string): void {
    this.#lines.push(line);
    for (const listener of [...this.#listeners]) listener(line);
  }

  /** Hears what it has said so far, and then what it says. */
  hear(listener: (line: string) => void): void {
    for (const line of this.#lines) listener(line);
    this.#listeners.add(listener);
  }

  /** For waits that look only at what comes later. */
  mark(): number {
    return this.#lines.length;
  }

  said(pattern: RegExp): readonly string[] {
    return this.#lines.filter((line) => pattern.test(line));
  }

  async waitFor(pattern: RegExp, withinMs: number, from = 0): Promise<RegExpExecArray> {
    const match = new Promise<RegExpExecArray>((resolve) => {
      let place = 0;
      this.hear((line) => {
        place += 1;
        const found = place > from ? pattern.exec(line) : null;
        if (found !== null) resolve(found);
      });
    });
    return await within(match, withinMs, `${this.name} says ${pattern}`);
  }

  async parameters(from = 0): Promise<{ readonly ufrag: string; readonly pwd: string }> {
    const [, ufrag = '', pwd = ''] = await this.waitFor(/^parameters (\S+) (\S+)$/, 10_000, from);
    return { ufrag, pwd };
  }

  /** Reaches one of the states of RFC 8445 that are named, `completed` say. */
  async reaches(state: string, withinMs: number, from = 0): Promise<void> {
    await this.waitFor(new RegExp(`^state (?:${state})\\b`), withinMs, from);
  }

  /** The last state that it told. */
  get state(): string {
    return (
      this.said(/^state /)
        .at(-1)
        ?.split(' ')[1] ?? 'new'
    );
  }

  /** The way that it uses now; undefined before one was selected. */
  get way(): Way | undefined {
    const words = this.said(/^selected /)
      .at(-1)
      ?.split(' ');
    if (words === undefined) return undefined;
    const end = (at: number): WayEnd => ({
      type: words[at] ?? '',
      address: words[at + 1] ?? '',
      port: Number(words[at + 2]),
    });
    return { local: end(1), remote: end(4) };
  }

  /** How many datagrams of data have come. */
  get received(): number {
    return this.said(/^data /).length;
  }
}

/** A process of Ringdown's agents, all in one namespace. */
export class IceAgents {
  readonly #stage: Stage;
  readonly #process: RunningProcess;
  readonly #agents: IceProgram[] = [];

  private constructor(stage: Stage, process: RunningProcess) {
    this.#stage = stage;
    this.#process = process;
    process.onLine((line) => {
      const [place = '', ...words] = line.split(' ');
      this.#agents[Number(place)]?.says(words.join(' '));
    });
  }

  static async start(stage: Stage, namespace?: string): Promise<IceAgents> {
    const child = stage.start({
      name: `agents${namespace === undefined ? '' : ` in ${namespace}`}`,
      command: process.execPath,
      args: [join(programs, 'agent.ts')],
      ...(namespace === undefined ? {} : { namespace }),
    });
    const agents = new IceAgents(stage, child);
    await child.waitFor(/^ready$/m, 20_000);
    return agents;
  }

  open(name: string, options: AgentOptions): IceProgram {
    const place = this.#agents.length;
    const agent = new IceProgram(name, (line) => this.#process.write(`${place} ${line}`));
    this.#agents.push(agent);
    this.#stage.evidence(name, () => agent.said(/^(?!data )/).join('\n'));
    agent.tell(`open ${JSON.stringify(options)}`);
    return agent;
  }
}

/** What one says becomes what the other is told. @param change may change a line, or drop it with undefined */
export function introduce(
  from: IceProgram,
  to: IceProgram,
  change: (line: string) => string | undefined = (line) => line,
): void {
  from.hear((line) => {
    const told = line.startsWith('parameters ')
      ? line.replace('parameters', 'remote')
      : line === 'gathered'
        ? 'end'
        : line.startsWith('candidate ')
          ? line
          : undefined;
    const changed = told === undefined ? undefined : change(told);
    if (changed !== undefined) to.tell(changed);
  });
}
