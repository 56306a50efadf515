import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ChangedAddress,
  ChangeRequest,
  OtherAddress,
  Padding,
  ResponseOrigin,
  ResponsePort,
  SourceAddress,
} from './behaviour-attributes.ts';
import { answerBinding, BindingServer, type BindingServerOptions } from './binding-server.ts';
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
    const unchanged = answerTo(
      write(CLASSIC_ID).add(ChangeRequest, { changeAddress: false, changePort: false }),
    );
    expect(unchanged.get(MappedAddress)).toEqual(source);
    const change = { changeAddress: true, changePort: false };
    const refused = answerTo(write(CLASSIC_ID).add(ChangeRequest, change));
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

describe('BindingServer', () => {
  const behaviour = { addresses: ['192.0.2.1', '192.0.2.2'], ports: [3478, 3479] } as const;
  const local = { address: '192.0.2.1', port: 3478 };
  const other = { address: '192.0.2.2', port: 3479 };
  const ask = (writer: MessageWriter, options: BindingServerOptions = { behaviour }, to = local) => {
    const answer = new BindingServer(options).answer(writer.bytes, source, to);
    const message = answer === undefined ? undefined : parseStun(answer.bytes);
    if (answer === undefined || !(message instanceof StunMessage)) throw new Error('no answer');
    return { ...answer, message };
  };
  const changing = (changeAddress: boolean, changePort: boolean): MessageWriter =>
    write().add(ChangeRequest, { changeAddress, changePort });

  test('without a second address it answers as the plain one, and knows nothing of RFC 5780', () => {
    const plain = ask(write(), {});
    expect([plain.from, plain.to, plain.message.bytes.length]).toEqual([local, source, 32]);
    for (const type of [0x0003, 0x0026, 0x0027])
      expect(ask(write().addBytes(type, new Uint8Array(4)), {}).message.get(UnknownAttributes)).toEqual([
        type,
      ]);
    expect(ask(changing(true, true), { behaviour }, { address: '192.0.2.3', port: 3478 }).message.class).toBe(
      'error',
    );
  });

  test.each([
    [false, false, '192.0.2.1', 3478],
    [true, false, '192.0.2.2', 3478],
    [false, true, '192.0.2.1', 3479],
    [true, true, '192.0.2.2', 3479],
  ])('changes address: %s, port: %s (RFC 5780 §6.1, table 1)', (address, port, fromAddress, fromPort) => {
    const { from, to, message } = ask(changing(address, port));
    expect([from, to]).toEqual([{ address: fromAddress, port: fromPort }, source]);
    expect(message.get(ResponseOrigin)).toEqual(from);
    expect(message.get(OtherAddress)).toEqual(other);
    expect([message.get(MappedAddress), message.get(XorMappedAddress)]).toEqual([source, source]);
  });

  test('says the addresses that others know it by', () => {
    const advertised = ['203.0.113.1', '203.0.113.2'] as const;
    const { from, message } = ask(changing(true, false), { behaviour: { ...behaviour, advertised } });
    expect(from).toEqual({ address: '192.0.2.2', port: 3478 });
    expect(message.get(ResponseOrigin)).toEqual({ address: '203.0.113.2', port: 3478 });
    expect(message.get(OtherAddress)).toEqual({ address: '203.0.113.2', port: 3479 });
  });

  test('RFC 3489 clients read SOURCE-ADDRESS and CHANGED-ADDRESS', () => {
    const request = write(CLASSIC_ID).add(ChangeRequest, { changeAddress: true, changePort: true });
    const { message } = ask(request);
    expect(message.get(MappedAddress)).toEqual(source);
    expect([message.get(SourceAddress), message.get(ChangedAddress)]).toEqual([other, other]);
    expect(message.has(OtherAddress)).toBe(false);
  });

  test('RESPONSE-PORT where it is allowed: to the same address only, and to no service', () => {
    const request = write().add(ResponsePort, 50_000);
    expect(ask(request).message.get(ErrorCode)?.code).toBe(420);
    const options = { behaviour, responsePort: true, maxPaddingBytes: 1_500 };
    expect(ask(request, options).to).toEqual({ ...source, port: 50_000 });
    const dns = ask(write().add(ResponsePort, 53), options);
    expect([dns.to, dns.message.get(ErrorCode)?.code]).toEqual([source, 400]);
    const padded = ask(write().add(ResponsePort, 50_000).add(Padding, new Uint8Array(8)), options);
    expect([padded.to, padded.message.get(ErrorCode)?.code]).toEqual([source, 400]);
  });

  test('PADDING where it is allowed: no more than was sent', () => {
    const options = { behaviour, maxPaddingBytes: 1_500 };
    const paddingOf = (bytes: number) =>
      ask(write().add(Padding, new Uint8Array(bytes)), options).message.get(Padding)?.length;
    expect([paddingOf(4), paddingOf(700), paddingOf(9_000)]).toEqual([4, 700, 1_500]);
    expect(ask(write().add(Padding, new Uint8Array(4))).message.get(ErrorCode)?.code).toBe(420);
  });

  test('any attributes: no exception, a bounded answer, to the client and from one of the four', () => {
    const types = [0x0003, 0x0026, 0x0027, 0x0002, 0x0004, 0x8027, 0x8028, 0x0024];
    const attribute = fc.tuple(fc.constantFrom(...types), fc.uint8Array({ maxLength: 60 }));
    const server = new BindingServer({ behaviour, responsePort: true, maxPaddingBytes: 16 });
    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 8 }), fc.boolean(), (attributes, classic) => {
        const writer = write(classic ? CLASSIC_ID : ID);
        for (const [type, value] of attributes) writer.addBytes(type, value);
        const answer = server.answer(writer.bytes, source, local);
        if (answer === undefined) return;
        expect(answer.bytes.length).toBeLessThanOrEqual(writer.bytes.length + 60);
        expect(answer.to.address).toBe(source.address);
        expect(behaviour.addresses).toContain(answer.from.address);
        expect(behaviour.ports).toContain(answer.from.port);
        const unknown = attributes.some(([type]) => [0x0002, 0x0004, 0x0024].includes(type));
        const message = parseStun(answer.bytes);
        if (unknown && message instanceof StunMessage) expect(message.get(ErrorCode)?.code).toBe(420);
      }),
    );
  });
});
