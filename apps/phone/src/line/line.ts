import type { NodeSound } from '@ringdown/media';
import {
  type CallEnd,
  type Cause,
  type Phone,
  type PhoneCall,
  PhoneError,
  type PhoneEvent,
} from '@ringdown/user-agent';
import { findAccount } from '../account/account-source.ts';
import { holdDevice } from '../account/device.ts';
import { keepAccount } from '../account/kept-account.ts';
import { domainOf } from '../account/phone-account.ts';
import { deferred } from '../deferred.ts';
import { jsonReport, linesReport, type Report } from '../events/report.ts';
import { jsonCause, translate } from '../events/translation.ts';
import { failure, failureOf, Refusal } from '../refusal.ts';
import type { LineRequest, World } from '../world.ts';
import { type LineOptions, lineRequest } from './line-options.ts';
import { networkAwaited } from './network.ts';

/** A registered phone, and what a command needs besides. */
export interface Line {
  readonly phone: Phone<NodeSound>;
  readonly tell: Report;
  /** Gets every event of the phone from now on, after it was told. @returns lets go */
  listen(listener: (event: PhoneEvent) => void): () => void;
  /** The call is over for us, though the phone still waits for an answer to its goodbye: nothing more is told of it. */
  giveUp(call: PhoneCall, end: CallEnd): void;
  /** Rejects when the registration is lost for good, never resolves. */
  readonly lost: Promise<never>;
}

/** What a command is there for. */
export interface Errand {
  /** Whether calls of others ring. Where nobody answers them they do not. */
  readonly takesCalls?: boolean;
  /** Whether the messages of the first REGISTER are wanted: to look on all the time has its price. */
  readonly hasLadder?: boolean;
}

/** After this a person wants to know what is waited for. A datagram that nobody takes is answered by nothing. */
const PATIENT_MS = 5_000;
/** How long a farewell may take that nobody answers. */
const CLOSE_WITHIN_MS = 3_000;

/**
 * Registers a phone, lets a command use it, and gives everything back: calls are hung up, the registration is taken back.
 * Where the command is interrupted before there is a phone, `use` is never run.
 *
 * @throws Refusal where the account or this machine cannot be used, or whatever `use` throws
 */
export const withLine = (
  options: LineOptions & Errand,
  world: World,
  use: (line: Line) => Promise<void>,
): Promise<void> =>
  withPhone(options, world, async (phone, tell) => {
    const { line, heard } = lineOf(phone, tell, options.verbose === true);
    try {
      await Promise.race([use(line), failing(heard)]);
    } finally {
      // What the farewell brings is told, too: the end of calls.
      if (await left(phone.close(), world)) await heard;
    }
  });

/**
 * The same for a command that hears the phone's events by itself, and closes it.
 *
 * @throws Refusal where the account or this machine cannot be used, or whatever `use` throws
 */
export const withPhone = async (
  options: LineOptions & Errand,
  world: World,
  use: (phone: Phone<NodeSound>, tell: Report, earlier: readonly PhoneEvent[]) => Promise<void>,
): Promise<void> => {
  const account = await findAccount(options, world.terminal, world.environment);
  const device = holdDevice(options.home);
  try {
    const { takesCalls = true } = options;
    const request = { ...lineRequest(account, options, device?.folder), ...(!takesCalls && { takesCalls }) };
    const tell = reportOf(options, world);
    const told = options.verbose === true ? translate(account.address, true, tell) : () => {};
    const beginning = beginningOf(told);
    const isObserved = options.verbose === true || options.hasLadder === true;
    const observed = { ...request, ...(isObserved && { observe: beginning.observe }) };
    if (takesCalls && !(await networkAwaited(observed, tell, world)))
      throw interruptedAs(account.address, 'there was a network');
    const phone = await register(observed, { tell, isJson: options.json === true }, world);
    beginning.end();
    tell({ event: 'registered', address: phone.address });
    if (options.save === true)
      world.terminal.note(`the account is kept in ${keepAccount(options.home, account)}`);
    await use(phone, tell, beginning.events);
  } finally {
    device?.release();
  }
};

/** The messages that go and come before there is a phone whose events can be read: the first REGISTER, and its answers. */
const beginningOf = (told: Observer) => {
  const events: PhoneEvent[] = [];
  let isOver = false;
  return {
    events,
    observe: (event: PhoneEvent): void => {
      if (isOver || (event.kind !== 'signalling' && event.kind !== 'dropped')) return;
      if (events.push(event) > MOST_EARLIER) events.shift();
      told(event);
    },
    end: (): void => {
      isOver = true;
    },
  };
};

type Observer = (event: PhoneEvent) => void;

/** A server that asks again and again before it lets us in. */
const MOST_EARLIER = 100;

/** What the command tells by: lines for people, or JSON. */
const reportOf = ({ json = false }: LineOptions, world: World): Report =>
  json ? jsonReport(world.terminal, () => world.now()) : linesReport(world.terminal);

const register = async (
  request: LineRequest,
  { tell, isJson }: { readonly tell: Report; readonly isJson: boolean },
  world: World,
): Promise<Phone<NodeSound>> => {
  const address = request.account;
  tell({ event: 'registering', address, server: request.server ?? null });
  const connecting = world.connect(request);
  const place = request.server ?? `the server of ${domainOf(address)}`;
  const cancelNote = world.after(PATIENT_MS, () =>
    world.terminal.note(
      `no answer yet from ${place}: look whether it runs there and speaks that transport; half a minute is waited`,
    ),
  );
  try {
    const phone = await Promise.race([connecting, interruption(world.interrupted)]);
    if (phone !== undefined) return phone;
  } catch (error) {
    if (!(error instanceof PhoneError)) throw failureOf(`${address} is not registered`, error);
    const { cause } = error;
    // People read it once, in the sentence that ends the command.
    if (isJson) tell({ event: 'unregistered', address, retrying: false, cause: jsonCause(cause) });
    throw failure(`${address} is not registered`, { what: cause.what, next: remedyOf(cause, request) });
  } finally {
    cancelNote();
  }
  const closing = connecting.then(
    (phone) => phone.close(),
    () => {},
  );
  await left(closing, world);
  throw interruptedAs(address, 'the server answered');
};

const interruptedAs = (address: string, before: string): Refusal =>
  new Refusal(`${address} is not registered: it was interrupted before ${before}; run it again`);

/** What can be done about it on the command line, where that is more than anybody could do. */
const remedyOf = ({ status, what, next }: Cause, { server }: LineRequest): string => {
  if (status !== undefined) return next;
  if (/certificate/.test(what)) return 'Give the authority that signed it with --tls-ca FILE.';
  return server === undefined ? 'Name the server with --server HOST[:PORT], or check the domain.' : next;
};

/** Resolves when the command is interrupted. */
export const interruption = (interrupted: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (interrupted.aborted) resolve(undefined);
    else interrupted.addEventListener('abort', () => resolve(undefined), { once: true });
  });

/** The phone with those who listen to it. `heard` ends with its events. */
const lineOf = (
  phone: Phone<NodeSound>,
  tell: Report,
  isVerbose: boolean,
): { readonly line: Line; readonly heard: Promise<void> } => {
  const listeners = new Set<(event: PhoneEvent) => void>();
  const lost = deferred<never>();
  const translated = translate(phone.address, isVerbose, tell);
  const givenUp = new WeakSet<PhoneCall>();
  const told = (event: PhoneEvent): void => {
    if (!('call' in event) || !givenUp.has(event.call)) translated(event);
  };
  const giveUp = (call: PhoneCall, end: CallEnd): void => {
    told({ kind: 'ended', call, end });
    givenUp.add(call);
  };
  const hear = async (events: AsyncIterable<PhoneEvent>): Promise<void> => {
    for await (const event of events) {
      told(event);
      for (const listener of [...listeners]) listener(event);
      if (event.kind === 'registration' && event.state === 'refused')
        lost.reject(failure(`${phone.address} is not registered any more`, event.cause ?? REFUSED));
    }
  };
  const listen = (listener: (event: PhoneEvent) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return { line: { phone, tell, listen, giveUp, lost: lost.promise }, heard: hear(phone.events()) };
};

const REFUSED = { what: 'The server refused it.', next: 'Ask its operator.' } as const;

/** Rejects when a promise does; never resolves. */
const failing = (promise: Promise<void>): Promise<never> =>
  new Promise((_, reject) => void promise.catch(reject));

/** Waits for a farewell, but not for a server that does not answer. @returns whether it was made in time */
const left = async (closing: Promise<void>, world: World): Promise<boolean> => {
  const late = deferred<false>();
  const cancel = world.after(CLOSE_WITHIN_MS, () => late.resolve(false));
  closing.catch(() => {});
  const isInTime = await Promise.race([closing.then(() => true), late.promise]);
  cancel();
  if (!isInTime) world.abandon();
  return isInTime;
};
