import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Attribute } from './attribute.ts';
import { ErrorCode } from './error-code.ts';
import { crc32 } from './fingerprint.ts';
import { BINDING, classOf, messageType, methodOf, type StunClass } from './header.ts';
import { Malformed } from './malformed.ts';
import { MappedAddress } from './mapped-address.ts';
import { parseStun, type StunMessage } from './message.ts';
import { MessageWriter } from './message-writer.ts';
import { addressBytes } from './transport-address.ts';
import { UnknownAttributes } from './unknown-attributes.ts';
import { XorMappedAddress } from './xor-mapped-address.ts';

const ID = Uint8Array.from({ length: 12 }, (_, index) => index * 20);
const parsed = (writer: MessageWriter): StunMessage => parseStun(writer.bytes) as StunMessage;
const write = (): MessageWriter => new MessageWriter(BINDING, 'request', ID);
const bytesOf = (type: number): Attribute<Uint8Array> => ({
  name: 'bytes',
  type,
  decode: (value) => new Uint8Array(value),
  encode: (value) => value,
});

describe('StunMessage', () => {
  test('type: the class stands between the bits of the method (RFC 8489 §5)', () => {
    expect(messageType(BINDING, 'request')).toBe(0x0001);
    expect(messageType(BINDING, 'indication')).toBe(0x0011);
    expect(messageType(BINDING, 'success')).toBe(0x0101);
    expect(messageType(BINDING, 'error')).toBe(0x0111);
    const classes = fc.constantFrom<StunClass>('request', 'indication', 'success', 'error');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xfff }), classes, (method, stunClass) => {
        const type = messageType(method, stunClass);
        expect([type >> 14, methodOf(type), classOf(type)]).toEqual([0, method, stunClass]);
      }),
    );
  });

  test('what is written is read, of any lengths; the first of two counts', () => {
    // Behind an integrity most are passed over: another test's matter.
    const types = fc.integer({ min: 0, max: 0xffff }).filter((type) => type !== 0x0008 && type !== 0x001c);
    const attributes = fc.array(fc.tuple(types, fc.uint8Array({ maxLength: 300 })));
    fc.assert(
      fc.property(attributes, (list) => {
        const writer = write();
        for (const [type, value] of list) writer.add(bytesOf(type), value);
        const message = parsed(writer);
        expect(message.bytes.length % 4).toBe(0);
        for (const [type] of list) {
          expect(message.get(bytesOf(type))).toEqual(list.find(([other]) => other === type)![1]);
        }
      }),
    );
  });

  test('every value of an attribute that may stand there more than once', () => {
    const [port, other] = [
      { address: '192.0.2.1', port: 1 },
      { address: '192.0.2.2', port: 2 },
    ];
    const message = parsed(
      write().add(XorMappedAddress, port).add(MappedAddress, port).add(XorMappedAddress, other),
    );
    expect(message.all(XorMappedAddress)).toEqual([port, other]);
    expect(message.all(UnknownAttributes)).toEqual([]);
    const broken = parsed(write().addBytes(XorMappedAddress.type, new Uint8Array(3)));
    expect(broken.all(XorMappedAddress)[0]).toBeInstanceOf(Malformed);
  });

  test.each([
    ['shorter than a header', Uint8Array.of(0, 1, 0, 0)],
    ['first bits not zero', write().bytes.map((byte, index) => (index === 0 ? 0x40 : byte))],
    ['a length that is no multiple of four', write().bytes.map((byte, index) => (index === 3 ? 2 : byte))],
    ['longer than the bytes', write().bytes.map((byte, index) => (index === 3 ? 4 : byte))],
    ['shorter than the bytes', Uint8Array.from([...write().bytes, 0, 0, 0, 0])],
    ['an attribute beyond the end', Uint8Array.from([...write().announce(4), 0x80, 0x22, 0, 1])],
  ])('malformed: %s', (_, bytes) => {
    expect(parseStun(bytes)).toBeInstanceOf(Malformed);
  });

  test('any bytes: a message or malformed, and no attribute throws', () => {
    const anything = fc.uint8Array({ maxLength: 120 }).map((rest) => {
      const bytes = Uint8Array.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...ID, ...rest]);
      bytes[3] = rest.length;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(anything, fc.uint8Array()), (bytes) => {
        const message = parseStun(bytes);
        if (message instanceof Malformed) return;
        for (const attribute of [XorMappedAddress, MappedAddress, ErrorCode, UnknownAttributes])
          expect(
            message.get<unknown>(attribute) !== undefined &&
              message.malformed<unknown>(attribute) !== undefined,
          ).toBe(false);
      }),
    );
  });

  test('unknown: types that must be understood, each once', () => {
    const writer = write();
    for (const type of [0x7ffe, 0x0006, 0x8000, 0x7ffe, 0x0024]) writer.add(bytesOf(type), new Uint8Array(0));
    expect(parsed(writer).unknown(new Set([0x0006]))).toEqual([0x7ffe, 0x0024]);
  });

  test('as many unknown types as a datagram holds are told in a time that grows with their number only', () => {
    const count = 16_370;
    const writer = write();
    for (let index = 0; index < count; index++) writer.addBytes(0x1000 + (index % 0x3000), new Uint8Array(0));
    const message = parsed(writer);
    const known = new Set([0x1001]);
    // A pass over pairs of them would take half a minute.
    for (let round = 0; round < 30; round++) expect(message.unknown(known).length).toBe(0x2fff);
    expect(message.unknown(known).slice(0, 3)).toEqual([0x1000, 0x1002, 0x1003]);
  });
});

describe('attributes', () => {
  test('addresses survive masking, and are written as RFC 5952 says', () => {
    const ip = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(ip, fc.integer({ min: 0, max: 65_535 }), (address, port) => {
        for (const attribute of [XorMappedAddress, MappedAddress]) {
          const read = parsed(write().add(attribute, { address, port })).get(attribute)!;
          expect(read.port).toBe(port);
          expect(addressBytes(read.address)).toEqual(addressBytes(address));
        }
      }),
    );
    const spelled = (address: string) =>
      parsed(write().add(MappedAddress, { address, port: 1 })).get(MappedAddress)?.address;
    expect(spelled('2001:DB8:0:0:1:0:0:1')).toBe('2001:db8::1:0:0:1');
    expect(spelled('::')).toBe('::');
    expect(spelled('fe80::1%eth0')).toBe('fe80::1');
    expect(spelled('::ffff:192.0.2.1')).toBe('::ffff:c000:201');
    expect(spelled('1:0:3:4:5:6:7:8')).toBe('1:0:3:4:5:6:7:8');
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1..2.3',
    'a.b.c.d',
    '1:2',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '::12345',
    '::1.2.3',
  ])('"%s" is no address', (text) => expect(() => addressBytes(text)).toThrow('is no IP address'));

  test('an address of another length or family is malformed', () => {
    const message = parsed(write().addBytes(MappedAddress.type, Uint8Array.of(0, 2, 0, 1, 1, 2, 3, 4)));
    expect(message.get(MappedAddress)).toBeUndefined();
    expect(message.malformed(MappedAddress)?.why).toContain('neither family');
    expect(message.has(MappedAddress)).toBe(true);
  });

  test('error codes and lists of types', () => {
    const message = parsed(
      write().add(ErrorCode, { code: 438, reason: 'Stale' }).add(UnknownAttributes, [1, 0x8002]),
    );
    expect(message.get(ErrorCode)).toEqual({ code: 438, reason: 'Stale' });
    expect(message.get(UnknownAttributes)).toEqual([1, 0x8002]);
    expect(parsed(write().addBytes(ErrorCode.type, Uint8Array.of(0, 0, 4))).get(ErrorCode)).toBeUndefined();
  });

  test('CRC-32 of "123456789" is 0xCBF43926', () => {
    expect(crc32(Uint8Array.from('123456789', Number).map((digit) => digit + 0x30))).toBe(0xcbf4_3926);
  });
});
