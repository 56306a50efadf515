import { HEADER_BYTES, MAGIC_COOKIE, padded, read16, read32, write16, write32 } from '@ringdown/stun';
import type { Slab } from './slab.ts';

const DATA_INDICATION = 0x0017;
const SEND_INDICATION = 0x0016;
const XOR_PEER_ADDRESS = 0x0012;
const DATA = 0x0013;
const FINGERPRINT = 0x8028;
/** USERNAME, MESSAGE-INTEGRITY, REALM, NONCE and those of RFC 8489: known, of no use in an indication. */
const IDLE: ReadonlySet<number> = new Set([0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e]);
const ID_BYTES = 12;

/** Whether a message is a Send indication, from its first bytes. */
export const isSendIndication = (bytes: Uint8Array): boolean =>
  bytes.length >= HEADER_BYTES && read16(bytes, 0) === SEND_INDICATION;

/**
 * Reads Send indications (RFC 8656 §11.2) into itself, so that a packet makes no objects but a view of its data. What it
 * holds is good until the next one.
 */
export class SendIndication {
  readonly #four = new Uint8Array(4);
  readonly #six = new Uint8Array(16);
  /** Of the peer, 4 or 16 bytes. */
  address: Uint8Array = this.#four;
  port = 0;
  dataStart = 0;
  dataEnd = 0;
  /** It has a FINGERPRINT that somebody has yet to look at. */
  hasFingerprint = false;

  /** @returns false for what is to be discarded: malformed, incomplete, or with what must be understood and is not. */
  read(bytes: Uint8Array): boolean {
    if (read16(bytes, 2) !== bytes.length - HEADER_BYTES || read32(bytes, 4) !== MAGIC_COOKIE) return false;
    let peerAt = -1;
    let dataAt = -1;
    this.hasFingerprint = false;
    for (let at = HEADER_BYTES; at < bytes.length; ) {
      if (at + 4 > bytes.length) return false;
      const type = read16(bytes, at);
      const next = at + 4 + padded(read16(bytes, at + 2));
      if (next > bytes.length) return false;
      if (type === DATA) dataAt = dataAt < 0 ? at : dataAt;
      else if (type === XOR_PEER_ADDRESS) peerAt = peerAt < 0 ? at : peerAt;
      else if (type === FINGERPRINT) this.hasFingerprint = true;
      else if (type < 0x8000 && !IDLE.has(type)) return false;
      at = next;
    }
    if (peerAt < 0 || dataAt < 0) return false;
    this.dataStart = dataAt + 4;
    this.dataEnd = this.dataStart + read16(bytes, dataAt + 2);
    return this.#readPeer(bytes, peerAt);
  }

  #readPeer(bytes: Uint8Array, at: number): boolean {
    const length = read16(bytes, at + 2);
    const family = bytes[at + 5];
    this.port = read16(bytes, at + 6) ^ (MAGIC_COOKIE >>> 16);
    if (length === 8 && family === 1) {
      write32(this.#four, 0, read32(bytes, at + 8) ^ MAGIC_COOKIE);
      this.address = this.#four;
      return true;
    }
    if (length !== 20 || family !== 2) return false;
    // The mask is the cookie and the transaction ID, as they stand in the header.
    for (let index = 0; index < 16; index++) this.#six[index] = bytes[at + 8 + index]! ^ bytes[4 + index]!;
    this.address = this.#six;
    return true;
  }
}

/**
 * How many bytes of data fit into a Data indication beside their peer: its length has 16 bits, and what is longer would be
 * read as messages of the server's that a peer has written.
 *
 * @param address of the peer, 4 or 16 bytes
 */
export const largestIndicated = (address: Uint8Array): number => (0xffff - 12 - address.length) & ~3;

/**
 * Writes Data indications (RFC 8656 §11.4). Nobody answers them, so their transaction IDs are counted up from a random one.
 */
export class DataIndications {
  readonly #slab: Slab;
  readonly #id: Uint8Array;
  #count: number;

  /** @param id 12 random bytes */
  constructor(slab: Slab, id: Uint8Array) {
    this.#slab = slab;
    this.#id = id;
    this.#count = read32(id, ID_BYTES - 4);
  }

  /** @param data no more than {@link largestIndicated} */
  write(address: Uint8Array, port: number, data: Uint8Array): Uint8Array {
    const peerBytes = 8 + address.length;
    const dataBytes = padded(data.length);
    const length = peerBytes + 4 + dataBytes;
    const bytes = this.#slab.take(HEADER_BYTES + length);
    this.#start(bytes, length);
    writePeer(bytes, HEADER_BYTES, address, port);
    const at = HEADER_BYTES + peerBytes;
    write16(bytes, at, DATA);
    write16(bytes, at + 2, data.length);
    bytes.set(data, at + 4);
    return bytes;
  }

  /** One that carries another attribute in place of data (RFC 8656 §11.5). */
  writeInstead(address: Uint8Array, port: number, type: number, value: Uint8Array): Uint8Array {
    const bytes = this.write(address, port, value);
    write16(bytes, HEADER_BYTES + 8 + address.length, type);
    return bytes;
  }

  #start(bytes: Uint8Array, length: number): void {
    write16(bytes, 0, DATA_INDICATION);
    write16(bytes, 2, length);
    write32(bytes, 4, MAGIC_COOKIE);
    this.#count = (this.#count + 1) >>> 0;
    bytes.set(this.#id, 8);
    write32(bytes, 8 + ID_BYTES - 4, this.#count);
  }
}

const writePeer = (bytes: Uint8Array, at: number, address: Uint8Array, port: number): void => {
  write16(bytes, at, XOR_PEER_ADDRESS);
  write16(bytes, at + 2, 4 + address.length);
  bytes[at + 4] = 0;
  bytes[at + 5] = address.length === 4 ? 1 : 2;
  write16(bytes, at + 6, port ^ (MAGIC_COOKIE >>> 16));
  for (let index = 0; index < address.length; index++)
    bytes[at + 8 + index] = address[index]! ^ bytes[4 + index]!;
};
