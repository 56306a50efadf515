import type { IncomingPhoneCall } from '@ringdown/user-agent';
import { deferred } from '../deferred.ts';
import type { Refusal } from '../refusal.ts';
import { type CallSound, noSound } from '../sound/sound-plan.ts';
import type { World } from '../world.ts';
import type { Callers } from './callers.ts';
import type { Conduct } from './conduct.ts';
import { type Conversation, converse, faultOf } from './conversation.ts';
import { interruption, type Line } from './line.ts';

/** Who answers, and how. */
export interface Reception extends Conduct {
  readonly callers: Callers;
  /** Calls at once; who comes later hears that it is busy. */
  readonly calls: number;
  /** Whether nobody is asked. */
  readonly isAutomatic: boolean;
  /** Whether all is over with the first call that was answered. */
  readonly isOnce: boolean;
  readonly endsWhenPlayed: boolean;
  readonly profile?: Conversation['profile'];
  open(): Promise<CallSound>;
}

/**
 * Waits for calls and answers them, until the command is interrupted or, where it is for one call, that is over.
 *
 * @throws Refusal where the registration is lost for good, or the one call did not go as it should
 */
export const receive = async (reception: Reception, line: Line, world: World): Promise<void> => {
  const active = new Set<Promise<void>>();
  const once = deferred<undefined>();
  const welcome = async (call: IncomingPhoneCall): Promise<void> => {
    const fault = await serve(call, reception, line, world);
    if (fault === 'unanswered') return;
    if (!reception.isOnce) {
      if (fault !== undefined) world.terminal.note(`ringdown: ${fault.message}`);
    } else if (fault === undefined) once.resolve(undefined);
    else once.reject(fault);
  };
  const rang = (call: IncomingPhoneCall): void => {
    if (!reception.callers(call)) call.refuse(603);
    else if (active.size >= reception.calls && call.replaces === undefined) {
      call.refuse(486);
      world.terminal.note(`${call.peer.uri} was told that we are busy: another call is on`);
    } else {
      const serving = welcome(call).catch((error) => once.reject(error));
      active.add(serving);
      void serving.then(() => active.delete(serving));
    }
  };
  // By its events, for these are told first: nobody is asked about a call that was not told of.
  const leave = line.listen((event) => {
    if (event.kind === 'incoming') rang(event.call);
  });
  try {
    await Promise.race([interruption(world.interrupted), once.promise, line.lost]);
  } finally {
    leave();
  }
  // Interrupted calls are hung up; their recordings are finished here.
  await Promise.all(active);
};

/** Answers one call and follows it to its end. */
const serve = async (
  call: IncomingPhoneCall,
  reception: Reception,
  line: Line,
  world: World,
): Promise<Refusal | undefined | 'unanswered'> => {
  const isTaken = reception.isAutomatic || call.replaces !== undefined || (await isWanted(call, world));
  if (!isTaken || call.state !== 'ringing') {
    // Who goes away declines nothing: other phones of his may ring on.
    if (call.state === 'ringing') call.refuse(world.interrupted.aborted ? 480 : 603);
    return 'unanswered';
  }
  const sound = await soundFor(call, reception);
  if (call.replaces === undefined) call.answer({ sound: sound.sound }).catch(() => {});
  const outcome = await converse(call, { ...reception, sound }, line, world);
  if (outcome.end.durationMs === undefined && outcome.end.by === 'peer') return 'unanswered';
  return faultOf(outcome);
};

/** A call that takes the place of another one is answered already, with that one's sound. */
const soundFor = async (call: IncomingPhoneCall, reception: Reception): Promise<CallSound> => {
  if (call.replaces !== undefined) return noSound;
  try {
    return await reception.open();
  } catch (error) {
    call.refuse(480);
    throw error;
  }
};

/** Asks the person here, until the caller gives up. */
const isWanted = async (call: IncomingPhoneCall, world: World): Promise<boolean> => {
  const withdrawn = new AbortController();
  void call.ended.then(() => withdrawn.abort());
  const signal = AbortSignal.any([withdrawn.signal, world.interrupted]);
  for (;;) {
    const said = await world.terminal.ask('answer? [y/n, then Enter] ', signal);
    if (said === undefined) return false;
    if (/^\s*y/i.test(said)) return true;
    if (/^\s*n/i.test(said)) return false;
  }
};
