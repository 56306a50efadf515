import { SIGN_OFF_MS, within } from './patience.ts';
import type { ScreenOptions } from './screen-options.ts';
import { canDraw } from './surroundings.ts';

/**
 * The phone on the whole terminal, until its user quits. The terminal is what it was before, however it ends.
 *
 * @returns the exit status: 0; 1 where there is no terminal; 128 and its number after a signal, 130 after a second Ctrl-C
 */
export const runScreen = async <Sound>(options: ScreenOptions<Sound>): Promise<number> => {
  const { phone, stdin, stdout, stderr = process.stderr, surroundings = process.env } = options;
  if (stdin.isTTY === true && stdout.isTTY === true && canDraw(surroundings)) {
    const { drawScreen } = await loadDrawing();
    return drawScreen({ ...options, surroundings });
  }
  stderr.write(
    'The full-screen phone needs a terminal to draw on and to read keys from: start it in one, or use `ringdown call` in scripts.\n',
  );
  await within(SIGN_OFF_MS, phone.close());
  return 1;
};

/**
 * What draws is loaded only when it is wanted, and as React's production build: the other one keeps a record of each drawing
 * for as long as the process lives, and takes twice the time.
 */
const loadDrawing = async (): Promise<typeof import('./draw-screen.ts')> => {
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    return await import('./draw-screen.ts');
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
};
