import { domainOf } from '../account/phone-account.ts';
import type { Report } from '../events/report.ts';
import { jsonCause } from '../events/translation.ts';
import type { LineRequest, World } from '../world.ts';

/** How often it is looked whether there is a network. */
const LOOK_MS = 1_000;
/** What comes a moment after an address: the way out of it, and the servers of names. */
const SETTLE_MS = 2_000;

const OFFLINE = {
  what: 'This device has no network.',
  next: 'Connect it: the phone registers as soon as there is one.',
} as const;

const LOOPBACK = /^(?:127\.|\[?::1\b|localhost\b)/i;

/**
 * Who stands by for calls waits for a network where the device has none, as a phone does that lost it: it may be started
 * before the device is online. Resolves at once where there is one, and where none is needed.
 *
 * @returns false where the command was interrupted first
 */
export const networkAwaited = async (request: LineRequest, tell: Report, world: World): Promise<boolean> => {
  const { account: address, server } = request;
  if (world.hasNetwork() || LOOPBACK.test(server ?? domainOf(address))) return true;
  tell({ event: 'unregistered', address, retrying: true, cause: jsonCause(OFFLINE) });
  while (!world.hasNetwork() && !world.interrupted.aborted) await pause(LOOK_MS, world);
  if (!world.interrupted.aborted) await pause(SETTLE_MS, world);
  return !world.interrupted.aborted;
};

/** Ends early where the command is interrupted. */
const pause = (milliseconds: number, world: World): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      cancel();
      world.interrupted.removeEventListener('abort', end);
      resolve();
    };
    const cancel = world.after(milliseconds, end);
    world.interrupted.addEventListener('abort', end);
  });
