import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BindingChange } from '@ringdown/provider';
import { bindingStoreContract } from '@ringdown/provider/contracts';
import { wallTime } from '@ringdown/sans-io';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type BindingBatch, readBatch } from './binding-batch.ts';
import { SqliteBindingStore, type WritingThread } from './sqlite-binding-store.ts';

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
    expect(troubles).toEqual(['bindings were not written, which is tried again in 1 s: disk is full']);
    expect(store.backlog).toBe(1);
    saboteur.exec('DROP TRIGGER refuse');
    saboteur.close();
    await store.close();
    expect(await readAll(file)).toEqual(new Map([['alice', 1]]));
  });

  describe('whose thread fails', () => {
    /** Threads that a test lets speak. */
    class Thread extends EventEmitter implements WritingThread {
      readonly posted: string[] = [];
      postMessage(message: BindingBatch | 'close'): void {
        if (message === 'close') this.emit('exit');
        else {
          const read: string[] = [];
          readBatch(message, { put: ({ aor }) => read.push(aor), delete: () => {} });
          this.posted.push(read.join(' '));
        }
      }
    }
    const threads: Thread[] = [];
    const troubles: string[] = [];
    const opened = () => {
      vi.useFakeTimers();
      onTestFinished(() => void vi.useRealTimers());
      threads.length = 0;
      troubles.length = 0;
      const startThread = () => {
        threads.push(new Thread());
        return threads.at(-1)!;
      };
      return new SqliteBindingStore({ file: newFile(), onTrouble: (why) => troubles.push(why), startThread });
    };
    const written = { kind: 'written' } as const;
    const failed = { kind: 'failed', why: 'disk is full' } as const;

    it('posts a batch once for each attempt, less and less often, and others after it', async () => {
      const store = opened();
      const [thread] = threads as [Thread];
      store.write([put('alice', 1)]);
      vi.advanceTimersByTime(25);
      thread.emit('message', failed);
      store.write([put('bob', 1)]);
      void store.flush();
      const attempts: number[] = [];
      for (let second = 1; second <= 40; second++) {
        const before = thread.posted.length;
        vi.advanceTimersByTime(1_000);
        if (thread.posted.length === before) continue;
        attempts.push(second);
        expect(thread.posted.length).toBe(before + 1);
        thread.emit('message', failed);
      }
      expect(attempts).toEqual([1, 3, 7, 15, 31]);
      expect(new Set(thread.posted)).toEqual(new Set(['alice']));
      vi.advanceTimersByTime(16_000);
      thread.emit('message', written);
      expect(thread.posted.at(-1)).toBe('bob');
      thread.emit('message', written);
      await store.close();
    });

    it('starts another after a pause, which gets the batch before all others, once', async () => {
      const store = opened();
      store.write([put('alice', 1)]);
      vi.advanceTimersByTime(25);
      const [first] = threads as [Thread];
      first.emit('message', failed);
      vi.advanceTimersByTime(900);
      first.emit('error', new Error('out of memory'));
      first.emit('exit');
      store.write([put('bob', 1)]);
      expect(troubles.map((why) => why.slice(-13))).toEqual(['disk is full'.padStart(13), 'out of memory']);
      vi.advanceTimersByTime(1_999);
      expect(threads.length).toBe(1);
      vi.advanceTimersByTime(1);
      expect(threads.length).toBe(2);
      const second = threads[1]!;
      expect(second.posted).toEqual(['alice']);
      // What the first one said before it died counts no more.
      first.emit('message', written);
      expect(store.backlog).toBe(2);
      vi.advanceTimersByTime(60_000);
      expect([first.posted, second.posted]).toEqual([['alice'], ['alice']]);
      second.emit('message', written);
      vi.advanceTimersByTime(25);
      expect(second.posted).toEqual(['alice', 'bob']);
      second.emit('message', written);
      expect(store.backlog).toBe(0);
      await store.close();
    });

    it('that cannot even start is tried at the same pace, and nothing is lost', async () => {
      const store = opened();
      for (let second = 0; second < 31; second++) {
        threads.at(-1)!.emit('exit');
        vi.advanceTimersByTime(1_000);
      }
      expect(threads.length).toBe(6);
      store.write([put('alice', 1)]);
      vi.advanceTimersByTime(25);
      expect(threads.at(-1)!.posted).toEqual(['alice']);
      threads.at(-1)!.emit('message', written);
      threads.at(-1)!.emit('exit');
      expect(troubles.at(-1)).toContain('in 1 s');
      await store.close();
    });
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
