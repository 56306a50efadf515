import type { KeyName } from './key.ts';
import { chosenRung, filtered, movedBy } from './ladder.ts';
import { chosenCallOf, type ScreenState } from './screen-state.ts';

const PAGE = 10;

/** How far a key moves. */
const steps = (key: KeyName): number => {
  switch (key) {
    case 'up':
      return -1;
    case 'down':
      return 1;
    case 'page up':
      return -PAGE;
    case 'page down':
      return PAGE;
    case 'home':
      return -1e6;
    case 'end':
      return 1e6;
    default:
      return 0;
  }
};

/** The SIP messages: arrows choose, Enter opens one. */
export const ladderKey = (state: ScreenState, key: KeyName): ScreenState => {
  if (key !== 'enter') return { ...state, ladder: movedBy(state.ladder, steps(key)) };
  const rung = chosenRung(state.ladder);
  return rung === undefined
    ? state
    : { ...state, view: 'message', ladder: { ...state.ladder, chosen: rung.number, textTop: 0 } };
};

/** One SIP message: up and down scroll, left and right go to the ones before and after it. */
export const messageKey = (state: ScreenState, key: KeyName): ScreenState => {
  const { ladder } = state;
  if (key === 'enter') return { ...state, view: 'ladder' };
  if (key === 'left' || key === 'right') {
    return { ...state, ladder: movedBy(ladder, key === 'left' ? -1 : 1) };
  }
  const lines = chosenRung(ladder)?.text.split('\n').length ?? 1;
  const textTop = Math.max(0, Math.min(lines - 1, ladder.textTop + steps(key)));
  return { ...state, ladder: { ...ladder, textTop } };
};

export const onlyOneDialog = (state: ScreenState): ScreenState => ({
  ...state,
  ladder: filtered(state.ladder),
});

export const pairsKey = (state: ScreenState, key: KeyName): ScreenState => {
  const last = Math.max(0, (chosenCallOf(state)?.pairs.length ?? 0) - 1);
  return { ...state, chosenPair: Math.max(0, Math.min(last, state.chosenPair + steps(key))) };
};

export const helpKey = (state: ScreenState, key: KeyName): ScreenState => ({
  ...state,
  scroll: Math.max(0, Math.min(100, state.scroll + steps(key))),
});
