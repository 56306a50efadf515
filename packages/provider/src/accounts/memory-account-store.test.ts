import { describe, expect, it } from 'vitest';
import { accountStoreContract } from './account-store-contract.ts';
import { MemoryAccountStore } from './memory-account-store.ts';

accountStoreContract({ describe, it, expect }, 'MemoryAccountStore', () => new MemoryAccountStore());
