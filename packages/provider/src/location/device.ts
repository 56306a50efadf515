import type { StoredBinding } from './binding-store.ts';

/**
 * A device of one of our accounts, whatever flow leads to it at present: the tokens of its calls name it, so that a phone that
 * lost its connection and registered again is found in them.
 */
export interface Device {
  /** The account's id, which is never given to another. */
  readonly account: number;
  /** Tells the devices of that account apart; see {@link deviceTag}. */
  readonly tag: string;
}

/**
 * What tells a binding's device from the others of its account: its instance (RFC 5626 §4.1), whichever of its flows that
 * registered, else its Contact. A number in base 36: who finds another text of the same number has found a device of his own.
 */
export const deviceTag = ({ key }: Pick<StoredBinding, 'key'>): string => {
  const end = key.startsWith('<') ? key.lastIndexOf('>') + 1 : key.length;
  let hash = 0x811c9dc5;
  // FNV-1a, 32 bits.
  for (let index = 0; index < end; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(36);
};

export const deviceOf = (binding: Pick<StoredBinding, 'accountId' | 'key'>): Device => ({
  account: binding.accountId,
  tag: deviceTag(binding),
});
