import type { WallTime } from '@ringdown/sans-io';
import type { BindingChange, BindingStore, StoredBinding } from './binding-store.ts';

/** Bindings that end with the process: for tests, and where phones may simply register again. */
export class MemoryBindingStore implements BindingStore {
  readonly #bindings = new Map<string, StoredBinding>();
  readonly backlog = 0;

  load(now: WallTime): Iterable<StoredBinding> {
    for (const [key, { expiresAt }] of this.#bindings) if (expiresAt <= now) this.#bindings.delete(key);
    return [...this.#bindings.values()];
  }

  write(changes: readonly BindingChange[]): void {
    for (const change of changes) {
      if (change.kind === 'put')
        this.#bindings.set(keyOf(change.binding.aor, change.binding.key), change.binding);
      else this.#bindings.delete(keyOf(change.aor, change.key));
    }
  }

  async flush(): Promise<void> {}
  async close(): Promise<void> {}
}

const keyOf = (aor: string, key: string): string => `${aor}\n${key}`;
