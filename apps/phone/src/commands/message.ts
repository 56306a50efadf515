import { checkTarget } from '../line/dial.ts';
import { interruption, withLine } from '../line/line.ts';
import type { LineOptions } from '../line/line-options.ts';
import { failureOf, Refusal } from '../refusal.ts';
import type { World } from '../world.ts';

/**
 * `ringdown message TARGET TEXT`: sends a text; `-` reads standard input.
 *
 * @throws Refusal where the other side did not take it
 */
export const message = async (
  target: string,
  given: string,
  options: LineOptions,
  world: World,
): Promise<void> => {
  checkTarget(target);
  const text = given === '-' ? await readText(options, world) : given;
  if (text === '')
    throw new Refusal('there is no text to send: write one, or "-" and give it on standard input');
  await withLine({ ...options, takesCalls: false }, world, async ({ phone, tell }) => {
    const sending = phone.message(target, text).then(() => true);
    try {
      if ((await Promise.race([sending, interruption(world.interrupted)])) === undefined)
        throw new Refusal(
          `whether ${target} got the text is not known: it was interrupted before the answer`,
        );
    } catch (error) {
      throw failureOf(`${target} did not get the text`, error);
    }
    tell({ event: 'message-sent', to: target, text });
  });
};

const readText = (options: LineOptions, { terminal }: World): Promise<string> => {
  if (options.account === '-' || options.password === '-')
    throw new Refusal('the text and the account both read standard input: give one of them another way');
  return terminal.readInput().then((text) => text.replace(/\r?\n$/, ''));
};
