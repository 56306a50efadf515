import type { PhoneCall } from '@ringdown/user-agent';
import { checkTarget, dial } from '../line/dial.ts';
import { interruption, type Line, withLine } from '../line/line.ts';
import type { LineOptions } from '../line/line-options.ts';
import { failureOf, Refusal } from '../refusal.ts';
import type { World } from '../world.ts';

export interface TransferCommandOptions extends LineOptions {
  /** Whether TO is called and has answered before TARGET is handed over (RFC 5589 §7). */
  readonly attended?: boolean | undefined;
}

/**
 * `ringdown transfer TARGET TO`: calls TARGET and hands it over to TO; resolves when these two speak with each other.
 *
 * @throws Refusal where one of them did not answer, or would not be handed over
 */
export const transfer = async (
  target: string,
  to: string,
  options: TransferCommandOptions,
  world: World,
): Promise<void> => {
  checkTarget(target);
  checkTarget(to, 'whom it is handed over to');
  await withLine({ ...options, takesCalls: false }, world, async (line) => {
    const handingOver = (options.attended === true ? attended : blind)(target, to, line);
    const isDone = handingOver.then(() => true);
    if ((await Promise.race([isDone, interruption(world.interrupted)])) === true) return;
    isDone.catch(() => {});
    for (const call of line.phone.calls) call.hangUp();
    throw new Refusal(`${target} was not handed over: it was interrupted; run it again`);
  });
};

const blind = async (target: string, to: string, line: Line): Promise<void> => {
  const first = await answeredCall(target, line);
  await handOver(first, to, to, line);
};

/** The first waits while the second is asked. */
const attended = async (target: string, to: string, line: Line): Promise<void> => {
  const first = await answeredCall(target, line);
  await asked(first.hold(), `${target} could not be put on hold`);
  const second = await answeredCall(to, line);
  await handOver(first, second, to, line);
};

const answeredCall = async (target: string, { phone }: Line): Promise<PhoneCall> => {
  const call = dial(phone, target, {});
  await asked(call.answered, `the call to ${target} was not answered`);
  return call;
};

const handOver = async (
  first: PhoneCall,
  to: string | PhoneCall,
  name: string,
  line: Line,
): Promise<void> => {
  await asked(first.transfer(to), `${first.peer.uri} was not handed over to ${name}`);
  line.tell({ event: 'handed-over', call: first.id, target: name });
};

const asked = async (promise: Promise<void>, what: string): Promise<void> => {
  try {
    await promise;
  } catch (error) {
    throw failureOf(what, error);
  }
};
