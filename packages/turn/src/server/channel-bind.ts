import { successTo } from '@ringdown/stun';
import { XorPeerAddress } from '../attributes/addresses.ts';
import { isClassicChannel } from '../attributes/channel-data.ts';
import { ChannelNumber } from '../attributes/numbers.ts';
import { admit, permitAll } from './admission.ts';
import { type AllocationHandler, refused } from './requests.ts';

/**
 * RFC 8656 §12.2: binds a channel to a peer, or binds it again, and permits the peer's address. Numbers behind 0x4FFF are of
 * RFC 5766's clients; on this port nothing else begins with such bytes.
 */
export const channelBind: AllocationHandler = (request, allocation, desk) => {
  const { message, now } = request;
  if (allocation.protocol === 'tcp') return refused(403, 'no channels where TCP is relayed');
  const number = message.get(ChannelNumber);
  const peer = message.get(XorPeerAddress);
  if (number === undefined || !isClassicChannel(number))
    return refused(400, 'no CHANNEL-NUMBER of 0x4000 to 0x7FFF');
  if (peer === undefined || peer.port === 0) return refused(400, 'no XOR-PEER-ADDRESS with a port');
  const admitted = admit(peer, allocation, desk);
  if (admitted.kind === 'refused') return admitted;
  const { channels } = allocation;
  channels.sweep(now);
  const known = admitted.relay.permissions.get(peer.address)?.peers.get(peer.port);
  if (channels.conflicts(number, known, now))
    return refused(400, 'the channel or the peer is bound to another');
  const isNew = channels.get(number) === undefined;
  if (isNew && channels.size >= desk.allocationPorts.limits.channelsPerAllocation)
    return refused(508, 'too many channels');
  const tooMany = permitAll([admitted], allocation, now, desk);
  if (tooMany !== undefined) return tooMany;
  const permission = admitted.relay.permissions.get(peer.address)!;
  channels.bind(number, allocation.peerOf(permission, peer.port), now);
  return { kind: 'success', answer: successTo(message) };
};
