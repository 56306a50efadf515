import { setTimeout as pause } from 'node:timers/promises';
import { FakePhone } from '../../testing/fake-phone.ts';
import { runScreen } from '../run-screen.ts';
import type { ScreenOptions } from '../screen-options.ts';
import type { Contact } from '../state/contact.ts';
import { ScreenTerminal } from './screen-terminal.ts';

export const ESCAPE = '\u001b';
export const UP = '\u001b[A';
export const DOWN = '\u001b[B';
export const ENTER = '\r';
export const CTRL_C = '\u0003';

const known: readonly Contact[] = [
  { name: 'Alice', address: 'alice@radio.example' },
  { name: 'Bob', address: 'sip:bob@radio.example' },
];

/** The screen on a terminal in memory with a phone that a test plays. */
export class ScreenWorld {
  readonly terminal: ScreenTerminal;
  readonly phone = new FakePhone();
  readonly saved: (readonly Contact[])[] = [];
  readonly status: Promise<number>;
  #failure: unknown;

  constructor(options: Partial<ScreenOptions> & { readonly columns?: number; readonly rows?: number } = {}) {
    const { columns = 80, rows = 24, ...rest } = options;
    this.terminal = new ScreenTerminal(columns, rows);
    // What follows is for the test to say.
    this.phone.onAnswer = () => {};
    this.phone.onTransfer = () => {};
    this.status = runScreen({
      phone: this.phone,
      contacts: {
        load: async () => known,
        save: async (contacts) => {
          this.saved.push(contacts);
        },
      },
      device: { tool: 'pw-cat (PipeWire)' },
      stdin: this.terminal.stdin,
      stdout: this.terminal.stdout,
      now: Date.now,
      surroundings: { LANG: 'C.UTF-8', TERM: 'xterm-256color' },
      ...rest,
    });
    this.status.catch((why) => {
      this.#failure = why;
    });
  }

  /** Waits until the screen reads so. */
  async shows(wanted: string | RegExp): Promise<void> {
    await this.until(
      () =>
        typeof wanted === 'string' ? this.terminal.text.includes(wanted) : wanted.test(this.terminal.text),
      () => `The screen does not show ${wanted}:\n${this.terminal.text}`,
    );
  }

  async hides(unwanted: string): Promise<void> {
    await this.until(
      () => !this.terminal.text.includes(unwanted),
      () => `The screen still shows ${unwanted}:\n${this.terminal.text}`,
    );
  }

  /** Waits until the phone was asked for this. */
  async asks(wanted: string): Promise<void> {
    await this.until(
      () => this.phone.asked.includes(wanted),
      () => `The phone was not asked for “${wanted}”, but for ${this.phone.asked.join(', ')}`,
    );
  }

  async until(isSo: () => boolean, complaint: () => string): Promise<void> {
    for (const end = Date.now() + 10_000; !isSo(); await pause(5)) {
      if (this.#failure !== undefined) throw this.#failure;
      if (Date.now() > end) throw new Error(complaint());
    }
  }

  /** Presses keys, and shows that the screen is at rest afterwards: what is pressed next finds what these did. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.terminal.press(key);
      // A lone escape may be the beginning of a sequence: ink waits before it says which.
      await pause(key === ESCAPE ? 60 : 5);
    }
  }
}
