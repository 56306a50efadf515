import type { Phone } from '@ringdown/user-agent';
import { type Instance, render } from 'ink';
import { createElement, type ReactNode } from 'react';
import { type Deferred, deferred } from '../deferred.ts';
import { onConsole } from './console-notes.ts';
import { SIGN_OFF_MS, within } from './patience.ts';
import { type PhoneDesk, phoneDesk } from './phone-desk.ts';
import { beginPulse, type Pulse } from './pulse.ts';
import { ScreenApp } from './screen-app.ts';
import type { ScreenOptions } from './screen-options.ts';
import { ScreenStore } from './screen-store.ts';
import { sampleOf } from './state/call-line.ts';
import { isLively } from './state/reduce.ts';
import type { ScreenEffect } from './state/screen-effect.ts';
import type { ScreenEvent } from './state/screen-event.ts';
import { initialState } from './state/screen-state.ts';
import { hasColours, isUnicode, type Surroundings } from './surroundings.ts';
import { onSignals } from './terminal-signals.ts';
import { glyphsFor } from './views/glyphs.ts';

/** So long it is waited until the other sides know that we hung up. */
const HANG_UP_MS = 3000;
/** What a program ends with that was interrupted. */
const INTERRUPTED = 130;

export type DrawOptions<Sound> = ScreenOptions<Sound> & { readonly surroundings: Surroundings };

/** Draws the phone on a terminal until it is over. @returns the exit status */
export const drawScreen = <Sound>(options: DrawOptions<Sound>): Promise<number> =>
  new Drawing(options).untilOver();

/** One run of the screen: what it holds of the terminal and of the process is given back at its end. */
class Drawing<Sound> {
  readonly #options: DrawOptions<Sound>;
  readonly #store: ScreenStore;
  readonly #desk: PhoneDesk;
  readonly #app: ReactNode;
  readonly #screen: Instance;
  readonly #pulse: Pulse;
  readonly #over: Deferred<number> = deferred();
  readonly #endings: (() => void)[];
  #status = 0;

  constructor(options: DrawOptions<Sound>) {
    const { phone, contacts, callOptions = () => ({}), stdin, stdout, now, surroundings } = options;
    const dispatch = (event: ScreenEvent): void => this.#store.dispatch(event);
    this.#options = options;
    this.#store = new ScreenStore(firstState(options), glyphsFor(isUnicode(surroundings, process.platform)), {
      now,
      carryOut: (effect) => this.#carryOut(effect),
    });
    this.#desk = phoneDesk({ phone, contacts, callOptions, tell: dispatch });
    this.#app = createElement(ScreenApp, {
      store: this.#store,
      hasColours: hasColours(surroundings),
      pressed: (key) => dispatch({ kind: 'key', key }),
    });
    this.#screen = render(this.#app, {
      stdin,
      stdout,
      exitOnCtrlC: false,
      patchConsole: false,
      alternateScreen: true,
      incrementalRendering: true,
      interactive: true,
      maxFps: 30,
    });
    this.#pulse = beginPulse(
      () => isLively(this.#store.state),
      now,
      () => this.#beat(),
    );
    this.#endings = [() => this.#pulse.stop(), () => this.#desk.close(), ...this.#listen()];
  }

  async untilOver(): Promise<number> {
    this.#hear().catch(this.#over.reject);
    void this.#loadContacts();
    this.#store.dispatch({ kind: 'begun' });
    try {
      return await Promise.race([this.#over.promise, this.#screen.waitUntilExit().then(() => this.#status)]);
    } finally {
      this.#screen.unmount();
      await this.#screen.waitUntilExit().catch(() => {});
      for (const end of this.#endings) end();
    }
  }

  /** Follows what the terminal and the system say. @returns what ends that */
  #listen(): readonly (() => void)[] {
    const { stdin, stdout } = this.#options;
    const resized = (): void => {
      this.#store.dispatch({ kind: 'resized', ...sizeOf(stdout) });
      this.#redraw();
    };
    const lost = (): void => this.#lost();
    stdout.on('resize', resized);
    stdout.on('error', lost);
    stdin.on('end', lost);
    return [
      onSignals(
        (status) => {
          this.#status = status;
          this.#store.dispatch({ kind: 'end' });
        },
        () => this.#screen.unmount(),
      ),
      onConsole((text) => this.#store.dispatch({ kind: 'told', tone: 'plain', text })),
      () => {
        stdout.off('resize', resized);
        stdout.off('error', lost);
        stdin.off('end', lost);
      },
    ];
  }

  /** What the phone tells, until it is closed. */
  async #hear(): Promise<void> {
    for (const event of this.#options.earlier ?? []) this.#store.dispatch({ kind: 'phone', event });
    for await (const event of this.#options.phone.events()) {
      this.#desk.heard(event);
      this.#store.dispatch({ kind: 'phone', event });
      this.#pulse.hurry();
    }
    this.#lost();
  }

  async #loadContacts(): Promise<void> {
    try {
      this.#store.dispatch({ kind: 'contacts', contacts: await this.#options.contacts.load() });
    } catch (why) {
      const text = why instanceof Error ? why.message : String(why);
      this.#store.dispatch({ kind: 'told', tone: 'bad', text });
    }
  }

  #beat(): void {
    const withPairs = this.#store.state.view === 'pairs';
    const calls = [...this.#desk.calls].map((call) => ({
      sample: sampleOf(call),
      levels: call.levels(),
      pairs: withPairs ? call.pairs() : undefined,
    }));
    this.#store.dispatch({ kind: 'tick', calls });
  }

  /** The terminal or the phone is gone. */
  #lost(): void {
    if (!this.#store.state.isEnding) this.#store.dispatch({ kind: 'end' });
  }

  #redraw(): void {
    this.#screen.clear();
    this.#options.stdout.write('\u001b[2J\u001b[H');
    this.#screen.rerender(this.#app);
  }

  #carryOut(effect: ScreenEffect): void {
    switch (effect.kind) {
      case 'bell':
        this.#options.stdout.write('\u0007');
        break;
      case 'redraw':
        this.#redraw();
        break;
      case 'quit':
        signOff(this.#options.phone, this.#desk).then(
          () => this.#over.resolve(this.#status),
          this.#over.reject,
        );
        break;
      case 'quit at once':
        this.#over.resolve(this.#status === 0 ? INTERRUPTED : this.#status);
        break;
      default:
        this.#desk.carryOut(effect);
    }
  }
}

const firstState = <Sound>({ phone, device, stdout, now }: ScreenOptions<Sound>) =>
  initialState({
    ...sizeOf(stdout),
    at: now(),
    address: phone.address,
    device,
    registration: phone.registration,
  });

/** A terminal that does not say how large it is gets the size that all once had. */
const sizeOf = ({ columns, rows }: NodeJS.WriteStream): { columns: number; rows: number } => ({
  columns: columns || 80,
  rows: rows || 24,
});

const signOff = async <Sound>(phone: Phone<Sound>, { calls }: PhoneDesk): Promise<void> => {
  const ending = [...calls].map((call) => {
    call.hangUp();
    return call.ended;
  });
  await within(HANG_UP_MS, Promise.all(ending));
  await within(SIGN_OFF_MS, phone.close());
};
