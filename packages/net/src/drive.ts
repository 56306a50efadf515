import type { Clock, Instant } from '@ringdown/sans-io';
import { onPulse } from './pulse.ts';

/** What has timers: the part of a machine that {@link drive} looks after. */
export interface Timed {
  deadline(): Instant | undefined;
  expire(now: Instant): void;
}

/** A machine that is tied to the real clock. */
export interface Driver {
  /** To be called after each input: the machine may have to be called earlier than before. */
  wake(): void;
  stop(): void;
}

/** Timeouts of more than 2^31 − 1 ms come at once: what is due after 24 days and more is looked at in between. */
const LONGEST_MS = 0x7fff_ffff;

/** Calls a machine's `expire` when its deadline has come. */
export const drive = (machine: Timed, clock: Clock): Driver => {
  let timeout: NodeJS.Timeout | undefined;
  let scheduled: Instant | undefined;
  let stopped = false;

  const wake = (): void => {
    const deadline = machine.deadline();
    if (stopped || deadline === undefined || (scheduled !== undefined && scheduled <= deadline)) return;
    clearTimeout(timeout);
    scheduled = deadline;
    timeout = setTimeout(fire, Math.min(Math.max(1, Math.ceil(deadline - clock.now())), LONGEST_MS));
  };

  const fire = (): void => {
    scheduled = undefined;
    machine.expire(clock.now());
    wake();
  };

  const endPulse = onPulse(() => {
    if (stopped || scheduled === undefined || clock.now() < scheduled) return;
    clearTimeout(timeout);
    fire();
  });

  wake();
  return {
    wake,
    stop: () => {
      stopped = true;
      clearTimeout(timeout);
      endPulse();
    },
  };
};
