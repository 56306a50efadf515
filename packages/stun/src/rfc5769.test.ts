import { describe, expect, test } from 'vitest';
import type { Attribute } from './attribute.ts';
import { addFingerprint, fingerprintHolds } from './fingerprint.ts';
import { BINDING } from './header.ts';
import { parseStun, StunMessage } from './message.ts';
import { MessageWriter } from './message-writer.ts';
import { XorMappedAddress } from './xor-mapped-address.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s+/g, ''), 'hex'));
const parsed = (bytes: Uint8Array): StunMessage => {
  const message = parseStun(bytes);
  if (message instanceof StunMessage) return message;
  throw new Error(message.why);
};
const raw = (type: number): Attribute<string> => ({
  name: 'raw',
  type,
  decode: (value) => Buffer.from(value).toString('latin1'),
  encode: (value) => Buffer.from(value, 'latin1'),
});
const Username = raw(0x0006);
const Integrity = raw(0x0008);
const Software = raw(0x8022);

const request = hex(`
  00 01 00 58 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
  80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74
  00 24 00 04 6e 00 01 ff
  80 29 00 08 93 2f f9 b1 51 26 3b 36
  00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20
  00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2
  80 28 00 04 e5 7a 3b cf`);
const ipv4Response = hex(`
  01 01 00 3c 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
  80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20
  00 20 00 08 00 01 a1 47 e1 12 a6 43
  00 08 00 14 2b 91 f5 99 fd 9e 90 c3 8c 74 89 f9 2a f9 ba 53 f0 6b e7 d7
  80 28 00 04 c0 7d 4c 96`);
const ipv6Response = hex(`
  01 01 00 48 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
  80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20
  00 20 00 14 00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9
  00 08 00 14 a3 82 95 4e 4b e6 7b f1 17 84 c9 7c 82 92 c2 75 bf e3 ed 41
  80 28 00 04 c8 fb 0b 4c`);

describe('test vectors of RFC 5769', () => {
  test('§2.1 request: header, attributes without their padding, fingerprint', () => {
    const message = parsed(request);
    expect([message.method, message.class, message.classic]).toEqual([BINDING, 'request', false]);
    expect(Buffer.from(message.transactionId).toString('hex')).toBe('b7e7a701bc34d686fa87dfae');
    expect(message.get(Software)).toBe('STUN test client');
    expect(message.get(Username)).toBe('evtj:h6vY');
    expect(message.unknown(new Set([0x0006, 0x0008]))).toEqual([0x0024]);
    expect(fingerprintHolds(message)).toBe(true);
  });

  test.each([
    ['§2.2 IPv4 response', ipv4Response, '192.0.2.1'],
    ['§2.3 IPv6 response', ipv6Response, '2001:db8:1234:5678:11:2233:4455:6677'],
  ])('%s: address, fingerprint, and the same bytes when written', (_, bytes, address) => {
    const message = parsed(bytes);
    expect([message.method, message.class]).toEqual([BINDING, 'success']);
    expect(message.get(Software)).toBe('test vector');
    expect(message.get(XorMappedAddress)).toEqual({ address, port: 32_853 });
    expect(fingerprintHolds(message)).toBe(true);

    const writer = new MessageWriter(BINDING, 'success', message.transactionId)
      .add(raw(0x8022), 'test vector')
      .add(XorMappedAddress, { address, port: 32_853 })
      .add(Integrity, message.get(Integrity)!);
    const written = addFingerprint(writer).bytes;
    // RFC 5769 pads SOFTWARE with a space, we with zeros: only what is behind it can be compared.
    expect(written.subarray(36, 60)).toEqual(bytes.subarray(36, 60));
    expect(written.length).toBe(bytes.length);
    expect(fingerprintHolds(parsed(written))).toBe(true);
  });

  test('reading an address leaves the message as it was, in a Buffer too', () => {
    const buffer = Buffer.from(ipv4Response);
    const message = parsed(buffer);
    expect(message.get(XorMappedAddress)).toEqual(message.get(XorMappedAddress));
    expect(buffer.equals(ipv4Response)).toBe(true);
  });

  test('one bit changed anywhere breaks the fingerprint', () => {
    for (const at of [1, 9, 20, 30, 60, 90, 106]) {
      const broken = request.slice();
      broken[at]! ^= 1;
      const message = parseStun(broken);
      if (message instanceof StunMessage) expect(fingerprintHolds(message)).not.toBe(true);
    }
  });
});
