import type { PhoneTerminal } from '../terminal.ts';
import type { JsonEvent } from './json-event.ts';
import { lineOf } from './lines.ts';

/** Tells one event to whoever runs the program. */
export type Report = (event: JsonEvent) => void;

/** One JSON object a line, with the time that it happened. */
export const jsonReport =
  (terminal: PhoneTerminal, now: () => Date): Report =>
  ({ event, ...rest }) =>
    terminal.print(JSON.stringify({ event, time: now().toISOString(), ...rest }));

/** A few calm lines. What changes every second is shown where it can be shown in one place. */
export const linesReport =
  (terminal: PhoneTerminal): Report =>
  (event) => {
    const line = lineOf(event);
    if (line?.live === true) terminal.show(line.text);
    else if (line !== undefined) terminal.print(line.text);
  };
