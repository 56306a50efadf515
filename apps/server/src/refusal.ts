/**
 * What a person who runs a command did not expect: one sentence that names the thing and the remedy. The command line
 * prints it and exits with status 1; no stack is shown.
 */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
}

/** The words of the operating system about a failed call, such as `ENOENT: no such file or directory`. */
export const systemWords = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const comma = error.message.indexOf(', ');
  return 'syscall' in error && comma > 0 ? error.message.slice(0, comma) : error.message;
};
