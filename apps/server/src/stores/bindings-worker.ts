import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { systemWords } from '../refusal.ts';
import { type BatchReader, type BindingBatch, readBatch } from './binding-batch.ts';
import { inTransaction, openDatabase } from './database.ts';
import { bindingMigrations } from './schema.ts';

/** What the worker answers to each batch. */
export type WorkerAnswer = { readonly kind: 'written' } | { readonly kind: 'failed'; readonly why: string };

/** SQLite would move its log into the file after 1,000 pages, which is every few batches under load. */
const CHECKPOINT_PAGES = 8_000;

const serve = (port: MessagePort, file: string): void => {
  const database = openDatabase({
    file,
    content: 'bindings',
    migrations: bindingMigrations,
    durability: 'process',
    busyTimeoutMs: 10_000,
  });
  database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  database.exec('PRAGMA cache_size = -32000');
  const put = database.prepare(
    'INSERT OR REPLACE INTO bindings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const remove = database.prepare('DELETE FROM bindings WHERE aor = ? AND key = ?');
  const reader: BatchReader = {
    put: (binding) => {
      put.run(
        binding.aor,
        binding.key,
        binding.contact,
        binding.contactParameters,
        binding.q,
        binding.expiresAt,
        binding.callId,
        binding.cseq,
        binding.path,
        binding.flow,
        binding.received,
        binding.userAgent,
        binding.accountId,
        binding.registeredAt,
      );
    },
    delete: (aor, key) => {
      remove.run(aor, key);
    },
  };
  const write = (batch: BindingBatch): WorkerAnswer => {
    try {
      inTransaction(database, () => readBatch(batch, reader));
      return { kind: 'written' };
    } catch (error) {
      return { kind: 'failed', why: systemWords(error) };
    }
  };
  port.on('message', (message: BindingBatch | 'close') => {
    if (message !== 'close') {
      port.postMessage(write(message));
      return;
    }
    database.close();
    port.close();
  });
};

if (parentPort !== null) serve(parentPort, String(workerData));
