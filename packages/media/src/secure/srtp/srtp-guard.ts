import { sameBytes } from '@ringdown/net';
import type { PacketGuard } from '../packet-guard.ts';
import { packetIndex, ReplayWindow } from './packet-index.ts';
import type { Protection } from './protection.ts';
import { type MasterKey, sessionKeys } from './session-keys.ts';
import { type Transform, transformFor } from './transform.ts';

/** Sources of one session whose packets are authentic. More than any call has; a new one beyond them is not heard. */
const MOST_SOURCES = 128;
const RTP_HEADER_BYTES = 12;
const RTCP_HEADER_BYTES = 8;
/** The bit that says whether a packet of RTCP is encrypted, and its index (RFC 3711 §3.4). */
const RTCP_INDEX_BYTES = 4;
const ENCRYPTED = 0x8000_0000;
const MOST_RTCP_INDEX = 0x7fff_ffff;
const NO_TAIL = new Uint8Array(0);
const NO_IDENTIFIER = new Uint8Array(0);

/** SRTP and SRTCP (RFC 3711): `local` is the key of what we send, `remote` that of what comes. */
export const srtpGuard = (protection: Protection, local: MasterKey, remote: MasterKey): PacketGuard => {
  const sender = new Sender(protection, local);
  const receiver = new Receiver(protection, remote);
  return {
    cipher: protection.name,
    protectRtp: (packet) => sender.rtp(packet),
    protectRtcp: (packet) => sender.rtcp(packet),
    unprotectRtp: (packet) => receiver.rtp(packet),
    unprotectRtcp: (packet) => receiver.rtcp(packet),
  };
};

class Sender {
  readonly #rtp: Transform;
  readonly #rtcp: Transform;
  readonly #protection: Protection;
  readonly #identifier: Uint8Array;
  /** The highest index of each source. */
  readonly #highest = new Map<number, number>();
  readonly #rtcpIndices = new Map<number, number>();

  constructor(protection: Protection, master: MasterKey) {
    this.#protection = protection;
    this.#identifier = master.identifier ?? NO_IDENTIFIER;
    this.#rtp = transformFor(protection, sessionKeys(protection, master, 'rtp'), protection.tagBytes);
    this.#rtcp = transformFor(protection, sessionKeys(protection, master, 'rtcp'), protection.rtcpTagBytes);
  }

  rtp(packet: Uint8Array): Uint8Array {
    const bodyAt = payloadAt(packet);
    if (bodyAt === undefined) throw new RangeError(`${packet.length} bytes are no packet of RTP`);
    const ssrc = ssrcAt(packet, 8);
    const highest = this.#highest.get(ssrc) ?? -1;
    const index = packetIndex((packet[2]! << 8) | packet[3]!, highest);
    if (index === undefined) throw new RangeError('A packet from before the first cannot be protected');
    if (index > highest) this.#highest.set(ssrc, index);
    const sealed = this.#rtp.seal(packet, bodyAt, { ssrc, index, isRtcp: false }, NO_TAIL);
    return this.#identified(sealed, this.#protection.tagBytes);
  }

  rtcp(packet: Uint8Array): Uint8Array {
    if (packet.length < RTCP_HEADER_BYTES)
      throw new RangeError(`${packet.length} bytes are no packet of RTCP`);
    const ssrc = ssrcAt(packet, 4);
    const index = this.#rtcpIndices.get(ssrc) ?? 0;
    this.#rtcpIndices.set(ssrc, (index + 1) % (MOST_RTCP_INDEX + 1));
    const tail = new Uint8Array(RTCP_INDEX_BYTES);
    new DataView(tail.buffer).setUint32(0, ENCRYPTED + index);
    const sealed = this.#rtcp.seal(packet, RTCP_HEADER_BYTES, { ssrc, index, isRtcp: true }, tail);
    return this.#identified(sealed, this.#protection.rtcpTagBytes);
  }

  /** The identifier of the key stands before the tag, or behind it where that is part of what is encrypted. */
  #identified(sealed: Uint8Array, tagBytes: number): Uint8Array {
    const identifier = this.#identifier;
    if (identifier.length === 0) return sealed;
    const at = this.#protection.mode === 'cm' ? sealed.length - tagBytes : sealed.length;
    const whole = new Uint8Array(sealed.length + identifier.length);
    whole.set(sealed.subarray(0, at));
    whole.set(identifier, at);
    whole.set(sealed.subarray(at), at + identifier.length);
    return whole;
  }
}

class Receiver {
  readonly #rtp: Transform;
  readonly #rtcp: Transform;
  readonly #protection: Protection;
  readonly #identifier: Uint8Array;
  /** Packets that have come, of each source that is proven. */
  readonly #rtpSeen = new Map<number, ReplayWindow>();
  readonly #rtcpSeen = new Map<number, ReplayWindow>();

  constructor(protection: Protection, master: MasterKey) {
    this.#protection = protection;
    this.#identifier = master.identifier ?? NO_IDENTIFIER;
    this.#rtp = transformFor(protection, sessionKeys(protection, master, 'rtp'), protection.tagBytes);
    this.#rtcp = transformFor(protection, sessionKeys(protection, master, 'rtcp'), protection.rtcpTagBytes);
  }

  rtp(given: Uint8Array): Uint8Array | undefined {
    const { tagBytes } = this.#protection;
    const packet = this.#withoutIdentifier(given, tagBytes);
    if (packet === undefined || packet.length < RTP_HEADER_BYTES + tagBytes) return undefined;
    const bodyAt = payloadAt(packet.subarray(0, packet.length - tagBytes));
    if (bodyAt === undefined) return undefined;
    const ssrc = ssrcAt(packet, 8);
    const window = this.#rtpSeen.get(ssrc);
    const index = packetIndex((packet[2]! << 8) | packet[3]!, window?.highest ?? -1);
    if (index === undefined || window?.isNew(index) === false) return undefined;
    const opened = this.#rtp.open(packet, bodyAt, { ssrc, index, isRtcp: false }, 0, false);
    return opened !== undefined && remember(this.#rtpSeen, ssrc, index) ? opened : undefined;
  }

  rtcp(given: Uint8Array): Uint8Array | undefined {
    const { mode, rtcpTagBytes } = this.#protection;
    const packet = this.#withoutIdentifier(given, mode === 'cm' ? rtcpTagBytes : 0);
    if (packet === undefined || packet.length < RTCP_HEADER_BYTES + RTCP_INDEX_BYTES + rtcpTagBytes)
      return undefined;
    const tailAt = packet.length - RTCP_INDEX_BYTES - (mode === 'cm' ? rtcpTagBytes : 0);
    const tail = new DataView(packet.buffer, packet.byteOffset + tailAt, RTCP_INDEX_BYTES).getUint32(0);
    const ssrc = ssrcAt(packet, 4);
    const index = tail & MOST_RTCP_INDEX;
    if (this.#rtcpSeen.get(ssrc)?.isNew(index) === false) return undefined;
    const isPlain = tail < ENCRYPTED;
    const nonce = { ssrc, index, isRtcp: true };
    const opened = this.#rtcp.open(packet, RTCP_HEADER_BYTES, nonce, RTCP_INDEX_BYTES, isPlain);
    return opened !== undefined && remember(this.#rtcpSeen, ssrc, index) ? opened : undefined;
  }

  #withoutIdentifier(packet: Uint8Array, tagBytes: number): Uint8Array | undefined {
    const identifier = this.#identifier;
    if (identifier.length === 0) return packet;
    const end = packet.length - (this.#protection.mode === 'cm' ? tagBytes : 0);
    const at = end - identifier.length;
    if (at < 0 || !sameBytes(packet.subarray(at, end), identifier)) return undefined;
    const rest = new Uint8Array(packet.length - identifier.length);
    rest.set(packet.subarray(0, at));
    rest.set(packet.subarray(end), at);
    return rest;
  }
}

/** @returns whether there is room for its source */
const remember = (windows: Map<number, ReplayWindow>, ssrc: number, index: number): boolean => {
  let window = windows.get(ssrc);
  if (window === undefined) {
    if (windows.size >= MOST_SOURCES) return false;
    window = new ReplayWindow();
    windows.set(ssrc, window);
  }
  window.add(index);
  return true;
};

const ssrcAt = (packet: Uint8Array, at: number): number =>
  ((packet[at]! << 24) | (packet[at + 1]! << 16) | (packet[at + 2]! << 8) | packet[at + 3]!) >>> 0;

/** Where the payload begins, behind contributing sources and header extensions (RFC 3550 §5.1). */
const payloadAt = (packet: Uint8Array): number | undefined => {
  if (packet.length < RTP_HEADER_BYTES || packet[0]! >> 6 !== 2) return undefined;
  const sourcesEnd = RTP_HEADER_BYTES + 4 * (packet[0]! & 0x0f);
  if ((packet[0]! & 0x10) === 0) return sourcesEnd <= packet.length ? sourcesEnd : undefined;
  if (sourcesEnd + 4 > packet.length) return undefined;
  const end = sourcesEnd + 4 + 4 * ((packet[sourcesEnd + 2]! << 8) | packet[sourcesEnd + 3]!);
  return end <= packet.length ? end : undefined;
};
