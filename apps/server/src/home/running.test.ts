import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openHome } from './home.ts';
import { readRunning, tellRunning } from './running.ts';
import { lockForServing } from './serve-lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringdown-running-'));
const home = openHome(folder);
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('is what the server tells that runs now, not what one told that was killed', () => {
  const running = { turnUris: ['turn:192.0.2.1:3479?transport=udp'] };
  const untell = tellRunning(home, running);
  expect(readRunning(home)).toBeUndefined();
  const lock = lockForServing(home);
  expect(readRunning(home)).toEqual(running);
  writeFileSync(home.runningFile, '{"turnUris":');
  expect(readRunning(home)).toBeUndefined();
  untell();
  expect(readRunning(home)).toBeUndefined();
  lock.release();
});
