import pino from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** `text` for people who read along, `json` for machines. */
export type LogFormat = 'text' | 'json';

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** What a line tells: `event` names it, the rest are its facts. */
export type Facts = Readonly<Record<string, unknown>> & { readonly event: string };

/** Structured log lines: a time, a level, what happened and the facts that belong to it. */
export interface Log {
  debug(facts: Facts): void;
  info(facts: Facts): void;
  warn(facts: Facts): void;
  error(facts: Facts): void;
  /** Whether debug lines are written: what makes them may be spared. */
  readonly isVerbose: boolean;
  /** Writes out the last lines. */
  flush(): void;
}

/** How many bytes wait for others at most, and for how long: a write each would cost more than the call it tells of. */
const BUFFER_BYTES = 8_192;
const FLUSH_MS = 200;
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Opens the log on standard error. */
export const openLog = ({ level, format }: LogOptions): Log => {
  const destination = pino.destination({
    fd: 2,
    sync: false,
    minLength: BUFFER_BYTES,
    periodicFlush: FLUSH_MS,
  });
  const isOn = (of: LogLevel): boolean => LEVELS.indexOf(of) >= LEVELS.indexOf(level);
  const write =
    format === 'json'
      ? jsonLines(level, destination)
      : (of: LogLevel, facts: Facts) => destination.write(textLine(of, facts));
  const line = (of: LogLevel) => (isOn(of) ? (facts: Facts) => void write(of, facts) : () => undefined);
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    isVerbose: isOn('debug'),
    flush: () => destination.flushSync(),
  };
};

const jsonLines = (level: LogLevel, destination: ReturnType<typeof pino.destination>) => {
  const formatters = { level: (label: string) => ({ level: label }) };
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters },
    destination,
  );
  return (of: LogLevel, facts: Facts): void => logger[of](cut(facts));
};

/** `2026-01-02T03:04:05.678Z info call from=… to=…`: one readable line. */
const textLine = (level: LogLevel, facts: Facts): string => {
  let line = `${new Date().toISOString()} ${level} ${facts.event}`;
  for (const name in facts) {
    const value = facts[name];
    if (name !== 'event' && value !== undefined) line += ` ${name}=${readable(value)}`;
  }
  return `${line}\n`;
};

/** How many characters of a text a line shows: strangers choose how long they write. */
const LONGEST_TEXT = 300;

const shortened = (text: string): string =>
  text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;

/** The same facts, long texts cut. */
const cut = (facts: Facts): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      typeof value === 'string' ? shortened(value) : value,
    ]),
  );

/** Quoted where it has white space, quotes or control characters, so that a line stays one line whatever peers send. */
const readable = (value: unknown): string => {
  const text = shortened(typeof value === 'string' ? value : JSON.stringify(value));
  return /[\s"=\p{Cc}]/u.test(text) || text === '' ? escaped(JSON.stringify(text)) : text;
};

/** Strangers write into the log, and terminals obey also the control characters that JSON leaves as they are. */
const escaped = (text: string): string =>
  text.replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
