/** The requests of TURN clients as RFC 5389 has them: a long-term credential, MD5, HMAC-SHA1, the same for every server. */
import { nodeHashes, nodeRandom } from '@ringdown/net/ports';
import {
  addIntegrity,
  BINDING,
  ErrorCode,
  longTermKey,
  Malformed,
  MessageWriter,
  Nonce,
  newTransactionId,
  parseStun,
  Realm,
  type StunMessage,
  type TransportAddress,
  Username,
} from '@ringdown/stun';
import {
  ALLOCATE,
  CHANNEL_BIND,
  ChannelNumber,
  CREATE_PERMISSION,
  Lifetime,
  REFRESH,
  RequestedTransport,
  UDP,
  XorPeerAddress,
} from '@ringdown/turn';
import { DOMAIN, PASSWORD, userName } from '../../accounts.ts';

const USER = userName(0);
const KEY = longTermKey('MD5', { username: USER, realm: DOMAIN, password: PASSWORD }, nodeHashes);

const request = (method: number): MessageWriter =>
  new MessageWriter(method, 'request', newTransactionId(nodeRandom));

const signed = (writer: MessageWriter, nonce: string): Uint8Array => {
  writer.add(Username, USER).add(Realm, DOMAIN).add(Nonce, nonce);
  return addIntegrity(writer, 'sha1', KEY, nodeHashes).bytes;
};

export const binding = (): Uint8Array => request(BINDING).bytes;

/** The first, that is refused. */
export const allocateUnsigned = (): Uint8Array => request(ALLOCATE).add(RequestedTransport, UDP).bytes;

export const allocate = (nonce: string): Uint8Array =>
  signed(request(ALLOCATE).add(RequestedTransport, UDP), nonce);

/** Gives the allocation back. */
export const release = (nonce: string): Uint8Array => signed(request(REFRESH).add(Lifetime, 0), nonce);

export const permit = (nonce: string, peer: TransportAddress): Uint8Array =>
  signed(request(CREATE_PERMISSION).add(XorPeerAddress, peer), nonce);

export const bindChannel = (nonce: string, channel: number, peer: TransportAddress): Uint8Array =>
  signed(request(CHANNEL_BIND).add(ChannelNumber, channel).add(XorPeerAddress, peer), nonce);

/** What an answer says. */
export type Answer =
  | { readonly kind: 'success'; readonly message: StunMessage }
  | { readonly kind: 'refused'; readonly code: number; readonly nonce: string | undefined };

/** @returns undefined for what is no answer to the request */
export const answerTo = (asked: Uint8Array, bytes: Uint8Array): Answer | undefined => {
  const message = parseStun(bytes);
  if (message instanceof Malformed) return undefined;
  for (let at = 8; at < 20; at += 1) if (asked[at] !== bytes[at]) return undefined;
  if (message.class === 'success') return { kind: 'success', message };
  if (message.class !== 'error') return undefined;
  return { kind: 'refused', code: message.get(ErrorCode)?.code ?? 0, nonce: message.get(Nonce) };
};
