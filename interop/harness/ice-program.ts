import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentOptions } from '../ice/agent.ts';
import type { ProcessOptions, RunningProcess } from './process.ts';
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

/**
 * An ICE agent in a process of its own, ours or a stranger's, which speaks in lines.
 * It says: `parameters UFRAG PWD`, `candidate candidate:…`, `gathered`, `state NAME`, `role ROLE`, `sent COUNT`,
 * `selected TYPE ADDRESS PORT TYPE ADDRESS PORT` (local, remote), `data COUNT LENGTH FIRST-BYTE`; `note …` is for people.
 * It is told: `remote UFRAG PWD OPTION…` (`ice-lite` among the options), `candidate candidate:…`, `end`, `send COUNT`,
 * `restart`, `close`.
 */
export class IceProgram {
  readonly name: string;
  readonly process: RunningProcess;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();

  constructor(stage: Stage, options: ProcessOptions) {
    this.name = options.name;
    this.process = stage.start(options);
    this.process.onLine((line) => {
      this.#lines.push(line);
      for (const listener of this.#listeners) listener(line);
    });
  }

  /** Ringdown's agent. */
  static ringdown(
    stage: Stage,
    name: string,
    { namespace, ...options }: AgentOptions & { readonly namespace?: string },
  ): IceProgram {
    return new IceProgram(stage, {
      name,
      command: process.execPath,
      args: [join(programs, 'agent.ts'), JSON.stringify(options)],
      ...(namespace === undefined ? {} : { namespace }),
    });
  }

  tell(line: string): void {
    this.process.write(line);
  }

  /** Hears what it has said so far, and then what it says. */
  hear(listener: (line: string) => void): void {
    for (const line of this.#lines) listener(line);
    this.#listeners.add(listener);
  }

  mark(): number {
    return this.process.mark();
  }

  said(pattern: RegExp): readonly string[] {
    return this.#lines.filter((line) => pattern.test(line));
  }

  async parameters(from = 0): Promise<{ readonly ufrag: string; readonly pwd: string }> {
    const [, ufrag = '', pwd = ''] = await this.process.waitFor(/^parameters (\S+) (\S+)$/m, 10_000, from);
    return { ufrag, pwd };
  }

  /** Reaches one of the states of RFC 8445 that are named, `completed` say. */
  async reaches(state: string, withinMs: number, from = 0): Promise<void> {
    await this.process.waitFor(new RegExp(`^state (?:${state})\\b.*$`, 'm'), withinMs, from);
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
