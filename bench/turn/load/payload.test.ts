import { Malformed, parseStun } from '@ringdown/stun';
import { Data, parseChannelData, XorPeerAddress } from '@ringdown/turn';
import { describe, expect, it } from 'vitest';
import { bare, dataIn, flowOf, numberOf, PAYLOAD_BYTES, stamp, template, timeOf } from './payload.ts';

const peer = { address: '127.2.0.7', port: 40_007 };

describe('a message of the load', () => {
  it.each(['channels', 'indications', 'direct'] as const)('is found again in %s', (framing) => {
    const { message, dataAt } = template(framing, 0x4007, peer);
    const buffer = new Uint8Array(message.length + 9);
    buffer.set(message, 9);
    const view = new DataView(buffer.buffer);
    stamp(view, 9 + dataAt, 12, 345, 6.75);
    const at = dataIn(buffer, 9, message.length);
    expect(at).toBe(9 + dataAt);
    expect([flowOf(view, at), numberOf(view, at), timeOf(view, at)]).toEqual([12, 345, 6.75]);
  });

  it('is ChannelData that anybody reads', () => {
    const told = parseChannelData(template('channels', 0x4007, peer).message);
    expect(told).toMatchObject({ channel: 0x4007 });
    expect(told instanceof Malformed ? 0 : told.data.length).toBe(PAYLOAD_BYTES);
  });

  it('is a Send indication that anybody reads', () => {
    const told = parseStun(template('indications', 0, peer).message);
    if (told instanceof Malformed) throw new Error(told.why);
    expect(told).toMatchObject({ method: 0x006, class: 'indication' });
    expect(told.get(XorPeerAddress)).toEqual(peer);
    expect(told.get(Data)).toEqual(bare().message);
  });

  it('is not found in what is cut short, or something else', () => {
    for (const framing of ['channels', 'indications', 'direct'] as const) {
      const { message } = template(framing, 0x4007, peer);
      expect(dataIn(message, 0, message.length - 1)).toBe(-1);
    }
    expect(dataIn(new Uint8Array(300), 0, 300)).toBe(-1);
  });
});
