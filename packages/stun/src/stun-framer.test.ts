import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BINDING } from './header.ts';
import { Malformed } from './malformed.ts';
import { MessageWriter } from './message-writer.ts';
import { StunFramer } from './stun-framer.ts';

const message = (length: number): Uint8Array =>
  new MessageWriter(BINDING, 'request', new Uint8Array(12).fill(length)).addBytes(
    0x8022,
    new Uint8Array(length),
  ).bytes;

describe('StunFramer', () => {
  test('finds the messages, however the stream is cut', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 6 });
    fc.assert(
      fc.property(lengths, fc.array(fc.integer({ min: 1, max: 90 })), (sizes, cuts) => {
        const sent = sizes.map(message);
        const stream = Uint8Array.from(sent.flatMap((one) => [...one]));
        const framer = new StunFramer();
        const found: (Uint8Array | Malformed)[] = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          found.push(...framer.receive(stream.slice(at, at + cut)));
          at += cut;
        }
        expect(found).toEqual(sent);
      }),
    );
  });

  test('what is no STUN ends the stream, and so does what is too long', () => {
    const long = new StunFramer({ maxMessageBytes: 100 });
    expect(long.receive(message(76))).toHaveLength(1);
    expect(long.receive(message(80).subarray(0, 20))[0]).toBeInstanceOf(Malformed);
    expect(long.receive(message(4))).toEqual([]);
    const http = Uint8Array.from('GET / HTTP/1.1\r\nHost: example.org', (character) =>
      character.charCodeAt(0),
    );
    const framer = new StunFramer();
    const found = framer.receive(Uint8Array.from([...message(4), ...http]));
    expect(found.map((one) => one instanceof Malformed)).toEqual([false, true]);
  });
});
