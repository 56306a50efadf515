import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildResponse } from '../message/build.ts';
import { SipRequest } from '../message/message.ts';
import { type FramingViolation, type StreamEvent, StreamFramer } from './stream-framer.ts';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const text = {
  latin1: (bytes: Uint8Array, start = 0, end = bytes.length) => {
    let out = '';
    for (const byte of bytes.subarray(start, end)) out += String.fromCharCode(byte);
    return out;
  },
  latin1Bytes: bytesOf,
  utf8: () => '',
  utf8Bytes: () => new Uint8Array(0),
};

const frame = (pieces: readonly (string | Uint8Array)[], limits = {}) => {
  const events: StreamEvent[] = [];
  const options = { maxHeadBytes: 400, maxBodyBytes: 1000, ...limits };
  const framer = new StreamFramer(text, options, (event) => events.push(event));
  for (const piece of pieces) framer.push(typeof piece === 'string' ? bytesOf(piece) : piece);
  return { events, framer };
};

/** An event as one line, with all that matters of it. */
const told = (event: StreamEvent): string => {
  if (event.kind === 'ping') return 'ping';
  if (event.kind === 'message') return `${event.message.head}${text.latin1(event.message.body)}`;
  return `${event.status} ${event.why} ${event.request?.head ?? 'silence'} ${event.goesOn}`;
};

const message = (
  body: string,
  headers = `Content-Length: ${body.length}\r\n`,
  start = 'OPTIONS sip:a SIP/2.0',
) => `${start}\r\nVia: SIP/2.0/TCP a\r\n${headers}\r\n${body}`;
const only = (events: StreamEvent[]): FramingViolation => {
  expect(events.map(({ kind }) => kind)).toEqual(['violation']);
  return events[0] as FramingViolation;
};

describe('StreamFramer', () => {
  test('cuts one chunk into messages with their bodies', () => {
    const first = message('v=0\r\n\r\nx');
    const second = message('', 'l: 0\r\n', 'SIP/2.0 200 OK');
    const { events, framer } = frame([`${first}${second}${first}`]);
    expect(events.map(told)).toEqual([first, second, first]);
    expect(framer.partial).toBe(false);
  });

  test('any split of a stream gives the same', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary-ascii', maxLength: 40 }).map((body) => message(body)),
      fc.constant('\r\n'),
      fc.constant('\r\n\r\n'),
      fc.constant(message('y'.repeat(2000))),
      fc.constant(message('\r\n\r\n', 'l : 4\r\n', 'SIP/2.0 180 Ringing')),
      fc.constant(message('', '')),
      fc.constant(message('', `X: ${'x'.repeat(500)}\r\n`)),
      fc.constant('GET / HTTP/1.1\r\n\r\n'),
      fc.constant('\rx'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.nat({ max: 700 })), (pieces, cuts) => {
        const stream = bytesOf(pieces.join(''));
        const whole = frame([stream]).events.map(told);
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(stream.subarray(at, at + cut));
          at = Math.min(stream.length, at + cut);
        }
        chunks.push(stream.subarray(at));
        expect(frame(chunks).events.map(told)).toEqual(whole);
        const bytes = Array.from(stream, (_, index) => stream.subarray(index, index + 1));
        expect(frame(bytes).events.map(told)).toEqual(whole);
      }),
    );
  });

  test('the caller may use its chunk again', () => {
    // Node's Buffer, whose slice is no copy.
    const chunk = Buffer.from(message('abc').slice(0, -1));
    const { events, framer } = frame([chunk]);
    expect(framer.partial).toBe(true);
    chunk.fill(0);
    framer.push(bytesOf('c'));
    expect(events.map(told)).toEqual([message('abc')]);
    const whole = Buffer.from(message('abc'));
    const second = frame([whole]);
    whole.fill(0);
    expect(second.events.map(told)).toEqual([message('abc')]);
  });

  test('a large message byte by byte costs no more than its length', () => {
    const large = bytesOf(message('z'.repeat(1_000_000)));
    const { events } = frame(
      Array.from(large, (_, index) => large.subarray(index, index + 1)),
      { maxBodyBytes: 1_000_000 },
    );
    expect(events).toHaveLength(1);
  });

  test('CRLF before a start line is ignored, CRLF CRLF is a ping (RFC 5626 §3.5.1)', () => {
    expect(frame(['\r\n', message('')]).events.map(told)).toEqual([message('')]);
    expect(frame(['\r\n\r', '\n\r\n', message('')]).events.map(told)).toEqual(['ping', message('')]);
  });

  test('no Content-Length: 400, and nothing after it is read (RFC 3261 §18.3)', () => {
    const { events } = frame([message('', ''), message('')]);
    const violation = only(events);
    expect(violation).toMatchObject({ status: 400, why: 'no Content-Length on a stream', goesOn: false });
    expect(violation.request).toBeInstanceOf(SipRequest);
  });

  test.each([
    ['no number', 'Content-Length: x\r\n'],
    ['negative', 'Content-Length: -1\r\n'],
    ['beyond reason', 'Content-Length: 99999999999999999999\r\n'],
    ['two answers', 'Content-Length: 0\r\nl: 5\r\n'],
  ])('a Content-Length that is %s: 400 and closed', (_, headers) => {
    expect(only(frame([message('', headers)]).events)).toMatchObject({ status: 400, goesOn: false });
  });

  test('a body too large: 413, skipped, and the stream goes on', () => {
    const { events } = frame([message('y'.repeat(1001)), message('')]);
    expect(events.map(({ kind }) => kind)).toEqual(['violation', 'message']);
    expect(events[0]).toMatchObject({ status: 413, goesOn: true });
    expect(frame([message('y'.repeat(1000))]).events[0]).toMatchObject({ kind: 'message' });
  });

  test('a head too large: 513 to what its first lines say, and closed', () => {
    const violation = only(frame([`${message('', '').slice(0, -2)}X: ${'x'.repeat(500)}`]).events);
    expect(violation).toMatchObject({ status: 513, goesOn: false });
    expect(violation.request?.head).toBe('OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n\r\n');
    expect(only(frame(['x'.repeat(401)]).events)).toMatchObject({ request: undefined, goesOn: false });
  });

  test('a head too large that is all Via: the answer to it is not too large', () => {
    const violation = only(frame([`OPTIONS sip:a SIP/2.0\r\n${'Via: SIP/2.0/TCP a\r\n'.repeat(30)}`]).events);
    expect(violation.status).toBe(513);
    expect(buildResponse(violation.request!, 513).head.length).toBeLessThan(400);
  });

  test('responses, ACKs and what is no message are not answered', () => {
    expect(only(frame([message('', '', 'SIP/2.0 200 OK')]).events).request).toBeUndefined();
    expect(only(frame([message('', '', 'ACK sip:a SIP/2.0')]).events).request).toBeUndefined();
    expect(only(frame(['GET / HTTP/1.1\r\n\r\n']).events)).toMatchObject({
      request: undefined,
      goesOn: false,
    });
  });

  test('partial: in a head, in a body, in a body that is skipped, and not between messages', () => {
    const { framer } = frame(['OPT']);
    expect(framer.partial).toBe(true);
    framer.push(bytesOf(message('ab').slice(3, -2)));
    expect(framer.partial).toBe(true);
    framer.push(bytesOf('ab'));
    expect(framer.partial).toBe(false);
    framer.push(bytesOf(message('y'.repeat(1001)).slice(0, -1)));
    expect(framer.partial).toBe(true);
    framer.push(bytesOf('y'));
    expect(framer.partial).toBe(false);
  });
});
