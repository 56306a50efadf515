import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { within } from './deadline.ts';

export interface ProcessOptions {
  /** How the process is called in failure reports. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Network namespace to start in. */
  readonly namespace?: string;
  /** Pipes to have from file descriptor 3 on, beside the three that every process has. */
  readonly morePipes?: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What is kept of a process's output: enough for any wait and for the report of a failure. */
const keptCharacters = 4_000_000;

const running = new Set<RunningProcess>();

/**
 * A child in a process group of its own, so that what it starts itself (npx starts a shell, that starts node) ends
 * with it. Its output is kept and can be waited for.
 */
export class RunningProcess {
  readonly name: string;
  readonly exited: Promise<Exit>;
  #child: ChildProcessWithoutNullStreams;
  #output = '';
  #dropped = 0;
  #exit: Exit | undefined;
  #watchers = new Set<() => void>();

  constructor(options: ProcessOptions) {
    const { command, args } =
      options.namespace === undefined
        ? options
        : {
            command: 'ip',
            args: ['netns', 'exec', options.namespace, options.command, ...options.args],
          };
    this.name = options.name;
    this.#child = spawn(command, args, {
      detached: true,
      stdio: Array.from({ length: 3 + (options.morePipes ?? 0) }, () => 'pipe' as const),
      env: { ...process.env, LC_ALL: 'C', ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    }) as ChildProcessWithoutNullStreams;
    running.add(this);
    this.#child.stdin.on('error', () => {}); // a peer that has gone; its exit is reported
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('latin1');
      stream.on('data', (text: string) => this.#append(text));
    }
    this.exited = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.#append(`\n${error.message}\n`);
        this.#finish({ code: 127, signal: null }, resolve);
      });
      let remainder: NodeJS.Timeout | undefined;
      // What the child started may take a moment longer to end than the child (node under npx).
      this.#child.on('exit', () => {
        remainder = setTimeout(() => this.#signalGroup('SIGKILL'), 8_000);
      });
      this.#child.on('close', (code, signal) => {
        clearTimeout(remainder);
        this.#finish({ code, signal }, resolve);
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** One of `morePipes`. */
  pipe(descriptor: number): Duplex {
    const pipe = this.#child.stdio[descriptor];
    if (pipe === undefined || pipe === null) throw new Error(`${this.name} has no pipe ${descriptor}`);
    return pipe as Duplex;
  }

  get output(): string {
    return this.#output;
  }

  /** Gets every line of the standard output from now on. */
  onLine(listener: (line: string) => void): void {
    createInterface({ input: this.#child.stdout }).on('line', listener);
  }

  /** A position in the output: waits given it look only at what comes later. */
  mark(): number {
    return this.#dropped + this.#output.length;
  }

  write(line: string): void {
    this.writeRaw(`${line}\n`);
  }

  writeRaw(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Resolves with the first match after `from`; fails at the deadline or when the process ends without one. */
  waitFor(pattern: RegExp, withinMs: number, from = 0): Promise<RegExpExecArray> {
    const match = new Promise<RegExpExecArray>((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(this.#output.slice(Math.max(0, from - this.#dropped)));
        if (found === null && this.#exit === undefined) return;
        this.#watchers.delete(look);
        if (found !== null) resolve(found);
        else reject(new Error(`${this.name} ended (${describeExit(this.#exit)}) before it said ${pattern}`));
      };
      this.#watchers.add(look);
      look();
    });
    return within(match, withinMs, `${this.name} says ${pattern}`);
  }

  /** SIGTERM to the group (npx does not pass it on), and after the grace period SIGKILL. */
  async stop(graceMs = 4_000): Promise<Exit> {
    this.#signalGroup('SIGTERM');
    const timer = setTimeout(() => this.#signalGroup('SIGKILL'), graceMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  /** `kill -9` to the whole group. */
  async kill(): Promise<void> {
    this.#signalGroup('SIGKILL');
    await this.exited;
  }

  killNow(): void {
    this.#signalGroup('SIGKILL');
  }

  #signalGroup(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group is empty already.
    }
  }

  #append(text: string): void {
    this.#output += text;
    const excess = this.#output.length - keptCharacters;
    if (excess > keptCharacters / 4) {
      this.#output = this.#output.slice(excess);
      this.#dropped += excess;
    }
    for (const look of [...this.#watchers]) look();
  }

  #finish(exit: Exit, resolve: (exit: Exit) => void): void {
    if (this.#exit !== undefined) return;
    this.#exit = exit;
    running.delete(this);
    for (const look of [...this.#watchers]) look();
    resolve(exit);
  }
}

export function describeExit(exit: Exit | undefined): string {
  if (exit === undefined) return 'still running';
  return exit.signal === null ? `status ${exit.code}` : exit.signal;
}

/** The last resort, also when the runner itself is told to stop. */
export function killAllProcesses(): void {
  for (const child of running) child.killNow();
}

/** Runs a command to its end and returns its output; a failure names the command and carries what it said. */
export async function runCommand(options: ProcessOptions, withinMs = 20_000): Promise<string> {
  const child = new RunningProcess(options);
  try {
    const exit = await within(child.exited, withinMs, `${options.name} ends`);
    if (exit.code !== 0) throw new Error(`${options.name}: ${describeExit(exit)}\n${child.output.trimEnd()}`);
    return child.output;
  } finally {
    child.killNow();
  }
}
