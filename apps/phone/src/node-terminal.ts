import { createInterface } from 'node:readline';
import type { PhoneTerminal } from './terminal.ts';

/** What the command line brings: where lines go and come from. */
export type LineTerminal = Pick<PhoneTerminal, 'print' | 'note' | 'readInput'>;

const CLEAR = '\r\u001b[2K';

/** Where a person reads and writes. */
export interface TerminalStreams {
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
}

/** The process's own terminal, where it has one. A question that is open stands below whatever is printed meanwhile. */
export const nodeTerminal = (
  lines: LineTerminal,
  { output, input }: TerminalStreams = { output: process.stdout, input: process.stdin },
): PhoneTerminal => {
  const isScreen = output.isTTY === true;
  let isShown = false;
  let question: string | undefined;
  const clear = (): void => {
    if (isShown) output.write(CLEAR);
    isShown = false;
  };
  const write = (text: string, by: (text: string) => void): void => {
    clear();
    if (question !== undefined) output.write(CLEAR);
    by(text);
    if (question !== undefined) output.write(question);
  };
  return {
    isInteractive: isScreen && input.isTTY === true,
    print: (text) => write(text, lines.print.bind(lines)),
    note: (text) => write(text, lines.note.bind(lines)),
    show: (text) => {
      if (!isScreen || question !== undefined) return;
      // A line that wraps could not be taken back.
      output.write(`${CLEAR}${text.slice(0, (output.columns ?? 80) - 1)}`);
      isShown = true;
    },
    readInput: () => lines.readInput(),
    ask: async (asked, signal) => {
      clear();
      question = asked;
      try {
        return await askLine(asked, signal, { output, input });
      } finally {
        question = undefined;
      }
    },
  };
};

/** Reads as a file, not as a terminal: so Ctrl-C stays the signal that it is. */
const askLine = (
  question: string,
  signal: AbortSignal,
  { output, input }: TerminalStreams,
): Promise<string | undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    const reader = createInterface({ input, terminal: false });
    const give = (said: string | undefined): void => {
      signal.removeEventListener('abort', withdraw);
      resolve(said);
      reader.close();
    };
    const withdraw = (): void => {
      output.write('\n');
      give(undefined);
    };
    signal.addEventListener('abort', withdraw);
    reader.once('line', give);
    reader.once('close', () => give(undefined));
    output.write(question);
  });
