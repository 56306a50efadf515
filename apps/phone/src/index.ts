/**
 * The phone in the terminal: `ringdown call`, `answer` and friends, for people and for scripts. Each command resolves where
 * what it was asked for came about, and rejects with one sentence where it did not.
 *
 * @example
 * const world = createNodeWorld(processTerminal);
 * await call('studio@radio.example', { as: 'reporter@radio.example', password: 'secret', tone: '440', home: '/tmp/home' }, world);
 */
export { type AnswerCommandOptions, answer } from './commands/answer.ts';
export { type CallCommandOptions, call } from './commands/call.ts';
export { echo } from './commands/echo.ts';
export type { MachineOptions } from './commands/machine.ts';
export { message } from './commands/message.ts';
export { phone } from './commands/phone.ts';
export { type PresenceCommandOptions, presence } from './commands/presence.ts';
export { tone } from './commands/tone.ts';
export { type TransferCommandOptions, transfer } from './commands/transfer.ts';
export type { JsonCause, JsonEvent, JsonMedia, JsonQuality } from './events/json-event.ts';
export type { LineOptions } from './line/line-options.ts';
export { createNodeWorld } from './node-world.ts';
export { Refusal } from './refusal.ts';
export type { World } from './world.ts';
