import type { Text } from '@ringdown/sans-io';
import { decodeAddress, Malformed } from '@ringdown/sip';

/** Somebody else: display name and SIP URI. */
export interface Peer {
  readonly name: string | undefined;
  readonly uri: string;
}

/** A name-addr in its parts; one that cannot be read is shown as it is. */
export const peerOf = (written: string, text: Text): Peer => {
  const address = decodeAddress(written);
  if (address instanceof Malformed) return { name: undefined, uri: utf8(written, text) };
  const { displayName, uri } = address;
  const name = displayName === undefined ? undefined : utf8(displayName, text);
  return { name: name === '' ? undefined : name, uri: uri.text };
};

/** Heads are read as latin1, and written in UTF-8. */
const utf8 = (read: string, text: Text): string => text.utf8(text.latin1Bytes(read));
