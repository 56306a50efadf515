import { writtenPage } from '../../tools/written-page.ts';

/** docs/sound.md: how far sound comes, as the last run has measured it. */
export const soundPage = writtenPage<'loss' | 'simulated loss' | 'delay'>(
  new URL('../../docs/sound.md', import.meta.url),
);
