import type { Random, SocketAddress } from '@ringdown/sans-io';
import {
  addFingerprint,
  BINDING,
  MessageWriter,
  newTransactionId,
  read16,
  type StunMessage,
} from '@ringdown/stun';
import { XorPeerAddress } from '../attributes/addresses.ts';
import { isChannel } from '../attributes/channel-data.ts';
import { Data } from '../attributes/data.ts';
import { DATA, SEND } from '../attributes/methods.ts';
import { canonicalAddress } from '../server/canonical-address.ts';

/** Spelt as addresses in messages are: IPv6 has many spellings. Throws on what is no address. */
export const canonicalPeer = ({ address, port }: SocketAddress): SocketAddress => ({
  address: canonicalAddress(address),
  port,
});

/** What a Send indication holds beside a peer of IPv6: its length has 16 bits. */
export const LARGEST_DATA = 65_504;

/** A Send indication (RFC 8656 §11.1): it is not answered, and bears no credentials. */
export const sendIndication = (bytes: Uint8Array, peer: SocketAddress, random: Random): Uint8Array =>
  new MessageWriter(SEND, 'indication', newTransactionId(random)).add(XorPeerAddress, peer).add(Data, bytes)
    .bytes;

/** What keeps a NAT's binding open and asks for no answer (RFC 8489 §6.3.2). */
export const bindingIndication = (random: Random): Uint8Array =>
  addFingerprint(new MessageWriter(BINDING, 'indication', newTransactionId(random))).bytes;

export const isDataIndication = (message: StunMessage): boolean =>
  message.class === 'indication' && message.method === DATA;

/** Whether a message of the server's is ChannelData, well-formed or not (RFC 7983). */
export const isChannelMessage = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && isChannel(read16(bytes, 0));
