import type { CallEnd, Cause, PhoneCall, PhoneEvent } from '@ringdown/user-agent';
import { deferred } from '../deferred.ts';
import { hasKeys } from '../events/translation.ts';
import { failure, failureOf, Refusal } from '../refusal.ts';
import type { CallSound } from '../sound/sound-plan.ts';
import type { World } from '../world.ts';
import type { Conduct, Keys } from './conduct.ts';
import type { Line } from './line.ts';
import { reductionOf, type WantedSound } from './reduction.ts';

/** How a call went, for whoever has to answer for it. */
export interface Outcome {
  /** The call that was spoken last: another one where the peer handed us over. */
  readonly call: PhoneCall;
  readonly end: CallEnd;
  /** Whether the command hung up because all was done, or because it was told to. */
  readonly isMeant: boolean;
}

export interface Conversation extends Conduct {
  readonly sound: CallSound;
  /** What calls are made for, where that was said. */
  readonly profile?: WantedSound['profile'];
  /** Whether the call is over when all was played. */
  readonly endsWhenPlayed: boolean;
}

/** How long the other side has to hear that we hung up. */
const FAREWELL_MS = 4_000;
/** What was played last waits in the other side's buffer, which may be thrown away when we hang up: silence follows so long. */
const LAST_WORDS_MS = 600;
const UNHEARD: Cause = {
  what: `We hung up, and nobody has answered that within ${FAREWELL_MS / 1000} seconds.`,
  next: 'Look whether the server is there, and the network.',
};
/** How long keys wait for a way to go, before they go by signalling. */
const WAY_WITHIN_MS = 3_000;

/**
 * Follows a call to its end, by way of those whom the peer hands us over to: keys are pressed, and it is hung up when all was
 * played, when its time is up, or when the command is interrupted. The recording is whole when this resolves.
 *
 * @throws Refusal where the recording is not
 */
export const converse = async (
  first: PhoneCall,
  conversation: Conversation,
  line: Line,
  world: World,
): Promise<Outcome> => {
  let call = first;
  let isMeant = false;
  const cancels: (() => void)[] = [];
  const gone = deferred<CallEnd>();
  const hangUp = (): void => {
    isMeant = true;
    const { durationMs } = call;
    call.hangUp();
    // Who has vanished will not say goodbye; the phone goes on trying for half a minute.
    cancels.push(
      world.after(FAREWELL_MS, () => {
        const end = { by: 'us', cause: UNHEARD, durationMs } as const;
        line.giveUp(call, end);
        gone.resolve(end);
      }),
    );
  };
  const { durationMs, digits, endsWhenPlayed, sound, profile } = conversation;
  let toldLess = '';
  const tellLess = (): void => {
    const { media } = call;
    const less =
      media && hasWay(call)
        ? reductionOf({ media, direction: call.direction }, { profile, played: sound.played })
        : undefined;
    if (less !== undefined && less.what !== toldLess) line.tell({ event: 'reduced', call: call.id, ...less });
    toldLess = less?.what ?? toldLess;
  };
  const answered = (): void => {
    if (durationMs !== undefined) cancels.push(world.after(durationMs, hangUp));
    if (digits.length > 0) cancels.push(pressWhenThereIsAWay(call, digits, line, world));
  };
  const hear = (event: PhoneEvent): void => {
    if (event.kind === 'transferred' && event.call === call) call = event.to;
    if ((event.kind === 'path' || event.kind === 'media') && event.call === call) tellLess();
    if (event.kind === 'played' && event.call === call && endsWhenPlayed && durationMs === undefined)
      cancels.push(world.after(LAST_WORDS_MS + (call.media?.duplicateMs ?? 0), hangUp));
  };
  cancels.push(line.listen(hear));
  world.interrupted.addEventListener('abort', hangUp, { once: true });
  first.answered.then(answered, () => {});
  if (world.interrupted.aborted) hangUp();
  try {
    let end = await Promise.race([call.ended, gone.promise]);
    // Whoever was handed over speaks on in another call.
    for (let over = first; over !== call; ) {
      over = call;
      end = await Promise.race([call.ended, gone.promise]);
    }
    const file = await sound.recorded();
    if (file !== undefined) line.tell({ event: 'recorded', call: first.id, file });
    return { call, end, isMeant };
  } finally {
    world.interrupted.removeEventListener('abort', hangUp);
    for (const cancel of cancels) cancel();
    sound.close();
  }
};

/** Presses keys as soon as sound has a way: telephone-events go with it. */
const pressWhenThereIsAWay = (
  call: PhoneCall,
  digits: readonly Keys[],
  line: Line,
  world: World,
): (() => void) => {
  let isBegun = false;
  let cancelNext = (): void => {};
  const press = ([next, ...others]: readonly Keys[]): void => {
    if (next === undefined) return;
    const { afterMs, keys } = next;
    const now = (): void => {
      if (pressed(call, keys, line, world)) press(others);
    };
    if (afterMs === 0) now();
    else cancelNext = world.after(afterMs, now);
  };
  const begin = (): void => {
    if (isBegun) return;
    isBegun = true;
    forget();
    cancel();
    press(digits);
  };
  const forget = line.listen((event) => {
    if ((event.kind === 'path' || event.kind === 'media') && event.call === call && hasWay(call)) begin();
  });
  const cancel = world.after(WAY_WITHIN_MS, begin);
  if (hasWay(call)) begin();
  return () => {
    isBegun = true;
    forget();
    cancel();
    cancelNext();
  };
};

/** @returns whether they were; what follows means nothing otherwise */
const pressed = (call: PhoneCall, digits: string, line: Line, world: World): boolean => {
  try {
    call.sendDigits(digits);
    line.tell({ event: 'digits-sent', call: call.id, digits });
    return true;
  } catch (error) {
    world.terminal.note(`ringdown: ${failureOf(`${digits} could not be pressed`, error).message}`);
    return false;
  }
};

const hasWay = ({ media, path }: PhoneCall): boolean =>
  path !== undefined && media !== undefined && hasKeys(media);

/** Before this nobody expects that sound has found its way. */
const SOUND_WITHIN_MS = 3_000;
const NO_SOUND = {
  what: 'No way was found for it, or no keys were agreed upon.',
  next: 'See with "ringdown nat" what stands between, and look whether a firewall stops UDP.',
} as const;

/** What to tell of a call that did not go as it should; undefined where it did. */
export const faultOf = ({ call, end, isMeant }: Outcome): Refusal | undefined => {
  const { uri } = call.peer;
  if (end.durationMs === undefined) {
    const what = call.direction === 'outgoing' ? `the call to ${uri}` : `the call from ${uri}`;
    if (isMeant) return new Refusal(`${what} was not answered: it was interrupted before`);
    return failure(`${what} was not answered`, end.cause);
  }
  if (end.by === 'network' || (end.by === 'us' && !isMeant))
    return failure(`the call with ${uri} broke off`, end.cause);
  if (end.durationMs >= SOUND_WITHIN_MS && !hasWay(call))
    return failure(`in the call with ${uri} no sound got through`, NO_SOUND);
  return undefined;
};
