import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerBinding } from './binding-server.ts';
import { ErrorCode } from './error-code.ts';
import { addFingerprint, Fingerprint, fingerprintHolds } from './fingerprint.ts';
import { BINDING, type StunClass } from './header.ts';
import { MappedAddress } from './mapped-address.ts';
import { parseStun, StunMessage } from './message.ts';
import { MessageWriter } from './message-writer.ts';
import { UnknownAttributes } from './unknown-attributes.ts';
import { XorMappedAddress } from './xor-mapped-address.ts';

const ID = Uint8Array.from({ length: 12 }, (_, index) => index + 1);
const CLASSIC_ID = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
const source = { address: '192.0.2.7', port: 40_123 };
const EMPTY = new Uint8Array(0);

const write = (id = ID, stunClass: StunClass = 'request', method = BINDING): MessageWriter =>
  new MessageWriter(method, stunClass, id);
const answerTo = (writer: MessageWriter, from = source): StunMessage => {
  const answer = parseStun(answerBinding(writer.bytes, from)!);
  if (answer instanceof StunMessage) return answer;
  throw new Error(answer.why);
};

describe('answerBinding', () => {
  test('says where the request came from, and nothing else', () => {
    const answer = answerTo(write());
    expect([answer.method, answer.class]).toEqual([BINDING, 'success']);
    expect(answer.transactionId).toEqual(ID);
    expect(answer.get(XorMappedAddress)).toEqual(source);
    expect(answer.bytes.length).toBe(32);
    const six = { address: '2001:db8::7', port: 5060 };
    expect(answerTo(write(), six).get(XorMappedAddress)).toEqual(six);
  });

  test('FINGERPRINT to those who sent one', () => {
    const answer = answerTo(addFingerprint(write()));
    expect(fingerprintHolds(answer)).toBe(true);
    expect(answerTo(write()).has(Fingerprint)).toBe(false);
    const refused = answerTo(addFingerprint(write().addBytes(0x0024, EMPTY)));
    expect(fingerprintHolds(refused)).toBe(true);
  });

  test('unknown attributes that must be understood: 420 with their types (RFC 8489 §6.3.1)', () => {
    const answer = answerTo(write().addBytes(0x0024, EMPTY).addBytes(0x0003, EMPTY).addBytes(0x8022, EMPTY));
    expect(answer.class).toBe('error');
    expect(answer.get(ErrorCode)?.code).toBe(420);
    expect(answer.get(UnknownAttributes)).toEqual([0x0024, 0x0003]);
    expect(answer.has(XorMappedAddress)).toBe(false);
  });

  test('credentials that nobody asked for are passed over', () => {
    const answer = answerTo(write().addBytes(0x0006, EMPTY).addBytes(0x0008, new Uint8Array(20)));
    expect(answer.class).toBe('success');
  });

  test('RFC 3489 clients get MAPPED-ADDRESS and all 16 bytes of their ID', () => {
    const answer = answerTo(write(CLASSIC_ID));
    expect(answer.bytes.subarray(4, 20)).toEqual(CLASSIC_ID);
    expect(answer.get(MappedAddress)).toEqual(source);
    expect(answer.has(XorMappedAddress)).toBe(false);
    const refused = answerTo(write(CLASSIC_ID).addBytes(0x0003, new Uint8Array(4)));
    expect(refused.get(UnknownAttributes)).toEqual([0x0003, 0x0003]);
  });

  test('silence: indications, responses, other methods, a wrong or misplaced FINGERPRINT, no STUN', () => {
    const silent = (bytes: Uint8Array) => expect(answerBinding(bytes, source)).toBeUndefined();
    for (const stunClass of ['indication', 'success', 'error'] as const) silent(write(ID, stunClass).bytes);
    silent(write(ID, 'request', 0x003).bytes);
    silent(write().add(Fingerprint, 1).bytes);
    silent(addFingerprint(write()).addBytes(0x8022, EMPTY).bytes);
    silent(EMPTY);
    silent(Uint8Array.from('OPTIONS sip:example.org SIP/2.0', (character) => character.charCodeAt(0)));
  });

  test('any bytes: silence or an answer of bounded size, never an exception', () => {
    const start = Uint8Array.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...ID]);
    const request = fc.uint8Array({ maxLength: 200 }).map((rest) => {
      const bytes = Uint8Array.from([...start, ...rest]);
      bytes[3] = rest.length;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(request, fc.uint8Array()), (bytes) => {
        const answer = answerBinding(bytes, source);
        if (answer !== undefined) expect(answer.length).toBeLessThanOrEqual(bytes.length + 20);
      }),
    );
  });
});
