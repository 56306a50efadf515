import { type CallLine, isLeaving, isRinging, isUp, withDigit } from './call-line.ts';
import type { ScreenEffect } from './screen-effect.ts';
import {
  chosenCallOf,
  noticed,
  ringingCallOf,
  type ScreenState,
  type Step,
  withCall,
} from './screen-state.ts';
import { typedLine } from './typed-line.ts';

/** Only one call is heard at a time: those that are up and not held are held before another one begins. */
export const holdOthers = ({ calls }: ScreenState, but?: string): readonly ScreenEffect[] =>
  calls
    .filter((call) => isUp(call) && !call.isHeld && call.id !== but)
    .map(({ id }) => ({ kind: 'hold', call: id }));

/** What a key does to the chosen call; undefined where it is no key of calls. */
export const callKeyStep = (state: ScreenState, key: string): Step | undefined => {
  switch (key) {
    case 'a':
      return answer(state);
    case 'r':
      return onRinging(state, 'refuse');
    case 'x':
      return hangUp(state);
    case 'h':
      return onCallThatIsUp(state, 'hold', (call) =>
        call.isHeld
          ? [state, ...holdOthers(state, call.id), { kind: 'resume', call: call.id }]
          : [state, { kind: 'hold', call: call.id }],
      );
    case 'm':
      return onCallThatIsUp(state, 'mute', ({ id, isMuted }) => [
        withCall(state, id, (call) => ({ ...call, isMuted: !isMuted })),
        { kind: isMuted ? 'unmute' : 'mute', call: id },
      ]);
    case 't':
      return onCallThatIsUp(state, 'transfer', ({ id }) => [
        {
          ...state,
          prompt: {
            kind: 'transfer',
            line: typedLine(),
            call: id,
            to: state.calls.find((call) => isUp(call) && call.id !== id)?.id,
          },
        },
      ]);
    case 'k':
      return onCallThatIsUp(state, 'press keys in', ({ id }) => [
        { ...state, prompt: { kind: 'keypad', call: id } },
      ]);
    default:
      return undefined;
  }
};

const answer = (state: ScreenState): Step => {
  const ringing = ringingCallOf(state);
  if (ringing === undefined) return [noticed(state, 'No call rings here.')];
  return [
    { ...state, chosenCall: ringing.id, view: 'main' },
    ...holdOthers(state, ringing.id),
    { kind: 'answer', call: ringing.id },
  ];
};

const onRinging = (state: ScreenState, kind: 'refuse'): Step => {
  const ringing = ringingCallOf(state);
  return ringing === undefined
    ? [noticed(state, 'No call rings here.')]
    : [state, { kind, call: ringing.id }];
};

const hangUp = (state: ScreenState): Step => {
  const call = chosenCallOf(state);
  if (call === undefined) return [noticed(state, 'There is no call to hang up.')];
  if (isLeaving(call)) return [state];
  return [state, { kind: isRinging(call) ? 'refuse' : 'hang up', call: call.id }];
};

const onCallThatIsUp = (state: ScreenState, verb: string, act: (call: CallLine) => Step): Step => {
  const call = chosenCallOf(state);
  if (call === undefined) return [noticed(state, `There is no call to ${verb}.`)];
  return isUp(call) ? act(call) : [noticed(state, 'That goes once the call is answered.')];
};

/** Whether a key is one of a telephone's. */
export const isDigit = (key: string): boolean => /^[0-9A-D*#]$/i.test(key);

export const digitStep = (state: ScreenState, call: string, digit: string): Step => [
  withCall(state, call, (line) => withDigit(line, digit.toUpperCase(), 'digitsSent')),
  { kind: 'digit', call, digit: digit.toUpperCase() },
];
