import { createInterface } from 'node:readline';
import type { PhoneTerminal } from './terminal.ts';

/** What the command line brings: where lines go and come from. */
export type LineTerminal = Pick<PhoneTerminal, 'print' | 'note' | 'readInput'>;

const CLEAR = '\r\u001b[2K';

/** The process's own terminal, where it has one. */
export const nodeTerminal = (lines: LineTerminal): PhoneTerminal => {
  const isScreen = process.stdout.isTTY === true;
  let isShown = false;
  const clear = (): void => {
    if (isShown) process.stdout.write(CLEAR);
    isShown = false;
  };
  return {
    isInteractive: isScreen && process.stdin.isTTY === true,
    print: (text) => {
      clear();
      lines.print(text);
    },
    note: (text) => {
      clear();
      lines.note(text);
    },
    show: (text) => {
      if (!isScreen) return;
      // A line that wraps could not be taken back.
      process.stdout.write(`${CLEAR}${text.slice(0, (process.stdout.columns ?? 80) - 1)}`);
      isShown = true;
    },
    readInput: () => lines.readInput(),
    ask: (question, signal) => {
      clear();
      return askLine(question, signal);
    },
  };
};

/** Reads as a file, not as a terminal: so Ctrl-C stays the signal that it is. */
const askLine = (question: string, signal: AbortSignal): Promise<string | undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    const reader = createInterface({ input: process.stdin, terminal: false });
    const give = (said: string | undefined): void => {
      signal.removeEventListener('abort', withdraw);
      resolve(said);
      reader.close();
    };
    const withdraw = (): void => {
      process.stdout.write('\n');
      give(undefined);
    };
    signal.addEventListener('abort', withdraw);
    reader.once('line', give);
    reader.once('close', () => give(undefined));
    process.stdout.write(question);
  });
