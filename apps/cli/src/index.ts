/**
 * The `ringdown` command: reads a command line and hands it to the apps. Without arguments it prints its help.
 *
 * @example
 * await main(['account', 'add', 'alice', '--home', '/tmp/home']);
 */
import { processTerminal, Refusal, type Terminal } from '@ringdown/server/commands';
import { CommanderError } from 'commander';
import { makeProgram } from './program.ts';

/** Runs a command line as the process's own. */
export const main = async (args: readonly string[]): Promise<void> => {
  // What is written is for its owner alone: the home's databases and keys.
  process.umask(0o077);
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  process.exitCode = await run(args, processTerminal);
};

/** Runs a command line. What goes wrong is told in one sentence. @returns the exit status: 0 or 1 */
export const run = async (args: readonly string[], terminal: Terminal): Promise<0 | 1> => {
  try {
    await makeProgram(terminal).parseAsync([...args], { from: 'user' });
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
  if (error instanceof CommanderError) return error.exitCode === 0 ? undefined : misuse(error);
  if (error instanceof Refusal) return error.message;
  const words = error instanceof Error ? error.message : String(error);
  return `${words} (this should not happen: please report it; RINGDOWN_DEBUG=1 shows where)${debugTrace(error)}`;
};

const debugTrace = (error: unknown): string =>
  process.env.RINGDOWN_DEBUG && error instanceof Error ? `\n${error.stack}` : '';

const misuse = ({ code, message }: CommanderError): string => {
  if (code === 'commander.help') return 'a command is missing: "ringdown --help" lists them';
  const [what = '', hint] = message.replace(/^error: /, '').split('\n');
  return `${what.replace(/\.$/, '')}${hint === undefined ? '' : ` ${hint}`}: "ringdown --help" shows how it is used`;
};
