import { addressKey, plainAddress } from './address.ts';
import { callKeyStep, digitStep, holdOthers, isDigit } from './call-keys.ts';
import { isUp } from './call-line.ts';
import type { KeyName } from './key.ts';
import { changed, withWriter } from './person.ts';
import { statusOf } from './phone-steps.ts';
import { chosenCallOf, chosenPersonOf, noticed, type ScreenState, type Step } from './screen-state.ts';
import { typedLine } from './typed-line.ts';

/** What a character does where nothing is being typed. It is the same in all views. */
export const characterStep = (state: ScreenState, key: string): Step => {
  const call = chosenCallOf(state);
  if (call !== undefined && isUp(call) && /^[0-9*#]$/.test(key) && isDigit(key)) {
    return digitStep(state, call.id, key);
  }
  switch (key) {
    case 'd':
      return [{ ...state, view: 'main', prompt: { kind: 'dial', line: typedLine() } }];
    case 'w':
      return write(state);
    case '+':
      return [add(state)];
    case '-':
      return [remove(state)];
    case 'p':
      return publish({ ...state, isOpen: !state.isOpen });
    case 'l':
      return [toggled(state, 'ladder')];
    case 'i':
      return [toggled(state, 'pairs')];
    case '?':
      return [toggled(state, 'help')];
    case 'q':
      return quit(state);
    default:
      return callKeyStep(state, key) ?? [state];
  }
};

/** A key opens a view and leaves it again. */
const toggled = (state: ScreenState, view: 'ladder' | 'pairs' | 'help'): ScreenState => ({
  ...state,
  view: state.view === view ? 'main' : view,
  scroll: 0,
  chosenPair: 0,
});

const write = (before: ScreenState): Step => {
  const state = chosenPersonOf(before) === undefined ? withPeer(before) : before;
  const person = chosenPersonOf(state);
  if (person === undefined) {
    return [noticed(state, 'There is nobody to write to yet: add a contact with +.')];
  }
  return [
    {
      ...state,
      view: 'texts',
      scroll: 0,
      chosenPerson: person.key,
      people: changed(state.people, person.key, { unread: 0 }),
      prompt: { kind: 'text', line: typedLine() },
    },
  ];
};

/** Who knows nobody yet writes to whom he speaks with. */
const withPeer = (state: ScreenState): ScreenState => {
  const call = chosenCallOf(state);
  return call === undefined
    ? state
    : { ...state, people: withWriter(state.people, call.peer.uri, state.domain) };
};

/** Whom we speak with, where that is no contact. */
const strangerOf = (state: ScreenState): string => {
  const uri = chosenCallOf(state)?.peer.uri;
  const key = uri === undefined ? undefined : addressKey(uri, state.domain);
  const isKnown = state.people.some((person) => person.key === key && person.isContact);
  return uri === undefined || isKnown ? '' : plainAddress(uri);
};

/** A stranger who is chosen, or is spoken with, becomes a contact; else an address is asked for. */
const add = (state: ScreenState): ScreenState => {
  const person = chosenPersonOf(state);
  const address = person === undefined || person.isContact ? strangerOf(state) : person.address;
  return { ...state, view: 'main', prompt: { kind: 'add address', line: typedLine(address) } };
};

const remove = (state: ScreenState): ScreenState => {
  const person = chosenPersonOf(state);
  return person === undefined
    ? noticed(state, 'There is no contact to remove.')
    : { ...state, prompt: { kind: 'sure to remove', key: person.key } };
};

const publish = (state: ScreenState): Step => [
  noticed(
    state,
    state.isOpen ? 'Others see that we can be called.' : 'Others see that we do not want to be called.',
  ),
  { kind: 'publish', status: statusOf(state, state.calls.some(isUp)) },
];

/** The end is asked for twice while there is a call. */
const quit = (state: ScreenState): Step =>
  state.calls.length > 0
    ? [{ ...state, prompt: { kind: 'sure to quit' } }]
    : [{ ...state, isEnding: true }, { kind: 'quit' }];

/** What a key with a name does on the main page. */
export const mainKeyStep = (state: ScreenState, key: KeyName): Step => {
  switch (key) {
    case 'up':
      return [chosenBy(state, -1)];
    case 'down':
      return [chosenBy(state, 1)];
    case 'home':
      return [chosenBy(state, -state.people.length)];
    case 'end':
      return [chosenBy(state, state.people.length)];
    case 'enter':
      return enter(state);
    default:
      return [state];
  }
};

const chosenBy = (state: ScreenState, steps: number): ScreenState => {
  const { people } = state;
  const place = people.findIndex(({ key }) => key === chosenPersonOf(state)?.key);
  return {
    ...state,
    chosenPerson: people[Math.max(0, Math.min(people.length - 1, place + steps))]?.key,
  };
};

const enter = (state: ScreenState): Step => {
  const person = chosenPersonOf(state);
  if (person === undefined) {
    return [noticed(state, 'There is nobody to call yet: add a contact with +, or dial with d.')];
  }
  return [state, ...holdOthers(state), { kind: 'dial', target: person.address }];
};

/** The next call is the one that keys are about. */
export const nextCall = (state: ScreenState): ScreenState => {
  const place = state.calls.findIndex(({ id }) => id === chosenCallOf(state)?.id);
  return { ...state, chosenCall: state.calls[(place + 1) % state.calls.length]?.id };
};
