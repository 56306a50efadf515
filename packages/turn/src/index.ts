/**
 * TURN (RFC 8656, RFC 6062): what relays for those who cannot meet directly, as machines without sockets.
 *
 * @example
 * const framer = new StreamFramer();
 * framer.push(channelData(0x4001, Uint8Array.of(1, 2, 3), true));
 * parseChannelData(framer.next()); // { channel: 0x4001, data: Uint8Array [1, 2, 3] }
 */
export { AddressErrorCode, type AddressErrorCodeValue } from './attributes/address-error-code.ts';
export { XorPeerAddress, XorRelayedAddress } from './attributes/addresses.ts';
export {
  CHANNEL_HEADER_BYTES,
  type ChannelData,
  channelData,
  channelDataBytes,
  FIRST_CHANNEL,
  isChannel,
  LAST_CHANNEL,
  parseChannelData,
  writeChannelData,
} from './attributes/channel-data.ts';
export { Data } from './attributes/data.ts';
export { LARGEST_FRAME_BYTES, StreamFramer } from './attributes/framer.ts';
export { Icmp, type IcmpValue } from './attributes/icmp.ts';
export {
  ALLOCATE,
  CHANNEL_BIND,
  CONNECT,
  CONNECTION_ATTEMPT,
  CONNECTION_BIND,
  CREATE_PERMISSION,
  DATA,
  REFRESH,
  SEND,
} from './attributes/methods.ts';
export {
  AdditionalAddressFamily,
  ChannelNumber,
  ConnectionId,
  DontFragment,
  EvenPort,
  IPV4,
  IPV6,
  Lifetime,
  RequestedAddressFamily,
  RequestedTransport,
  ReservationToken,
  TCP,
  UDP,
} from './attributes/numbers.ts';
export type { AllocationState } from './client/allocation-states.ts';
export type { TurnServerAddress } from './client/link.ts';
export { createTurnClient, type TurnClient } from './client/turn-client.ts';
export {
  type Allocation,
  defaultTurnClientOptions,
  type TurnClientOptions,
  type TurnClientOutput,
  type TurnClientPorts,
} from './client/turn-client-options.ts';
export type { TurnFailure, TurnFailureCause } from './client/turn-failure.ts';
export type { AllocationEnd, AllocationNames, Traffic, TurnEvent } from './server/events.ts';
export {
  type ExpiringCredential,
  ExpiringCredentials,
  type ExpiringCredentialsOptions,
} from './server/expiring-credentials.ts';
export { DENIED_PEERS, PeerPolicy, type PeerPolicyOptions, type PeerVerdict } from './server/peer-policy.ts';
export type {
  RelayListener,
  RelaySockets,
  RelayStream,
  RelayStreamUser,
  RelayTcpUser,
  RelayUdpUser,
  TurnClientPath,
  TurnCredentials,
  TurnServerPorts,
  TurnUser,
} from './server/ports.ts';
export { TurnServer } from './server/turn-server.ts';
export {
  type RelayAddress,
  type TurnLimits,
  type TurnServerOptions,
  turnLimits,
  turnServerDefaults,
} from './server/turn-server-options.ts';
