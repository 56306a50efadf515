import type { CallOptions, Phone } from '@ringdown/user-agent';
import { render } from 'ink';
import { createElement } from 'react';
import { type PhoneDesk, phoneDesk } from './phone-desk.ts';
import { promised } from './promised.ts';
import { beginPulse } from './pulse.ts';
import { ScreenApp } from './screen-app.ts';
import { ScreenStore } from './screen-store.ts';
import { sampleOf } from './state/call-line.ts';
import type { ContactBook } from './state/contact.ts';
import { isLively } from './state/reduce.ts';
import type { ScreenEffect } from './state/screen-effect.ts';
import { initialState, type SoundDevice } from './state/screen-state.ts';
import { canDraw, hasColours, isUnicode, type Surroundings } from './surroundings.ts';
import { onSignals } from './terminal-signals.ts';
import { glyphsFor } from './views/glyphs.ts';

/** What the full-screen phone stands on. */
export interface ScreenOptions<Sound = unknown> {
  /** Registered, or about to be. The screen closes it at the end. */
  readonly phone: Phone<Sound>;
  readonly contacts: ContactBook;
  /** Through what sound comes and goes; or why it does not, and what to install: whole sentences. */
  readonly device: SoundDevice;
  /** Asked for each call that is made or answered. Default: calls without sound. */
  readonly callOptions?: () => CallOptions<Sound>;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Where it is said why there is no screen. Default: the process's. */
  readonly stderr?: NodeJS.WritableStream;
  /** Wall time in milliseconds. */
  readonly now: () => number;
  /** Variables of the process. Default: its own. */
  readonly surroundings?: Surroundings;
}

/** So long it is waited until the other sides know that we hung up, and then the server that we are gone. */
const HANG_UP_MS = 3000;
const SIGN_OFF_MS = 5000;
/** What a program ends with that was interrupted. */
const INTERRUPTED = 130;

/**
 * The phone on the whole terminal, until its user quits. The terminal is what it was before, however it ends.
 *
 * @returns the exit status: 0; 1 where there is no terminal; 128 and its number after a signal
 */
export const runScreen = async <Sound>(options: ScreenOptions<Sound>): Promise<number> => {
  const { phone, stdin, stdout, stderr = process.stderr, surroundings = process.env } = options;
  if (stdin.isTTY === true && stdout.isTTY === true && canDraw(surroundings)) return drawScreen(options);
  stderr.write(
    'The full-screen phone needs a terminal to draw on and to read keys from: start it in one, or use `ringdown call` in scripts.\n',
  );
  await within(SIGN_OFF_MS, phone.close());
  return 1;
};

const drawScreen = async <Sound>(options: ScreenOptions<Sound>): Promise<number> => {
  const { phone, stdin, stdout, now, surroundings = process.env } = options;
  const over = promised<number>();
  const glyphs = glyphsFor(isUnicode(surroundings, process.platform));
  let status = 0;

  const store = new ScreenStore(firstState(options), glyphs, { now, carryOut });
  const desk = phoneDesk({
    phone,
    contacts: options.contacts,
    callOptions: options.callOptions ?? (() => ({})),
    tell: (event) => store.dispatch(event),
  });
  const app = createElement(ScreenApp, {
    store,
    hasColours: hasColours(surroundings),
    pressed: (key) => store.dispatch({ kind: 'key', key }),
  });
  const screen = render(app, {
    stdin,
    stdout,
    exitOnCtrlC: false,
    alternateScreen: true,
    incrementalRendering: true,
    interactive: true,
    maxFps: 30,
  });
  const pulse = beginPulse(
    () => isLively(store.state),
    now,
    () => store.dispatch({ kind: 'tick', calls: heardOf(desk, store.state.view === 'pairs') }),
  );
  const resized = (): void => {
    store.dispatch({ kind: 'resized', ...sizeOf(stdout) });
    redraw();
  };
  const leaveSignals = onSignals(
    (signal) => {
      status = signal;
      store.dispatch({ kind: 'end' });
    },
    () => screen.unmount(),
  );
  stdout.on('resize', resized);
  stdout.on('error', lost);
  stdin.on('end', lost);

  /** The terminal is gone: nobody sees anything any more. */
  function lost(): void {
    if (!store.state.isEnding) store.dispatch({ kind: 'end' });
  }
  function redraw(): void {
    screen.clear();
    stdout.write('\u001b[2J\u001b[H');
    screen.rerender(app);
  }
  function carryOut(effect: ScreenEffect): void {
    switch (effect.kind) {
      case 'bell':
        stdout.write('\u0007');
        break;
      case 'redraw':
        redraw();
        break;
      case 'quit':
        signOff(phone, desk).then(() => over.resolve(status), over.reject);
        break;
      case 'quit at once':
        over.resolve(status === 0 ? INTERRUPTED : status);
        break;
      default:
        desk.carryOut(effect);
    }
  }

  const listening = listen();
  async function listen(): Promise<void> {
    for await (const event of phone.events()) {
      desk.heard(event);
      store.dispatch({ kind: 'phone', event });
      pulse.hurry();
    }
    lost();
  }
  listening.catch(over.reject);
  options.contacts.load().then(
    (contacts) => store.dispatch({ kind: 'contacts', contacts }),
    (why) =>
      store.dispatch({ kind: 'told', tone: 'bad', text: String(why instanceof Error ? why.message : why) }),
  );
  store.dispatch({ kind: 'begun' });
  try {
    return await Promise.race([over.promise, screen.waitUntilExit().then(() => status)]);
  } finally {
    pulse.stop();
    desk.close();
    stdout.off('resize', resized);
    stdin.off('end', lost);
    screen.unmount();
    await screen.waitUntilExit().catch(() => {});
    stdout.off('error', lost);
    leaveSignals();
  }
};

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

const heardOf = ({ calls }: PhoneDesk, withPairs: boolean) =>
  [...calls].map((call) => ({
    sample: sampleOf(call),
    levels: call.levels(),
    pairs: withPairs ? call.pairs() : undefined,
  }));

const signOff = async <Sound>(phone: Phone<Sound>, { calls }: PhoneDesk): Promise<void> => {
  const ending = [...calls].map((call) => {
    call.hangUp();
    return call.ended;
  });
  await within(HANG_UP_MS, Promise.all(ending));
  await within(SIGN_OFF_MS, phone.close());
};

/** Waits for something, but not for ever. */
const within = async (ms: number, wanted: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([wanted, patience]).finally(() => clearTimeout(timer));
};
