import { chosenCallOf, type ScreenState } from '../state/screen-state.ts';
import { callPane } from './call-pane.ts';
import { plainAscii, wrapped } from './cells.ts';
import { banner, foot } from './foot.ts';
import type { Glyphs } from './glyphs.ts';
import { helpView } from './help-view.ts';
import { idlePane } from './idle-pane.ts';
import { ladderView, messageView } from './ladder-view.ts';
import { between, fitted, type Line, line, rowsOf, span } from './line.ts';
import { pairsView } from './pairs-view.ts';
import { peoplePane } from './people-pane.ts';
import { textsView } from './texts-view.ts';
import { registrationStanding, timeOfDay } from './words.ts';

export const MIN_COLUMNS = 80;
export const MIN_ROWS = 24;

/** Title and its rule, and the rule over the foot with its three rows. */
const AROUND = 6;

/** The whole screen: exactly as many rows as the terminal has, none wider than it. */
export const frame = (state: ScreenState, glyphs: Glyphs): readonly Line[] => {
  const { columns, rows } = state;
  if (columns < MIN_COLUMNS || rows < MIN_ROWS) return tooSmall(columns, rows);
  const bodyRows = rows - AROUND;
  const wide = state.view === 'main' ? undefined : viewOf[state.view](state, columns, bodyRows, glyphs);
  const rule = line(glyphs.rule.repeat(columns), 'quiet');
  return [
    title(state, columns, glyphs),
    banner(state, columns) ?? rule,
    ...rowsOf(wide ?? mainView(state, columns, bodyRows, glyphs), bodyRows),
    rule,
    ...foot(state, columns, glyphs),
  ].map((row) => fitted(glyphs.isUnicode ? row : inAscii(row), columns));
};

const inAscii = (row: Line): Line => row.map(({ text, tone }) => ({ text: plainAscii(text), tone }));

const viewOf = {
  ladder: ladderView,
  message: messageView,
  pairs: pairsView,
  texts: textsView,
  help: helpView,
} as const;

const title = (state: ScreenState, columns: number, glyphs: Glyphs): Line => {
  const { words, tone, sign } = registrationStanding(state);
  return between(
    [span(' ringdown', 'strong'), span(`  ${state.address}`)],
    [span(` ${glyphs[sign]} `, tone), span(words), span(`   ${timeOfDay(state.at)} `, 'strong')],
    columns,
  );
};

/** People at the left, the chosen call at the right. */
const mainView = (state: ScreenState, columns: number, rows: number, glyphs: Glyphs): readonly Line[] => {
  const leftColumns = columns >= 110 ? 30 : 23;
  const rightColumns = columns - leftColumns - 2;
  const call = chosenCallOf(state);
  const left = rowsOf(peoplePane(state, leftColumns, rows, glyphs), rows);
  const right = rowsOf(
    call === undefined
      ? idlePane(state, rightColumns, rows, glyphs)
      : callPane(state, call, rightColumns, rows, glyphs),
    rows,
  );
  return left.map((row, place) => [
    ...fitted(row, leftColumns),
    span(`${glyphs.wall} `, 'quiet'),
    ...fitted(right[place]!, rightColumns),
  ]);
};

/** A sentence instead of what would be garbage. */
const tooSmall = (columns: number, rows: number): readonly Line[] => {
  const text = `The phone needs ${MIN_COLUMNS} columns and ${MIN_ROWS} rows; this window has ${columns} and ${rows}. Make it larger, or the letters smaller. Ctrl-C hangs up and quits.`;
  return rowsOf(
    wrapped(text, Math.max(1, columns)).map((row) => line(row)),
    Math.max(1, rows),
  ).map((row) => fitted(row, columns));
};
