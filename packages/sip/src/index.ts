/**
 * SIP without I/O (RFC 3261 and its extensions): messages that keep their bytes, URIs, transactions, dialogs, digest and
 * server location. Every machine gets its time, randomness and hashes handed in.
 *
 * @example
 * const message = parseMessage(text, bytes);
 * if (message instanceof SipRequest) {
 *   message.get(MaxForwards); // 70, decoded when asked, once
 *   const next = edit(message).set(MaxForwards, '69').prepend(Via, 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1').build();
 * }
 */
export {
  contactScheme,
  Dialog,
  type DialogBeginning,
  type DialogRequestParts,
  type DialogState,
  dialogOfRequest,
  dialogOfResponse,
  endsDialog,
  type UasBeginning,
} from './dialog/dialog.ts';
export { dialogId, dialogIdOf } from './dialog/dialog-id.ts';
export {
  type DigestAlgorithm,
  digestAlgorithms,
  hashOf,
} from './digest/algorithm.ts';
export {
  type DigestChallenge,
  formatChallenge,
  parseChallenge,
  parseChallenges,
} from './digest/challenge.ts';
export {
  answerChallenge,
  type ChallengeUse,
  DigestClient,
  type DigestIdentity,
  type DigestPorts,
  selectChallenges,
} from './digest/client.ts';
export { type DigestCredentials, formatCredentials, parseCredentials } from './digest/credentials.ts';
export { prepareOpaqueString } from './digest/opaque-string.ts';
export {
  asBytes,
  computeHa1,
  digestResponse,
  type Ha1,
  ha2,
  ha2OfBody,
  type ResponseInput,
  readAlgorithm,
  userHash,
} from './digest/response.ts';
export type {
  DnsAddressRecord,
  DnsAnswer,
  DnsCnameRecord,
  DnsFailure,
  DnsNaptrRecord,
  DnsPort,
  DnsQuestion,
  DnsQuestionType,
  DnsRecord,
  DnsRecordOf,
  DnsSrvRecord,
} from './locate/dns.ts';
export type {
  AddressFamily,
  Located,
  LocateFailure,
  LocateOptions,
  LocateResult,
  Locator,
} from './locate/location.ts';
export { createLocator, type LocatorOptions } from './locate/locator.ts';
export { orderSrv } from './locate/srv.ts';
export { Zone } from './locate/zone.ts';
export {
  type AddressValue,
  addressOf,
  Contact,
  type ContactValue,
  decodeAddress,
  encodeAddress,
  From,
  PAssertedIdentity,
  Path,
  PPreferredIdentity,
  RecordRoute,
  ReferTo,
  RemotePartyId,
  ReplyTo,
  Route,
  ServiceRoute,
  To,
  tagOf,
} from './message/address.ts';
export {
  buildRequest,
  buildResponse,
  type HeaderLines,
  type RequestParts,
  type ResponseParts,
} from './message/build.ts';
export {
  equalIgnoringCase,
  isToken,
  lowerCase,
  quote,
  splitAtCommas,
  unquote,
} from './message/characters.ts';
export { bodyOf, edit, type MessageEdit } from './message/edit.ts';
export {
  defineField,
  type Field,
  type FieldDefinition,
} from './message/field.ts';
export {
  Accept,
  Allow,
  AllowEvents,
  AuthenticationInfo,
  Authorization,
  CallId,
  ContentEncoding,
  ContentLength,
  ContentType,
  CSeq,
  type CSeqValue,
  DateField,
  Event,
  Expires,
  listed,
  MaxBreadth,
  MaxForwards,
  MinExpires,
  Organization,
  type Parameterized,
  Priority,
  ProxyAuthenticate,
  ProxyAuthorization,
  ProxyRequire,
  Reason,
  Require,
  RetryAfter,
  Server,
  SipETag,
  SipIfMatch,
  Subject,
  SubscriptionState,
  Supported,
  Timestamp,
  Unsupported,
  UserAgent,
  Warning,
  WwwAuthenticate,
} from './message/fields.ts';
export { answerAtAGlance, type Glance, glance, isTextAt, type Place, textAt } from './message/glance.ts';
export { hasCredentials } from './message/has-credentials.ts';
export { inOnePiece } from './message/in-one-piece.ts';
export { isMalformed, Malformed } from './message/malformed.ts';
export {
  Message,
  type SipMessage,
  SipRequest,
  SipResponse,
} from './message/message.ts';
export {
  noParameters,
  Parameters,
  readParameters,
} from './message/parameters.ts';
export { parseHead, parseMessage } from './message/parse.ts';
export { reasonPhrase } from './message/reason.ts';
export {
  bareHost,
  equalUris,
  escapeUser,
  formatHost,
  formatSipUri,
  isHost,
  isIpv4,
  isIpv6,
  isSipUri,
  type OtherUri,
  parseSipUriOnly,
  parseUri,
  type SipUri,
  type SipUriParts,
  type Uri,
  unescapeUri,
} from './message/uri.ts';
export {
  type Defect,
  requestDefect,
  responseDefect,
} from './message/validate.ts';
export { encodeVia, MAGIC_COOKIE, Via, type ViaValue } from './message/via.ts';
export {
  type ClientFailure,
  ClientTransaction,
  type ClientTransactionUser,
} from './transaction/client-transaction.ts';
export { defaultTimes, type TransactionTimes } from './transaction/delays.ts';
export { acknowledge, cancelOf } from './transaction/hop-by-hop.ts';
export { inviteClient, inviteClientTimers } from './transaction/invite-client.ts';
export { inviteServer, inviteServerTimers } from './transaction/invite-server.ts';
export { nonInviteClient, nonInviteClientTimers } from './transaction/non-invite-client.ts';
export { nonInviteServer, nonInviteServerTimers } from './transaction/non-invite-server.ts';
export { ServerTransaction, type ServerTransactionUser } from './transaction/server-transaction.ts';
export type { TimerTable, TransitionTable } from './transaction/table.ts';
export { Transactions, type TransactionsOptions, type TransactionUser } from './transaction/transactions.ts';
export {
  type Destination,
  type Flow,
  flowKey,
  isReliable,
  isSecure,
  readTransport,
  type SocketAddress,
  type TransportName,
  viaTransport,
} from './transport/flow.ts';
export { responseDestination, stampAnswer, stampVia } from './transport/received.ts';
export {
  type FramingViolation,
  type StreamEvent,
  StreamFramer,
  type StreamFramerOptions,
  streamFramerDefaults,
} from './transport/stream-framer.ts';
export type {
  FlowFailure,
  Transport,
  TransportUser,
} from './transport/transport.ts';
