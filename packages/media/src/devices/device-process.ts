import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { DeviceCommand } from './device-tool.ts';

/** What a program complains of: its last words are the reason. */
const MOST_COMPLAINT = 2_000;
/** Who does not end when asked to is ended. */
const PATIENCE_MS = 1_000;
const LAST_WORDS_MS = 300;

/** Where a program lies, by the folders of a PATH. */
export const programPath = (program: string, path: string): string | undefined =>
  path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find(isExecutable);

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

/** A program that carries sound, for as long as it lives. */
export class DeviceProcess {
  readonly program: string;
  readonly #child: ChildProcessWithoutNullStreams;
  #complaint = '';
  #why: string | undefined = undefined;
  #isEnding = false;
  /** Resolves with the reason when it has ended, by itself or not. */
  readonly ended: Promise<string>;

  constructor(file: string, command: DeviceCommand) {
    this.program = command.program;
    this.#child = spawn(file, command.options, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.on('data', (bytes: Buffer) => {
      this.#complaint = (this.#complaint + bytes.toString('utf8')).slice(-MOST_COMPLAINT);
    });
    // A pipe that breaks says nothing that the end of the program does not say better.
    for (const pipe of [this.#child.stdin, this.#child.stdout, this.#child.stderr])
      pipe.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (cause) => resolve(this.#over(cause.message)));
      this.#child.on('close', (code, signal) => resolve(this.#over(this.#reason(code, signal))));
      // Its last words come with `close`, which waits for ever where a child of its own keeps a pipe open.
      this.#child.on('exit', (code, signal) => {
        setTimeout(() => resolve(this.#over(this.#reason(code, signal))), LAST_WORDS_MS).unref();
      });
    });
  }

  /** Why it has ended; undefined while it lives. */
  get why(): string | undefined {
    return this.#why;
  }

  /** Whether it was asked to end. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Bytes that it was given and has not taken from us yet. */
  get waitingBytes(): number {
    return this.#child.stdin.writableLength;
  }

  heard(listener: (bytes: Uint8Array) => void): void {
    this.#child.stdout.on('data', listener);
  }

  give(bytes: Uint8Array): void {
    if (this.#why === undefined && this.#child.stdin.writable) this.#child.stdin.write(bytes);
  }

  /** It plays what it has been given and ends; it is ended where that takes longer than `withinMs`. */
  async finish(withinMs: number): Promise<void> {
    this.#isEnding = true;
    this.#child.stdin.end();
    const timer = setTimeout(() => this.end(), withinMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** Resolves when it is gone. */
  async end(): Promise<void> {
    this.#isEnding = true;
    if (this.#why === undefined) {
      this.#child.kill('SIGTERM');
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
      await this.ended;
      clearTimeout(timer);
    }
  }

  #over(why: string): string {
    this.#why ??= why;
    return this.#why;
  }

  #reason(code: number | null, signal: NodeJS.Signals | null): string {
    const words = this.#complaint
      .trim()
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-3)
      .join('; ');
    if (words !== '') return words;
    return signal === null ? `it ended with code ${code} and said nothing` : `it was ended by ${signal}`;
  }
}
