import { addressKey, plainAddress } from './address.ts';
import { digitStep, holdOthers, isDigit } from './call-keys.ts';
import { type CallLine, isUp } from './call-line.ts';
import type { Key } from './key.ts';
import { contactsOf, withContact } from './person.ts';
import { chosenPersonOf, nameOf, noticed, type Prompt, type ScreenState, type Step } from './screen-state.ts';
import { withLine } from './text-line.ts';
import { type TypedLine, textOf, typed, typedLine } from './typed-line.ts';

type Typing = Extract<Prompt, { line: TypedLine }>;

/** What a key does while something is asked of the user. */
export const promptStep = (state: ScreenState, prompt: Prompt, key: Key): Step => {
  if (key.kind === 'named' && key.name === 'escape') return [left(state, prompt)];
  switch (prompt.kind) {
    case 'sure to quit':
      return sure(key) ? [{ ...closed(state), isEnding: true }, { kind: 'quit' }] : [closed(state)];
    case 'sure to remove':
      return sure(key) ? removed(closed(state), prompt.key) : [closed(state)];
    case 'keypad':
      return keypad(state, prompt.call, key);
    default:
      return typing(state, prompt, key);
  }
};

const closed = (state: ScreenState): ScreenState => ({ ...state, prompt: undefined });

/** Who writes texts leaves the conversation with the line. */
const left = (state: ScreenState, { kind }: Prompt): ScreenState => ({
  ...closed(state),
  view: kind === 'text' ? 'main' : state.view,
});

const sure = (key: Key): boolean => key.kind === 'character' && /^y$/i.test(key.text);

const removed = (state: ScreenState, key: string): Step => {
  const place = state.people.findIndex((person) => person.key === key);
  const people = state.people.filter((person) => person.key !== key);
  return [
    { ...state, people, chosenPerson: (people[place] ?? people[place - 1])?.key },
    { kind: 'unwatch', key },
    { kind: 'save', contacts: contactsOf(people) },
  ];
};

const keypad = (state: ScreenState, call: string, key: Key): Step => {
  if (key.kind === 'named') return [key.name === 'enter' ? closed(state) : state];
  if (key.kind === 'paste' || !isDigit(key.text)) return [state];
  return digitStep(state, call, key.text);
};

const typing = (state: ScreenState, prompt: Typing, key: Key): Step => {
  const named = key.kind === 'named' ? key.name : undefined;
  if (named === 'enter') return entered(state, prompt);
  if (named === 'up' || named === 'down') return [browsed(state, prompt, named === 'down' ? 1 : -1)];
  if (named === 'page up' || named === 'page down') {
    return [{ ...state, scroll: Math.max(0, state.scroll + (named === 'page up' ? 5 : -5)) }];
  }
  const line = typed(prompt.line, key);
  if (line === prompt.line) return [state];
  const next = prompt.kind === 'transfer' ? { ...prompt, line, to: undefined } : { ...prompt, line };
  return [{ ...state, prompt: next }];
};

const entered = (state: ScreenState, prompt: Typing): Step => {
  const text = textOf(prompt.line);
  if (prompt.kind === 'transfer' && prompt.to !== undefined) {
    return [closed(state), { kind: 'transfer', call: prompt.call, target: { call: prompt.to } }];
  }
  if (text === '') return prompt.kind === 'text' ? [state] : [closed(state)];
  switch (prompt.kind) {
    case 'dial':
      return [closed(state), ...holdOthers(state), { kind: 'dial', target: text }];
    case 'transfer':
      return [closed(state), { kind: 'transfer', call: prompt.call, target: text }];
    case 'add address':
      return [{ ...state, prompt: { kind: 'add name', address: text, line: typedLine(userOf(text)) } }];
    case 'add name':
      return added(closed(state), prompt.address, text);
    case 'text':
      return written(state, text);
  }
};

/** A first proposal for a name. */
const userOf = (address: string): string => plainAddress(address).split('@')[0] ?? '';

const added = (state: ScreenState, address: string, name: string): Step => {
  const key = addressKey(address, state.domain);
  const people = withContact(state.people, { name, address }, state.domain);
  return [
    noticed({ ...state, people, chosenPerson: key }, `${name} is a contact now.`),
    { kind: 'save', contacts: contactsOf(people) },
    { kind: 'watch', key, address },
  ];
};

/** The text stays a line of the conversation, on its way at first; the next one can be typed at once. */
const written = (state: ScreenState, text: string): Step => {
  const person = chosenPersonOf(state);
  if (person === undefined) return [closed(state)];
  const { key, address } = person;
  const number = state.textsWritten;
  return [
    {
      ...state,
      prompt: { kind: 'text', line: typedLine() },
      scroll: 0,
      textsWritten: number + 1,
      conversations: withLine(state.conversations, key, {
        number,
        direction: 'sent',
        text,
        at: state.at,
        fate: 'on its way',
      }),
    },
    { kind: 'text', key, number, to: address, text },
  ];
};

/** Arrows: among those to whom a call can be handed over; or through the conversation. */
const browsed = (state: ScreenState, prompt: Typing, step: number): ScreenState => {
  if (prompt.kind === 'text') return { ...state, scroll: Math.max(0, state.scroll - step) };
  if (prompt.kind !== 'transfer' && prompt.kind !== 'dial') return state;
  const calls: readonly CallLine[] =
    prompt.kind === 'transfer' ? state.calls.filter((call) => isUp(call) && call.id !== prompt.call) : [];
  const choices = [
    ...calls.map(({ id }) => ({ to: id, text: '' })),
    ...state.people.map(({ address }) => ({ to: undefined, text: address })),
  ];
  if (choices.length === 0) return state;
  const text = textOf(prompt.line);
  const place = choices.findIndex((choice) =>
    prompt.kind === 'transfer' && prompt.to !== undefined
      ? choice.to === prompt.to
      : choice.to === undefined && choice.text === text,
  );
  const next =
    choices[(place < 0 ? (step > 0 ? 0 : -1) : place + step + choices.length) % choices.length] ??
    choices.at(-1)!;
  const line = typedLine(next.text);
  return {
    ...state,
    prompt: prompt.kind === 'transfer' ? { ...prompt, line, to: next.to } : { ...prompt, line },
  };
};

/** What the foot says of a transfer to a call of ours. */
export const transferGoal = (state: ScreenState, to: string): string => {
  const call = state.calls.find(({ id }) => id === to);
  return call === undefined ? '' : `${nameOf(state, call.peer)}, whom we speak with in the other call`;
};
