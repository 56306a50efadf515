import { expect, it } from 'vitest';
import type { PhoneTerminal } from '../terminal.ts';
import type { JsonEvent } from './json-event.ts';
import { jsonReport, linesReport } from './report.ts';

/** What others wrote: an escape sequence, a C1 control, which terminals take for one as well, and a mark of direction. */
const EVIL = '\u001b]0;x\u0007\u009b2J\u202e';
const cause = { status: null, what: `The other side hung up: ${EVIL}.`, next: '', retryAfterMs: null };
const evil: readonly JsonEvent[] = [
  { event: 'message', from: `sip:${EVIL}@x`, fromName: EVIL, text: EVIL, contentType: 'text/plain' },
  { event: 'incoming', call: 'a', peer: EVIL, peerName: EVIL, direct: false, replaces: null },
  { event: 'answered', call: 'a', peer: EVIL },
  { event: 'transferred', call: 'a', target: EVIL, to: 'b' },
  { event: 'way-lost', call: 'a', why: EVIL },
  { event: 'presence', of: EVIL, open: true, there: true, note: EVIL },
  { event: 'dropped', why: EVIL },
  { event: 'ended', call: 'a', by: 'peer', cause, durationMs: null },
];

const printed = () => {
  const lines: string[] = [];
  const terminal = {
    print: (text) => void lines.push(text),
    show: (text) => void lines.push(text),
  } satisfies Partial<PhoneTerminal> as unknown as PhoneTerminal;
  return { lines, terminal };
};

it.each(evil)('what others wrote does nothing to the terminal: $event', (event) => {
  const { lines, terminal } = printed();
  linesReport(terminal)(event);
  jsonReport(terminal, () => new Date(0))(event);
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
});

it('what others wrote stands in JSON as they wrote it', () => {
  const { lines, terminal } = printed();
  jsonReport(terminal, () => new Date(0))({ event: 'dropped', why: EVIL });
  expect(JSON.parse(lines[0]!)).toMatchObject({ why: EVIL });
});

it('a message of many spaces is printed as fast as any other', () => {
  const { lines, terminal } = printed();
  const began = performance.now();
  const text = ` a${' '.repeat(60_000)}b ${'\n \n'.repeat(20_000)} c\n`;
  linesReport(terminal)({
    event: 'message',
    from: 'sip:m@x',
    fromName: null,
    text,
    contentType: 'text/plain',
  });
  expect(performance.now() - began).toBeLessThan(1_000);
  expect(lines).toEqual([`sip:m@x:  a${' '.repeat(60_000)}b / c`]);
});
