import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BindingChange } from '@ringdown/provider';
import { bindingStoreContract } from '@ringdown/provider/contracts';
import { wallTime } from '@ringdown/sans-io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqliteBindingStore } from './sqlite-binding-store.ts';

let folder = '';
let files = 0;
const newFile = (): string => join(folder, `${++files}.db`);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-bindings-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const noTrouble = (why: string): void => {
  throw new Error(why);
};

bindingStoreContract({ describe, it, expect }, 'SqliteBindingStore', () => {
  const file = newFile();
  return () => new SqliteBindingStore({ file, onTrouble: noTrouble });
});

const put = (aor: string, cseq: number): BindingChange => ({
  kind: 'put',
  binding: {
    aor,
    key: 'key',
    contact: 'sip:alice@192.0.2.7',
    contactParameters: '',
    q: 1000,
    expiresAt: wallTime(2_000_000_000_000),
    callId: 'call',
    cseq,
    path: '',
    flow: 'flow',
    received: '',
    userAgent: '',
    accountId: 1,
    registeredAt: wallTime(0),
  },
});

const readAll = async (file: string): Promise<Map<string, number>> => {
  const store = new SqliteBindingStore({ file, onTrouble: noTrouble });
  const found = new Map([...store.load(wallTime(0))].map(({ aor, cseq }) => [aor, cseq]));
  await store.close();
  return found;
};

describe('bindings in SQLite', () => {
  it('makes one of several changes where the disk does not keep up', async () => {
    const file = newFile();
    const store = new SqliteBindingStore({ file, onTrouble: noTrouble, compactAbove: 100, batchChanges: 10 });
    for (let cseq = 1; cseq <= 1_000; cseq++) store.write([put('alice', cseq), put(`user${cseq % 7}`, cseq)]);
    expect(store.backlog).toBeLessThanOrEqual(102);
    await store.close();
    const found = await readAll(file);
    expect(found.size).toBe(8);
    expect(found.get('alice')).toBe(1_000);
    expect(found.get('user0')).toBe(994);
  });

  it('flushes what came before, also while more comes', async () => {
    const file = newFile();
    const store = new SqliteBindingStore({ file, onTrouble: noTrouble, batchChanges: 10 });
    let number = 0;
    const more = setInterval(() => store.write([put(`later${++number}`, 1)]), 1);
    for (let index = 0; index < 95; index++) store.write([put(`user${index}`, 1)]);
    await store.flush();
    const reader = new DatabaseSync(file, { readOnly: true });
    expect(reader.prepare("SELECT count(*) AS count FROM bindings WHERE aor LIKE 'user%'").get()).toEqual({
      count: 95,
    });
    reader.close();
    clearInterval(more);
    await store.close();
  });

  it('tells of trouble, keeps what it could not write, and writes it later', async () => {
    const file = newFile();
    const troubles: string[] = [];
    const store = new SqliteBindingStore({ file, onTrouble: (why) => troubles.push(why) });
    const saboteur = new DatabaseSync(file);
    saboteur.exec(
      "CREATE TRIGGER refuse BEFORE INSERT ON bindings BEGIN SELECT raise(ABORT, 'disk is full'); END",
    );
    store.write([put('alice', 1)]);
    while (troubles.length === 0) await pause(5);
    expect(troubles).toEqual(['bindings were not written, which is tried again every second: disk is full']);
    expect(store.backlog).toBe(1);
    saboteur.exec('DROP TRIGGER refuse');
    saboteur.close();
    await store.close();
    expect(await readAll(file)).toEqual(new Map([['alice', 1]]));
  });

  it('has after kill -9 all that was handed over more than 100 ms before', async () => {
    const file = newFile();
    const program = fileURLToPath(new URL('./testing/registering-process.ts', import.meta.url));
    const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const told: { readonly registered: number; readonly at: number }[] = [];
    child.stdout.setEncoding('latin1').on('data', (lines: string) => {
      const at = performance.now();
      for (const line of lines.trim().split('\n')) told.push({ registered: Number(line), at });
    });
    while ((told.at(-1)?.registered ?? 0) < 3_000) await pause(5);
    const killedAt = performance.now();
    child.kill('SIGKILL');
    await once(child, 'close');
    const promised = told.filter(({ at }) => at < killedAt - 100).at(-1)?.registered ?? 0;
    expect(promised).toBeGreaterThan(0);
    const found = await readAll(file);
    for (let user = 1; user <= promised; user++) expect(found.has(`user${user}@radio.example`)).toBe(true);
  });
});
