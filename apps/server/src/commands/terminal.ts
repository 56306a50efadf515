/** What a command reads from and writes to: the process's own streams, or a test's. */
export interface Terminal {
  /** What the command is asked for: standard output. */
  print(text: string): void;
  /** What a person should know besides: standard error. */
  note(text: string): void;
  /** Standard input to its end. */
  readInput(): Promise<string>;
}

export const processTerminal: Terminal = {
  print: (text) => {
    process.stdout.write(`${text}\n`);
  },
  note: (text) => {
    process.stderr.write(`${text}\n`);
  },
  readInput: async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks).toString();
  },
};
