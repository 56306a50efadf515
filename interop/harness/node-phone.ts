import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallDefaults } from '@ringdown/user-agent';
import { eventually, within } from './deadline.ts';
import type { RunningProcess } from './process.ts';
import type { Stage } from './suite.ts';

const program = join(dirname(fileURLToPath(import.meta.url)), 'node-phone-process.ts');

/** As `connect` has them. */
export interface NodePhoneOptions extends CallDefaults {
  readonly account: string;
  readonly password: string;
  /** A SIP URI with its transport. */
  readonly server: string;
  /** Of this machine; all of them without it. */
  readonly address?: string;
}

export interface NodePhoneCall {
  /** What it says, a tone for each channel. */
  readonly tonesHz: readonly number[];
  /** A WAV file for what it hears. */
  readonly record?: string;
}

export interface NodePhoneEvent {
  readonly kind: string;
  readonly [other: string]: unknown;
}

interface Line {
  readonly kind?: string;
  readonly reply?: number;
  readonly value?: unknown;
  readonly error?: string;
}

type Settle = { readonly resolve: (value: unknown) => void; readonly reject: (why: Error) => void };

/** Our phone as a library makes it, in a process of its own: it can hold, resume and press keys when it is told. */
export class NodePhone {
  readonly events: NodePhoneEvent[] = [];
  readonly folder: string;
  readonly #process: RunningProcess;
  readonly #waiting = new Map<number, Settle>();
  #asked = 0;

  private constructor(process: RunningProcess, folder: string) {
    this.#process = process;
    this.folder = folder;
    process.onLine((text) => this.#said(JSON.parse(text) as Line));
    void process.exited.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${process.name} has ended`));
    });
  }

  /** Starts one, and waits until it is registered. */
  static async start(
    stage: Stage,
    name: string,
    options: NodePhoneOptions,
    namespace?: string,
  ): Promise<NodePhone> {
    const folder = join(stage.folder, name);
    mkdirSync(folder, { recursive: true });
    const process_ = stage.start({
      name,
      command: process.execPath,
      cwd: folder,
      args: [program, JSON.stringify(options)],
      ...(namespace === undefined ? {} : { namespace }),
    });
    const phone = new NodePhone(process_, folder);
    stage.evidence(`what ${name} told`, () =>
      phone.events.map((event) => JSON.stringify(event).slice(0, 300)).join('\n'),
    );
    await phone.event('ready', 20_000);
    return phone;
  }

  /** Does one of the methods of ./node-phone-process.ts; what it rejects with fails here. */
  async call<Value = unknown>(method: string, ...values: readonly unknown[]): Promise<Value> {
    this.#asked += 1;
    const id = this.#asked;
    const reply = new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    this.#process.write(JSON.stringify({ id, method, values }));
    return (await within(reply, 40_000, `${this.#process.name} does ${method}`)) as Value;
  }

  /** Answers the next call. A failure is whoever's who awaits this; nobody has to. */
  answers(...values: readonly unknown[]): Promise<unknown> {
    const answered = this.event('rings', 20_000, this.mark()).then(() => this.call('answer', ...values));
    answered.catch(() => {});
    return answered;
  }

  mark(): number {
    return this.events.length;
  }

  /** The first event of a kind behind a mark. */
  event(kind: string, withinMs = 10_000, from = 0): Promise<NodePhoneEvent> {
    return eventually(
      () => this.events.slice(from).find((event) => event.kind === kind),
      withinMs,
      `${this.#process.name} tells ${kind}`,
    );
  }

  /** Waits until sound is heard on each channel, or silence. */
  async hears(what: 'sound' | 'silence'): Promise<void> {
    const isSo = async (): Promise<true | undefined> => {
      const levels = await this.call<readonly (number | null)[]>('levels');
      const are = levels.map((level) => (level !== null && level > -40 ? 'sound' : 'silence'));
      return are.length > 0 && are.every((one) => one === what) ? true : undefined;
    };
    await eventually(isSo, 20_000, `${this.#process.name} hears ${what}`);
  }

  #said({ reply, value, error, kind, ...rest }: Line): void {
    if (kind !== undefined) this.events.push({ kind, ...rest });
    const waiting = this.#waiting.get(reply ?? -1);
    if (waiting === undefined) return;
    this.#waiting.delete(reply ?? -1);
    if (error === undefined) waiting.resolve(value);
    else waiting.reject(new Error(error));
  }
}
