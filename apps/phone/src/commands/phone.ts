import { contactFile } from '../account/contact-file.ts';
import { withPhone } from '../line/line.ts';
import type { LineOptions } from '../line/line-options.ts';
import { isExplained, onOneLine, Refusal, systemWords } from '../refusal.ts';
import type { SoundDevice } from '../screen/state/screen-state.ts';
import { openingDevices } from '../sound/opening-devices.ts';
import type { Sounds } from '../sound/sounds.ts';
import type { World } from '../world.ts';

/**
 * `ringdown phone`: the phone on the whole terminal, until its user quits.
 *
 * @throws Refusal where there is no terminal, or the phone cannot be registered
 */
export const phone = async (options: LineOptions, world: World): Promise<void> => {
  if (!world.terminal.isInteractive)
    throw new Refusal(
      'the full-screen phone needs a terminal to draw on and to read keys from: use "ringdown call" and "ringdown answer" in scripts',
    );
  const device = await soundDevice(world.sounds);
  await withPhone({ ...options, hasLadder: true }, world, async (registered, _, earlier) => {
    // Loaded here: what draws is not small, and a refusal needs none of it.
    const { runScreen } = await import('../screen/run-screen.ts');
    const hasSound = 'tool' in device;
    // What devices say in the middle of a call would be written over the picture; the meters show that nothing comes.
    const sound = () => openingDevices(world.sounds, () => {});
    const status = await runScreen({
      phone: registered,
      earlier,
      contacts: contactFile(options.home),
      device,
      callOptions: () => (hasSound ? { sound: sound() } : {}),
      stdin: process.stdin,
      stdout: process.stdout,
      now: () => world.now().getTime(),
    });
    if (status !== 0) process.exitCode = status;
  });
};

const withStop = (sentence: string): string => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`);

/** Through what sound will come and go. The devices are opened for a moment. */
export const soundDevice = async (sounds: Sounds): Promise<SoundDevice> => {
  try {
    const devices = await sounds.openDevices(() => {});
    await devices.close();
    return { tool: devices.through };
  } catch (error) {
    if (isExplained(error))
      return { why: `${error.what} ${withStop(onOneLine(error.why))}`, install: error.next };
    return { why: systemWords(error), install: 'Calls are made without sound.' };
  }
};
