import { AES_BLOCK_BYTES, type AesGcm, aesBlocks, aesGcm, nodeHashes, sameBytes } from '@ringdown/net';
import type { Protection } from './protection.ts';
import type { SessionKeys } from './session-keys.ts';

/**
 * Encrypts and authenticates packets of one kind, in one direction. A packet is a head in the clear, a body that is encrypted,
 * and a tail: RTP has none, RTCP has its index. Indices are those of RFC 3711: 48 bits, or 31.
 */
export interface Transform {
  /** @returns head, body, tail and tag, in the order of the mode */
  seal(packet: Uint8Array, bodyAt: number, nonce: PacketNonce, tail: Uint8Array): Uint8Array;
  /**
   * Undefined for what is not authentic.
   *
   * @param packet without the identifier of the key
   * @param isPlain what RTCP allows: authenticated, but not encrypted
   */
  open(
    packet: Uint8Array,
    bodyAt: number,
    nonce: PacketNonce,
    tailBytes: number,
    isPlain: boolean,
  ): Uint8Array | undefined;
}

/** What no two packets under one key have in common. */
export interface PacketNonce {
  readonly ssrc: number;
  readonly index: number;
  /** Whether the index is one of RTCP. */
  readonly isRtcp: boolean;
}

export const transformFor = ({ mode }: Protection, keys: SessionKeys, tagBytes: number): Transform =>
  mode === 'cm' ? counterMode(keys, tagBytes) : galoisMode(keys, aesGcm(keys.cipherKey));

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** AES in counter mode, and HMAC-SHA1 over all of it (RFC 3711 §4.1.1, §4.2). */
const counterMode = (keys: SessionKeys, tagBytes: number): Transform => {
  const crypt = keyStream(keys);
  const { authenticationKey } = keys;
  /** In RTP the roll-over counter is authenticated, too, as if it stood behind the packet. */
  const tag = (packet: Uint8Array, end: number, { index, isRtcp }: PacketNonce): Uint8Array => {
    const input = new Uint8Array(isRtcp ? end : end + 4);
    input.set(packet.subarray(0, end));
    if (!isRtcp) view(input).setUint32(end, Math.floor(index / 0x1_0000));
    return nodeHashes.hmac('sha1', authenticationKey, input).subarray(0, tagBytes);
  };
  return {
    seal: (packet, bodyAt, nonce, tail) => {
      const end = packet.length + tail.length;
      const sealed = new Uint8Array(end + tagBytes);
      sealed.set(packet);
      crypt(sealed, bodyAt, packet.length, nonce);
      sealed.set(tail, packet.length);
      sealed.set(tag(sealed, end, nonce), end);
      return sealed;
    },
    open: (packet, bodyAt, nonce, tailBytes, isPlain) => {
      const end = packet.length - tagBytes;
      if (!sameBytes(tag(packet, end, nonce), packet.subarray(end))) return undefined;
      const opened = packet.slice(0, end - tailBytes);
      if (!isPlain) crypt(opened, bodyAt, opened.length, nonce);
      return opened;
    },
  };
};

/** Adds the key stream to what stands from `start` to `end`. */
const keyStream = ({ cipherKey, salt }: SessionKeys) => {
  const encrypt = aesBlocks(cipherKey);
  const counter = new Uint8Array(AES_BLOCK_BYTES);
  return (bytes: Uint8Array, start: number, end: number, { ssrc, index }: PacketNonce): void => {
    const length = end - start;
    if (length <= 0) return;
    counter.fill(0);
    counter.set(salt);
    const fields = view(counter);
    fields.setUint32(4, (fields.getUint32(4) ^ ssrc) >>> 0);
    fields.setUint32(8, (fields.getUint32(8) ^ Math.floor(index / 0x1_0000)) >>> 0);
    fields.setUint16(12, fields.getUint16(12) ^ (index % 0x1_0000));
    const blocks = new Uint8Array(Math.ceil(length / AES_BLOCK_BYTES) * AES_BLOCK_BYTES);
    for (let block = 0, at = 0; at < blocks.length; block++, at += AES_BLOCK_BYTES) {
      blocks.set(counter, at);
      blocks[at + 14] = block >> 8;
      blocks[at + 15] = block;
    }
    const stream = encrypt(blocks);
    for (let at = 0; at < length; at++) bytes[start + at]! ^= stream[at]!;
  };
};

/** AES in Galois/counter mode (RFC 7714 §8, §9). */
const galoisMode = ({ salt }: SessionKeys, cipher: AesGcm): Transform => {
  const nonceOf = ({ ssrc, index, isRtcp }: PacketNonce): Uint8Array => {
    const nonce = new Uint8Array(12);
    const fields = view(nonce);
    fields.setUint32(2, ssrc);
    // 48 bits: the roll-over counter and the sequence number, or zeros and the index of RTCP.
    fields.setUint32(isRtcp ? 8 : 6, isRtcp ? index : Math.floor(index / 0x1_0000));
    if (!isRtcp) fields.setUint16(10, index % 0x1_0000);
    for (let at = 0; at < nonce.length; at++) nonce[at]! ^= salt[at]!;
    return nonce;
  };
  return {
    seal: (packet, bodyAt, nonce, tail) => {
      const head = packet.subarray(0, bodyAt);
      const sealed = cipher.seal(nonceOf(nonce), joined(head, tail), packet.subarray(bodyAt));
      return joined(head, sealed, tail);
    },
    open: (packet, bodyAt, nonce, tailBytes, isPlain) => {
      const end = packet.length - tailBytes;
      const tail = packet.subarray(end);
      if (isPlain) {
        const bodyEnd = end - GCM_TAG_BYTES;
        const all = packet.subarray(0, bodyEnd);
        const isRight = cipher.open(nonceOf(nonce), joined(all, tail), packet.subarray(bodyEnd, end));
        return isRight === undefined ? undefined : all.slice();
      }
      const head = packet.subarray(0, bodyAt);
      const plain = cipher.open(nonceOf(nonce), joined(head, tail), packet.subarray(bodyAt, end));
      return plain === undefined ? undefined : joined(head, plain);
    },
  };
};

const GCM_TAG_BYTES = 16;

const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};
