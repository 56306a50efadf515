import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const log = fileURLToPath(new URL('./log.ts', import.meta.url));

/** The lines that a process of its own writes to standard error for these facts. */
const written = (format: 'text' | 'json', facts: object): string => {
  const program = `
    import { openLog } from ${JSON.stringify(log)};
    const log = openLog({ level: 'info', format: '${format}' });
    log.info(${JSON.stringify(facts)});
    log.flush();`;
  return execFileSync(
    'sh',
    ['-c', 'exec "$0" --input-type=module-typescript -e "$1" 2>&1', process.execPath, program],
    { encoding: 'utf8' },
  );
};

describe('a log line', () => {
  it('holds no control character that a stranger wrote', () => {
    const line = written('text', {
      event: 'refused',
      userAgent: 'a\u001b[2Jb',
      why: 'c\u009b31m\r\nready\u007f',
    });
    expect(line).toMatch(/info refused userAgent="a\\u001b\[2Jb" why="c\\u009b31m\\r\\nready\\u007f"\n$/);
    expect(line.match(/\p{Cc}/gu)).toEqual(['\n']);
  });

  it('is as long as we want', () => {
    for (const format of ['text', 'json'] as const) {
      const line = written(format, { event: 'refused', why: 'x'.repeat(60_000) });
      expect(line.length).toBeLessThan(500);
      expect(line).toContain('xxx…');
    }
  });
});
