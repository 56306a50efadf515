import type { Random, SocketAddress } from '@ringdown/sans-io';
import {
  addFingerprint,
  BINDING,
  Malformed,
  MappedAddress,
  MessageWriter,
  newTransactionId,
  read16,
  type StunMessage,
} from '@ringdown/stun';
import { XorPeerAddress } from '../attributes/addresses.ts';
import { isChannel } from '../attributes/channel-data.ts';
import { Data } from '../attributes/data.ts';
import { DATA, SEND } from '../attributes/methods.ts';

const NO_ID = new Uint8Array(0);

/** The one spelling of an address, which addresses in messages are read in: IPv6 has many. */
export const canonicalAddress = (address: string): string => {
  if (!address.includes(':')) return address;
  const read = MappedAddress.decode(MappedAddress.encode({ address, port: 0 }, NO_ID), NO_ID);
  return read instanceof Malformed ? address : read.address;
};

export const canonicalPeer = ({ address, port }: SocketAddress): SocketAddress => ({
  address: canonicalAddress(address),
  port,
});

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
