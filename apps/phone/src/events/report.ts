import type { PhoneTerminal } from '../terminal.ts';
import type { JsonEvent } from './json-event.ts';
import { lineOf } from './lines.ts';

/** Tells one event to whoever runs the program. */
export type Report = (event: JsonEvent) => void;

/** One JSON object a line, with the time that it happened. */
export const jsonReport =
  (terminal: PhoneTerminal, now: () => Date): Report =>
  ({ event, ...rest }) =>
    terminal.print(harmless(JSON.stringify({ event, time: now().toISOString(), ...rest })));

/** The same JSON where a terminal shows it: beyond what JSON escapes by itself there are controls, and marks of direction. */
const harmless = (json: string): string =>
  json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/**
 * A few calm lines. What changes every second is shown where it can be shown in one place, and of a call that was answered;
 * that it rings is said once.
 */
export const linesReport = (terminal: PhoneTerminal): Report => {
  const ringing = new Set<string>();
  const answered = new Set<string>();
  return (event) => {
    if (event.event === 'ringing') {
      if (ringing.has(event.call)) return;
      ringing.add(event.call);
    }
    if (event.event === 'answered') answered.add(event.call);
    if (event.event === 'quality' && !answered.has(event.call)) return;
    if (event.event === 'ended') for (const calls of [ringing, answered]) calls.delete(event.call);
    const line = lineOf(event);
    if (line?.live === true) terminal.show(line.text);
    else if (line !== undefined) terminal.print(line.text);
  };
};
