import { describe, expect, it } from 'vitest';
import { bindingStoreContract } from './binding-store-contract.ts';
import { MemoryBindingStore } from './memory-binding-store.ts';

bindingStoreContract({ describe, it, expect }, 'MemoryBindingStore', () => {
  const store = new MemoryBindingStore();
  return () => store;
});
