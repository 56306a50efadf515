// Accounts of a domain, kept in memory.
import { MemoryAccountStore } from '@ringdown/provider';

const store = new MemoryAccountStore();
store.addDomain({ name: 'radio.example', realm: 'radio.example', algorithms: ['MD5'] });
const ha1 = { MD5: '…', 'SHA-256': '…', 'SHA-512-256': '…' };
const alice = { username: 'alice', authUsername: 'alice', displayName: 'Alice', ha1 };
store.add('radio.example', alice);
console.log(store.byAddress('alice', 'radio.example')?.displayName, store.add('radio.example', alice).kind);
// prints: Alice exists
