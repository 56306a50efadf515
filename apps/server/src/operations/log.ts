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
      formatters: { level: (label) => ({ level: label }) },
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

const readable = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[\s"=]/.test(text) || text === '' ? JSON.stringify(text) : text;
};
