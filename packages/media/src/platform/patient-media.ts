import type { Timers } from '@ringdown/sans-io';
import type { MediaRequest } from '@ringdown/user-agent';
import type { RunningMedia } from './open-media.ts';

/** What a call waits for that is made, or taken, the moment that the phone is registered. */
export interface Wait {
  readonly known: Promise<void>;
  /** Whoever waits longer than this hears nothing meanwhile, for servers that are probably not there. */
  readonly patienceMs: number;
}

type Described = Extract<MediaRequest, { readonly kind: 'offer' | 'answer' }>;

/**
 * Sound that is asked for in order, and the first description not before `ready` has come or patience is over: addresses and
 * relays that a session does not begin with are not offered in it, and behind a NAT nothing else leads anywhere.
 *
 * @param ready undefined where this description has nothing to wait for
 */
export const patient = (
  media: RunningMedia,
  ready: (request: Described) => Wait | undefined,
  timers: Timers,
): RunningMedia => {
  const waiting: MediaRequest[] = [];
  let isPatient = true;
  const goOn = (): void => {
    isPatient = false;
    for (const request of waiting.splice(0)) media.ask(request);
  };
  return {
    ask: (request) => {
      const describes = request.kind === 'offer' || request.kind === 'answer';
      const wait = waiting.length === 0 && isPatient && describes ? ready(request) : undefined;
      if (waiting.length === 0 && wait === undefined) {
        media.ask(request);
        return;
      }
      waiting.push(request);
      if (wait === undefined) return;
      const timer = timers.start({ timerFired: goOn }, 'servers', wait.patienceMs);
      void wait.known.then(() => {
        timers.stop(timer);
        goOn();
      });
    },
    mute: (session, isMuted) => media.mute(session, isMuted),
    sendDigits: (session, digits) => media.sendDigits(session, digits),
    levels: (session) => media.levels(session),
    pairs: (session) => media.pairs(session),
    close: () => {
      waiting.length = 0;
      return media.close();
    },
  };
};
