/**
 * The SIP server as a library: registrar, location, identity, proxy and presence, without I/O.
 *
 * @example
 * const store = new MemoryAccountStore();
 * store.addDomain({ name: 'radio.example', realm: 'radio.example', algorithms: ['MD5'] });
 * store.byAddress('alice', 'radio.example'); // undefined until an account is added
 */
export type { Account, Accounts, Domain } from './accounts/account.ts';
export { whyNoAuthUsername, whyNoDisplayName, whyNoUsername } from './accounts/account-name.ts';
export type {
  AccountChange,
  AccountConflict,
  AccountPage,
  AccountStore,
  AddResult,
  ImportResult,
  NewAccount,
} from './accounts/account-store.ts';
export { MemoryAccountStore } from './accounts/memory-account-store.ts';
export { canonicalDomain, DEFAULT_DOMAIN, realmFor, whyNoDomain } from './accounts/realm.ts';
export type { BindingChange, BindingStore, StoredBinding } from './location/binding-store.ts';
export { MemoryBindingStore } from './location/memory-binding-store.ts';
