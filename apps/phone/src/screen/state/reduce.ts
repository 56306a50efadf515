import type { WatchedStatus } from '@ringdown/user-agent';
import { isRinging, withLevels } from './call-line.ts';
import type { Key } from './key.ts';
import { characterStep, mainKeyStep, nextCall } from './main-keys.ts';
import { changed, contactsOf, type Person, personOf, withContact } from './person.ts';
import { phoneStep, statusOf } from './phone-steps.ts';
import { promptStep } from './prompt-keys.ts';
import type { ScreenEvent } from './screen-event.ts';
import { NOTICE_MS, noticed, type ScreenState, type Step } from './screen-state.ts';
import { withFate } from './text-line.ts';
import { helpKey, ladderKey, messageKey, onlyOneDialog, pairsKey } from './view-keys.ts';

/**
 * What follows from an event: the next state and what is to be done. Pure: the same state, event and time give the same.
 *
 * @param at wall time in milliseconds
 */
export const reduce = (before: ScreenState, event: ScreenEvent, at: number): Step => {
  const state = { ...before, at };
  switch (event.kind) {
    case 'begun':
      return [state, { kind: 'publish', status: statusOf(state, false) }];
    case 'phone':
      return leftAlone(state, phoneStep(state, event.event));
    case 'key':
      return keyStep(state, event.key);
    case 'tick':
      return [ticked(state, event)];
    case 'resized':
      return [{ ...state, columns: event.columns, rows: event.rows }];
    case 'contacts':
      return contacts(state, event.contacts);
    case 'presence':
      return [presence(state, event)];
    case 'text sent':
      return [textSent(state, event)];
    case 'told':
      return [noticed(state, event.text, event.tone)];
    case 'end':
      return end(state);
  }
};

/** When the last call that was spoken in is over, others are told that we are free again. */
const leftAlone = (before: ScreenState, [state, ...effects]: Step): Step =>
  !state.isEnding &&
  before.calls.some(({ durationMs }) => durationMs !== undefined) &&
  state.calls.length === 0 &&
  !state.isEnding
    ? [state, ...effects, { kind: 'publish', status: statusOf(state, false) }]
    : [state, ...effects];

/** Once hangs up and signs off; whoever cannot wait for that asks again. */
const end = (state: ScreenState): Step =>
  state.isEnding
    ? [state, { kind: 'quit at once' }]
    : [{ ...state, isEnding: true, prompt: undefined }, { kind: 'quit' }];

const keyStep = (state: ScreenState, key: Key): Step => {
  if (key.kind === 'named' && key.name === 'ctrl-c') return end(state);
  if (key.kind === 'named' && key.name === 'ctrl-l') return [state, { kind: 'redraw' }];
  if (state.isEnding) return [state];
  if (state.prompt !== undefined) return promptStep(state, state.prompt, key);
  if (key.kind === 'paste') return [state];
  if (key.kind === 'character') {
    const isFilter = key.text === 'f' && (state.view === 'ladder' || state.view === 'message');
    return isFilter ? [onlyOneDialog(state)] : characterStep(state, key.text);
  }
  if (key.name === 'tab') return [nextCall(state)];
  if (key.name === 'escape') return [{ ...state, view: state.view === 'message' ? 'ladder' : 'main' }];
  switch (state.view) {
    case 'ladder':
      return [ladderKey(state, key.name)];
    case 'message':
      return [messageKey(state, key.name)];
    case 'pairs':
      return [pairsKey(state, key.name)];
    case 'help':
      return [helpKey(state, key.name)];
    default:
      return mainKeyStep(state, key.name);
  }
};

const ticked = (state: ScreenState, { calls }: Extract<ScreenEvent, { kind: 'tick' }>): ScreenState => ({
  ...state,
  notice: state.notice !== undefined && state.at - state.notice.since < NOTICE_MS ? state.notice : undefined,
  calls: state.calls.map((line) => {
    const told = calls.find(({ sample }) => sample.id === line.id);
    if (told === undefined) return line;
    const { sample, levels, pairs } = told;
    return withLevels({ ...line, ...sample, pairs: pairs ?? line.pairs }, levels, state.at);
  }),
});

const contacts = (state: ScreenState, given: readonly { name: string; address: string }[]): Step => {
  const people = given.reduce((all, contact) => withContact(all, contact, state.domain), state.people);
  return [
    { ...state, people, chosenPerson: state.chosenPerson ?? people[0]?.key },
    ...contactsOf(people).map(({ name, address }) => ({
      kind: 'watch' as const,
      address,
      key: personOf({ name, address }, state.domain, true).key,
    })),
  ];
};

const presence = (
  state: ScreenState,
  { key, status, why }: Extract<ScreenEvent, { kind: 'presence' }>,
): ScreenState => ({
  ...state,
  people: changed(state.people, key, {
    presence: standingOf(status),
    note: status === undefined ? why : status.note,
  }),
});

const standingOf = (status: WatchedStatus | undefined): Person['presence'] => {
  if (status === undefined) return 'unknown';
  if (status.isOpen) return 'open';
  return status.isThere ? 'closed' : 'gone';
};

const textSent = (
  state: ScreenState,
  { key, number, failed }: Extract<ScreenEvent, { kind: 'text sent' }>,
): ScreenState => {
  const fate = failed === undefined ? 'arrived' : { failed };
  return { ...state, conversations: withFate(state.conversations, key, number, fate) };
};

/** Whether the screen has to look at the calls many times a second. */
export const isLively = ({ calls }: ScreenState): boolean => calls.some((call) => !isRinging(call));
