/**
 * STUN (RFC 8489): messages that keep their bytes, attributes as values, servers and clients with both kinds of credentials,
 * and what stands between a device and the Internet (RFC 5780). Opens no socket: those come through the `Sockets` port.
 *
 * @example
 * const answer = answerBinding(datagram, { address: '192.0.2.1', port: 40000 });
 * if (answer !== undefined) send(answer);
 *
 * const message = parseStun(answer);
 * if (message instanceof StunMessage) message.get(XorMappedAddress); // { address: '192.0.2.1', port: 40000 }
 *
 * const [report] = await discoverNat({ servers: [{ address: '192.0.2.1', port: 3478 }] }, ports);
 * report.classic; // 'port-restricted cone'
 */

export { AlternateDomain, AlternateServer } from './alternate-server.ts';
export {
  type AnswerIntegrity,
  errorTo,
  finishAnswer,
  finishSigned,
  successTo,
  unknownAttributesTo,
} from './answer.ts';
export { type Attribute, isComprehensionRequired } from './attribute.ts';
export {
  CacheTimeout,
  ChangedAddress,
  ChangeRequest,
  type ChangeRequestValue,
  OtherAddress,
  Padding,
  ResponseOrigin,
  ResponsePort,
  SourceAddress,
} from './behaviour-attributes.ts';
export {
  answerBinding,
  type BehaviourAddresses,
  type BindingAnswer,
  BindingServer,
  type BindingServerOptions,
  bindingServerDefaults,
} from './binding-server.ts';
export { padded, read16, read32, write16, write32 } from './bytes.ts';
export type { StunServerAddress } from './client-link.ts';
export {
  type ClientRequest,
  ClientTransaction,
  ClientTransactions,
  defaultRetransmission,
  newTransactionId,
  overStream,
  type Retransmission,
  type TransactionOutcome,
} from './client-transaction.ts';
export {
  type LongTermCredential,
  longTermKey,
  Nonce,
  PasswordAlgorithm,
  type PasswordAlgorithmName,
  PasswordAlgorithms,
  type PasswordAlgorithmValue,
  passwordAlgorithm,
  passwordAlgorithmName,
  Realm,
  shortTermKey,
  Userhash,
  Username,
  userhash,
} from './credentials.ts';
export {
  discoverNat,
  discoveryRetransmission,
  type NatDiscoveryOptions,
} from './discovery/discover-nat.ts';
export { type LifetimeOptions, lifetimeDefaults } from './discovery/lifetime.ts';
export type {
  Behaviour,
  ClassicNatType,
  Dependence,
  MappingLifetime,
  NatReport,
  UdpConnectivity,
} from './discovery/nat-report.ts';
export { ErrorCode, type ErrorCodeValue } from './error-code.ts';
export { addFingerprint, Fingerprint, fingerprintHolds } from './fingerprint.ts';
export { BINDING, HEADER_BYTES, MAGIC_COOKIE, messageType, type StunClass } from './header.ts';
export {
  addIntegrity,
  type IntegrityAlgorithm,
  integrityHolds,
  MessageIntegrity,
  MessageIntegritySha256,
} from './integrity.ts';
export { type AddressFamily, familyOf, localAddressFor } from './local-address.ts';
export {
  LongTermClient,
  type LongTermClientOptions,
  type LongTermFailure,
  type LongTermStep,
  SignedRequest,
} from './long-term-client.ts';
export {
  LongTermServer,
  type LongTermServerOptions,
  type LongTermServerPorts,
  type LongTermUser,
  type LongTermUsers,
  longTermServerDefaults,
} from './long-term-server.ts';
export { Malformed } from './malformed.ts';
export { MappedAddress } from './mapped-address.ts';
export { parseStun, StunMessage } from './message.ts';
export { MessageWriter } from './message-writer.ts';
export { type NonceOptions, Nonces, nonceCookie, type SecurityFeatures, securityFeatures } from './nonce.ts';
export { authenticateShortTerm, type ShortTermUser } from './short-term-server.ts';
export { Software } from './software.ts';
export {
  type BindingOutcome,
  bindingRequest,
  StunClient,
  type StunClientOptions,
  type StunClientPorts,
  type StunFailure,
  type StunOutcome,
} from './stun-client.ts';
export { StunFramer, type StunFramerOptions, stunFramerDefaults } from './stun-framer.ts';
export { byteString, bytesOf, textAttribute } from './text-attribute.ts';
export { addressBytes, type TransportAddress } from './transport-address.ts';
export { UnknownAttributes } from './unknown-attributes.ts';
export type { Authenticated, CredentialVerdict, RefusedCredential } from './verdict.ts';
export { XorMappedAddress, xorAddressAttribute } from './xor-mapped-address.ts';
