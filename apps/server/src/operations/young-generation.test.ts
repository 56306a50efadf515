import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** A process of its own, whose flags are nobody else's: half of all that it makes survives for a while. */
const greatestMiB = (before: string): number => {
  const file = new URL('./young-generation.ts', import.meta.url);
  const script = `
    const { boundYoungGeneration, youngBytes } = await import('${file}');
    ${before}
    const kept = [];
    let greatest = 0;
    for (let turn = 0; turn < 60; turn++) {
      for (let each = 0; each < 50_000; each++) kept[each + 50_000 * (turn % 8)] = { turn, each, more: [turn, each] };
      greatest = Math.max(greatest, youngBytes());
      await new Promise(setImmediate);
    }
    console.log(greatest / 2 ** 20);
    process.exit(0);`;
  return Number(
    execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }),
  );
};

describe('the space for new objects', () => {
  it('grows less far than V8 would have it', () => {
    const greatest = greatestMiB('boundYoungGeneration();');
    // 32, and once more where it grew twice between two looks.
    expect(greatest).toBeLessThanOrEqual(64);
    expect(greatestMiB('')).toBeGreaterThan(greatest);
  });
});
