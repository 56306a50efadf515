import { PhoneError } from '@ringdown/user-agent';

/**
 * What a person who runs a command did not expect: one sentence that names the thing and the remedy. The command line prints
 * it and exits with status 1; no stack is shown.
 */
export class Refusal extends Error {
  /** The command line knows it by this name: it loads the phone only where one is asked for. */
  override readonly name: string = 'Refusal';
}

/** The words of the operating system about a failed call, such as `ENOENT: no such file or directory`. */
export const systemWords = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const comma = error.message.indexOf(', ');
  return 'syscall' in error && comma > 0 ? error.message.slice(0, comma) : error.message;
};

/** What stands behind a cause: why, and what to do. */
interface Reason {
  readonly what: string;
  readonly next: string;
}

/** One sentence of what did not come about and why: `the call to bob was not answered: the user is busy; call again later`. */
export const failure = (what: string, reason: Reason): Refusal =>
  new Refusal(`${what}: ${clause(reason.what)}; ${clause(reason.next)}`);

/** The same of whatever was thrown: what the phone or the machine says as it is, anything else with its words. */
export const failureOf = (what: string, error: unknown): Refusal => {
  if (error instanceof Refusal) return error;
  if (error instanceof PhoneError) return failure(what, error.cause);
  if (isExplained(error)) return failure(bare(error.what), { what: error.why, next: error.next });
  return new Refusal(`${what}: ${clause(systemWords(error))}`);
};

/** An error of sound says what, why and what to do by itself. */
export const isExplained = (error: unknown): error is { what: string; why: string; next: string } =>
  error instanceof Error && ['what', 'why', 'next'].every((part) => typeof Object(error)[part] === 'string');

/** Without its full stop, and on one line. */
const bare = (sentence: string): string => onOneLine(sentence).replace(/\.$/, '');

/** What stood on lines of its own is told apart by semicolons: `What was tried: pw-cat: it is not there; aplay: no device`. */
export const onOneLine = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .reduce(
      (before, one) => (before === '' ? one : `${before}${/[.!?:;,]$/.test(before) ? ' ' : '; '}${one}`),
      '',
    );

/** A sentence as a part of another one: without its full stop, and without its capital where that is no abbreviation's. */
export const clause = (sentence: string): string => {
  const words = bare(sentence);
  return /^[A-Z][a-z' ]/.test(words) ? words[0]!.toLowerCase() + words.slice(1) : words;
};
