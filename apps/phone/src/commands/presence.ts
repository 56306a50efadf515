import type { PresenceStatus, WatchedStatus } from '@ringdown/user-agent';
import { deferred } from '../deferred.ts';
import { readSeconds } from '../line/conduct.ts';
import { checkTarget } from '../line/dial.ts';
import { interruption, type Line, withLine } from '../line/line.ts';
import type { LineOptions } from '../line/line-options.ts';
import { failureOf, Refusal } from '../refusal.ts';
import type { World } from '../world.ts';

export interface PresenceCommandOptions extends LineOptions {
  /** Seconds after which the command ends. */
  readonly duration?: string | undefined;
  /** What is told to those who watch us. */
  readonly publish?: 'open' | 'closed' | undefined;
  /** The same in words. */
  readonly note?: string | undefined;
}

/**
 * `ringdown presence [TARGET]`: prints how somebody is, at first and whenever it changes, and with --publish tells others how
 * we are, until the time is up or the command is interrupted.
 *
 * @throws Refusal where nothing is told of the target
 */
export const presence = async (
  target: string | undefined,
  options: PresenceCommandOptions,
  world: World,
): Promise<void> => {
  const { publish } = options;
  const note = options.note?.trim() === '' ? undefined : options.note;
  if (target !== undefined) checkTarget(target);
  if (target === undefined && publish === undefined)
    throw new Refusal(
      'whose presence? Name somebody to watch, or say with --publish open|closed how you are',
    );
  if (options.note !== undefined && publish === undefined)
    throw new Refusal('--note goes with --publish: say with it whether you are open or closed');
  const durationMs = readSeconds('--duration', options.duration);
  await withLine({ ...options, takesCalls: false }, world, async (line) => {
    if (publish !== undefined) {
      const status = { isOpen: publish === 'open', ...(note !== undefined && { note }) };
      const isKnown = await told(line, status, world);
      if (!isKnown) return;
      line.tell({ event: 'published', open: status.isOpen, note: note ?? null });
    }
    const isUp = deferred<undefined>();
    const cancel =
      durationMs === undefined ? () => {} : world.after(durationMs, () => isUp.resolve(undefined));
    const ends = [interruption(world.interrupted), line.lost, isUp.promise];
    try {
      if (target === undefined) await Promise.race(ends);
      else await watch(target, line, ends, world);
    } finally {
      cancel();
    }
  });
};

/** @returns false where it was interrupted before @throws Refusal where the server does not take it */
const told = async ({ phone }: Line, status: PresenceStatus, world: World): Promise<boolean> => {
  const known = phone.publish(status).then(() => true);
  try {
    return (await Promise.race([known, interruption(world.interrupted)])) === true;
  } catch (error) {
    throw failureOf('others are not told how we are', error);
  }
};

const watch = async (
  target: string,
  { phone, tell }: Line,
  ends: readonly Promise<undefined>[],
  { interrupted }: World,
): Promise<void> => {
  let heard = 0;
  try {
    const states = phone.presence(target);
    for (;;) {
      const next = await Promise.race([states.next(), ...ends]);
      if (next === undefined || next.done === true) break;
      heard += 1;
      tell(presenceEvent(target, next.value));
    }
    // Not waited for: the phone is closed next, and ends what is asked for.
    states.return?.().catch(() => {});
  } catch (error) {
    throw failureOf(`how ${target} is cannot be learned`, error);
  }
  if (heard === 0 && !interrupted.aborted)
    throw new Refusal(`nothing was told of ${target} in that time: give it more with --duration`);
};

const presenceEvent = (of: string, { isOpen, isThere, note }: WatchedStatus) =>
  ({ event: 'presence', of, open: isOpen, there: isThere, note: note ?? null }) as const;
