import { writtenPage } from '../../tools/written-page.ts';
import type { PossiblePair } from './theory.ts';

export { table } from '../../tools/written-page.ts';

/** docs/nat.md: what each run has found, in a section of its own between two marks. */
const PAGE = new URL('../../docs/nat.md', import.meta.url);

export type Section = 'simulator' | 'special places' | 'calls' | 'kernel' | 'phone';

const page = writtenPage<Section>(PAGE);

/** What stands in a section now. */
export const readSection = (section: Section): string => page.read(section);

export const writeSection = (section: Section, text: string): void => page.write(section, text);

/** `srflx–prflx`: the end of the first, and that of the second. */
export const pairText = ({ first, second }: PossiblePair): string => `${first}–${second}`;
