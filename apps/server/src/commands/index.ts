/**
 * The commands that work on the accounts of a home, without anything that a server needs: they start fast.
 *
 * @example
 * await accountAdd('alice', { home: '/tmp/home', domain: 'radio.example' }, processTerminal);
 */
export { homeDirectory } from '../home/home.ts';
export { Refusal } from '../refusal.ts';
export { type AccountAddOptions, accountAdd } from './account-add.ts';
export { accountImport } from './account-import.ts';
export { accountList } from './account-list.ts';
export type { AccountOptions } from './account-options.ts';
export { type AccountPasswordOptions, accountPassword } from './account-password.ts';
export { accountRemove } from './account-remove.ts';
export { accountShow } from './account-show.ts';
export { type AccountTurnOptions, accountTurn } from './account-turn.ts';
export { processTerminal, type Terminal } from './terminal.ts';
