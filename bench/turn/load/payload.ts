/**
 * What is relayed: as long as 20 ms of G.711 in RTP, with who sent it, its number and its time in it. Around it ChannelData, an
 * indication, or nothing.
 */

import type { SocketAddress } from '@ringdown/sans-io';
import { HEADER_BYTES, MAGIC_COOKIE, MessageWriter, padded, read16 } from '@ringdown/stun';
import { CHANNEL_HEADER_BYTES, channelData, Data, SEND, XorPeerAddress } from '@ringdown/turn';

export const PAYLOAD_BYTES = 172;
/** Where in a payload: behind what would be the header of RTP. */
const FLOW_AT = 12;
const NUMBER_AT = 16;
const TIME_AT = 20;
const DATA = 0x0013;

/** How data go between client and server. */
export type Framing = 'channels' | 'indications' | 'direct';

const payload = (): Uint8Array => {
  const bytes = new Uint8Array(PAYLOAD_BYTES).fill(0xd5);
  // RTP: version 2, PCMA. No server looks at it.
  bytes[0] = 0x80;
  bytes[1] = 0x08;
  return bytes;
};

export interface Template {
  readonly message: Uint8Array;
  /** Where its payload starts. */
  readonly dataAt: number;
}

/** A message of the client's for its peer, to be filled in. */
export const template = (framing: Framing, channel: number, peer: SocketAddress): Template => {
  const data = payload();
  if (framing === 'direct') return { message: data, dataAt: 0 };
  if (framing === 'channels')
    return { message: channelData(channel, data, false), dataAt: CHANNEL_HEADER_BYTES };
  const id = Uint8Array.from({ length: 12 }, (_, index) => (channel * 7 + index) & 0xff);
  const writer = new MessageWriter(SEND, 'indication', id).add(XorPeerAddress, peer);
  const dataAt = writer.bytes.length + 4;
  return { message: writer.add(Data, data).bytes, dataAt };
};

/** What a peer sends. */
export const bare = (): Template => ({ message: payload(), dataAt: 0 });

export const stamp = (view: DataView, at: number, flow: number, number: number, nowMs: number): void => {
  view.setUint32(at + FLOW_AT, flow);
  view.setUint32(at + NUMBER_AT, number);
  view.setFloat64(at + TIME_AT, nowMs);
};

export const flowOf = (view: DataView, at: number): number => view.getUint32(at + FLOW_AT);
export const numberOf = (view: DataView, at: number): number => view.getUint32(at + NUMBER_AT);
export const timeOf = (view: DataView, at: number): number => view.getFloat64(at + TIME_AT);

/**
 * Where the payload of a message to a client starts, whatever it is in.
 *
 * @returns -1 where there is none
 */
export const dataIn = (bytes: Uint8Array, start: number, length: number): number => {
  const first = bytes[start]!;
  if (first >= 0x80) return length === PAYLOAD_BYTES ? start : -1;
  if (first >= 0x40)
    return length >= CHANNEL_HEADER_BYTES + PAYLOAD_BYTES ? start + CHANNEL_HEADER_BYTES : -1;
  const end = start + length;
  if (read16(bytes, start + 4) !== MAGIC_COOKIE >>> 16) return -1;
  for (let at = start + HEADER_BYTES; at + 4 <= end; ) {
    const size = read16(bytes, at + 2);
    if (read16(bytes, at) === DATA) return size === PAYLOAD_BYTES && at + 4 + size <= end ? at + 4 : -1;
    at += 4 + padded(size);
  }
  return -1;
};
