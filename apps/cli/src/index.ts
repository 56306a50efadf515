/**
 * The `ringdown` command: reads a command line and hands it to the apps. Without arguments it prints its help.
 *
 * @example
 * await main(['account', 'add', 'alice', '--home', '/tmp/home']);
 */
import { processTerminal, Refusal, type Terminal } from '@ringdown/server/commands';
import { Misuse, makeProgram } from './program.ts';

/** Runs a command line as the process's own. */
export const main = async (args: readonly string[]): Promise<void> => {
  // What is written is for its owner alone: the home's databases and keys.
  process.umask(0o077);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    readerGone();
  });
  const status = await run(args, processTerminal);
  // What a command has said itself stays.
  if (status !== 0) process.exitCode = status;
};

/** A reader that has seen enough (`| head`) is no error: what holds something, such as a call, ends as by a signal. */
const readerGone = (): void => {
  if (hasReader && process.listenerCount('SIGTERM') > 0) process.emit('SIGTERM');
  else if (hasReader) process.exit(0);
  hasReader = false;
};
let hasReader = true;

/** Runs a command line. What goes wrong is told in one sentence. @returns the exit status: 0 or 1 */
export const run = async (args: readonly string[], terminal: Terminal): Promise<0 | 1> => {
  try {
    await makeProgram(terminal).parseAsync(args.length === 0 ? ['--help'] : [...args], { from: 'user' });
    return 0;
  } catch (error) {
    const sentence = sentenceOf(error);
    if (sentence === undefined) return 0;
    terminal.note(`ringdown: ${sentence}`);
    return 1;
  }
};

/** What to tell; undefined where nothing went wrong, as after --help. */
const sentenceOf = (error: unknown): string | undefined => {
  if (error instanceof Misuse) return error.error.exitCode === 0 ? undefined : misuse(error);
  // By its name, for the phone has one of its own that is loaded only where it is asked for.
  if (error instanceof Error && error.name === Refusal.name) return error.message;
  const words = error instanceof Error ? error.message : String(error);
  return `${words} (this should not happen: please report it; RINGDOWN_DEBUG=1 shows where)${debugTrace(error)}`;
};

const debugTrace = (error: unknown): string =>
  process.env.RINGDOWN_DEBUG && error instanceof Error ? `\n${error.stack}` : '';

const misuse = ({ error: { code, message }, command }: Misuse): string => {
  if (code === 'commander.help') return `a command is missing: "${command} --help" lists them`;
  const [what = '', hint] = message.replace(/^error: /, '').split('\n');
  return `${what.replace(/\.$/, '')}${hint === undefined ? '' : ` ${hint}`}: "${command} --help" shows how it is used`;
};
