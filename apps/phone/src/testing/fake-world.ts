import { readFileSync } from 'node:fs';
import { type NodeSound, type SoundFormat, type SoundSink, silenceSource, toneSource } from '@ringdown/media';
import type { Phone } from '@ringdown/user-agent';
import type { Sounds } from '../sound/sounds.ts';
import type { PhoneTerminal } from '../terminal.ts';
import type { LineRequest, World } from '../world.ts';
import { FakePhone } from './fake-phone.ts';

/** A terminal that keeps what it is told. */
export class FakeTerminal implements PhoneTerminal {
  isInteractive = false;
  readonly printed: string[] = [];
  readonly notes: string[] = [];
  readonly shown: string[] = [];
  input = '';
  readonly questions: string[] = [];
  /** What the person says, one after the other; who says nothing waits for ever. */
  readonly said: string[] = [];

  print(text: string): void {
    this.printed.push(text);
  }

  note(text: string): void {
    this.notes.push(text);
  }

  show(text: string): void {
    this.shown.push(text);
  }

  async readInput(): Promise<string> {
    return this.input;
  }

  ask(question: string, signal: AbortSignal): Promise<string | undefined> {
    this.questions.push(question);
    const said = this.said.shift();
    if (said !== undefined) return Promise.resolve(said);
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
  }
}

/** A world whose clock, network and person the test is. */
export class FakeWorld implements World {
  readonly terminal: FakeTerminal = new FakeTerminal();
  readonly environment: Record<string, string> = {};
  readonly phone: FakePhone = new FakePhone();
  readonly requests: LineRequest[] = [];
  /** How the server takes us; a test replaces it. */
  answer: () => Promise<Phone<NodeSound>> = async () => this.phone;
  /** What was recorded, by file. */
  readonly recordings: Map<string, { readonly format: SoundFormat; isClosed: boolean }> = new Map();
  /** Why a recording is not whole. */
  recordingFault: Error | undefined = undefined;
  isAbandoned = false;
  isOnline = true;
  readonly #interruption = new AbortController();
  readonly #timers = new Map<() => void, number>();

  readonly sounds: Sounds = {
    wav: (file) => {
      const isEmpty = readFileSync(file, 'utf8') === 'no samples';
      if (isEmpty) return { ...silenceSource({ sampleRateHz: 48_000, channels: 1 }), ended: true };
      return toneSource({ frequenciesHz: [440], levelDbfs: -20, sampleRateHz: 48_000 });
    },
    tone: (frequenciesHz) => toneSource({ frequenciesHz, levelDbfs: -20, sampleRateHz: 48_000 }),
    wavSink: (file, format) => this.#sink(file, format),
    openDevices: async () => ({
      through: 'Test Audio, by test-cat',
      microphone: silenceSource({ sampleRateHz: 48_000, channels: 1 }),
      loudspeaker: this.#sink('loudspeaker', { sampleRateHz: 48_000, channels: 2 }),
      close: async () => {},
    }),
  };

  get interrupted(): AbortSignal {
    return this.#interruption.signal;
  }

  interrupt(): void {
    this.#interruption.abort();
  }

  connect(request: LineRequest): Promise<Phone<NodeSound>> {
    this.requests.push(request);
    return this.answer();
  }

  hasNetwork(): boolean {
    return this.isOnline;
  }

  now(): Date {
    return new Date('2026-01-02T03:04:05.678Z');
  }

  after(milliseconds: number, due: () => void): () => void {
    this.#timers.set(due, milliseconds);
    return () => void this.#timers.delete(due);
  }

  /** How long is waited for what. */
  get waits(): readonly number[] {
    return [...this.#timers.values()];
  }

  /** Lets every timer of so many milliseconds, or fewer, fire. */
  pass(milliseconds: number): void {
    for (const [due, wait] of [...this.#timers]) {
      if (wait > milliseconds) continue;
      this.#timers.delete(due);
      due();
    }
  }

  abandon(): void {
    this.isAbandoned = true;
  }

  /** What was printed as JSON. */
  get events(): readonly Record<string, unknown>[] {
    return this.terminal.printed.map((line) => JSON.parse(line));
  }

  /** Resolves when `isSo`; what is awaited happens in microtasks. */
  async until(isSo: () => boolean): Promise<void> {
    for (let turn = 0; turn < 1_000; turn++) {
      if (isSo()) return;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    throw new Error('what is waited for did not come about');
  }

  #sink(file: string, format: SoundFormat): SoundSink {
    const recording = { format, isClosed: false };
    this.recordings.set(file, recording);
    return {
      format,
      write: () => {},
      close: async () => {
        recording.isClosed = true;
        if (this.recordingFault !== undefined) throw this.recordingFault;
      },
    };
  }
}
