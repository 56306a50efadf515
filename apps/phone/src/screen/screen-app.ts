import { Box, Text, useInput, usePaste } from 'ink';
import { createElement, type FunctionComponent, memo, useSyncExternalStore } from 'react';
import { readKeys } from './key-reading.ts';
import type { ScreenStore } from './screen-store.ts';
import type { Key } from './state/key.ts';
import type { Line, Tone } from './views/line.ts';

interface Style {
  readonly color?: string;
  readonly bold?: boolean;
  readonly dimColor?: boolean;
  readonly inverse?: boolean;
}

/** Colours that are seen on dark and on light grounds; yellow is not, so what warns is bold as well. */
const COLOURED: Readonly<Record<Tone, Style>> = {
  plain: {},
  strong: { bold: true },
  quiet: { dimColor: true },
  good: { color: 'green' },
  warn: { color: 'yellow', bold: true },
  bad: { color: 'red', bold: true },
  chosen: { inverse: true },
};

const UNCOLOURED: Readonly<Record<Tone, Style>> = {
  ...COLOURED,
  good: {},
  warn: { bold: true },
  bad: { bold: true },
};

export interface ScreenAppProps {
  readonly store: ScreenStore;
  readonly hasColours: boolean;
  pressed(key: Key): void;
}

/** Ties the rows of the store to the terminal, and its keys to the store. */
export const ScreenApp: FunctionComponent<ScreenAppProps> = ({ store, hasColours, pressed }) => {
  const rows = useSyncExternalStore(store.subscribe, store.rows);
  useInput((input, key) => {
    for (const one of readKeys(input, key)) pressed(one);
  });
  usePaste((text) => pressed({ kind: 'paste', text }));
  return createElement(
    Box,
    { flexDirection: 'column' },
    // Rows are told apart by their place: that is what they are on the screen.
    rows.map((row, place) => createElement(Row, { key: place, row, hasColours })),
  );
};

const Row: FunctionComponent<{ readonly row: Line; readonly hasColours: boolean }> = memo(
  ({ row, hasColours }) => {
    const styles = hasColours ? COLOURED : UNCOLOURED;
    return createElement(
      Text,
      { wrap: 'truncate' },
      row.map(({ text, tone }, place) => createElement(Text, { key: place, ...styles[tone] }, text)),
    );
  },
);
