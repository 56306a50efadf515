import pino, { type Logger } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
/** `text` for people who read along, `json` for machines. */
export type LogFormat = 'text' | 'json';

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** A log and what writes out its last lines. */
export interface Log {
  readonly logger: Logger;
  flush(): void;
}

/** How many bytes wait for others at most, and for how long: a line each would cost more than the call it tells of. */
const BUFFER_BYTES = 8_192;
const FLUSH_MS = 200;

/** Structured log lines on standard error: a time, a level, `event`, and what belongs to it. */
export const openLog = ({ level, format }: LogOptions): Log => {
  const destination = pino.destination({
    fd: 2,
    sync: false,
    minLength: BUFFER_BYTES,
    periodicFlush: FLUSH_MS,
  });
  const stream =
    format === 'json' ? destination : { write: (line: string) => void destination.write(asText(line)) };
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: cut },
    },
    stream,
  );
  return { logger, flush: () => destination.flushSync() };
};

/** `2026-01-02T03:04:05.678Z info call from=… to=…`: the same facts in one readable line. */
const asText = (line: string): string => {
  const { time, level, msg, event, ...facts } = JSON.parse(line) as Record<string, unknown>;
  const told = Object.entries(facts).map(([name, value]) => `${name}=${readable(value)}`);
  return `${[time, level, event, msg, ...told].filter((part) => part !== undefined).join(' ')}\n`;
};

/** How many characters of a text a line shows: strangers choose how long they write. */
const LONGEST_TEXT = 300;

/** The same facts, long texts cut. */
const cut = (facts: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      typeof value === 'string' && value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value,
    ]),
  );

const readable = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[\s"=\p{Cc}]/u.test(text) || text === '' ? escaped(JSON.stringify(text)) : text;
};

/** Strangers write into the log, and terminals obey also the control characters that JSON leaves as they are. */
const escaped = (text: string): string =>
  text.replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
