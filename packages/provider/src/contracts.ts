/**
 * The tests that stores of accounts and bindings must pass, for those who write one. They bring no test runner: vitest's
 * functions, or jest's, are handed in.
 *
 * @example
 * import { describe, expect, it } from 'vitest';
 * accountStoreContract({ describe, it, expect }, 'PostgresAccountStore', () => new PostgresAccountStore(emptyDatabase()));
 */
export { accountStoreContract } from './accounts/account-store-contract.ts';
export type { ContractRunner } from './contract-runner.ts';
export { type BindingStoreOpener, bindingStoreContract } from './location/binding-store-contract.ts';
