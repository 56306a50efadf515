import { describe, expect, it } from 'vitest';
import { testText } from '../../../../tools/testing/hashes.ts';
import { Contact, From, Route, To, tagOf } from './address.ts';
import { splitAtCommas } from './characters.ts';
import { defineField } from './field.ts';
import {
  Accept,
  CallId,
  ContentLength,
  CSeq,
  Event,
  Expires,
  MaxForwards,
  Subject,
  Supported,
} from './fields.ts';
import { isMalformed, Malformed } from './malformed.ts';
import { type SipMessage, SipRequest, SipResponse } from './message.ts';
import { Parameters, readParameters } from './parameters.ts';
import { parseHead, parseMessage } from './parse.ts';
import { Via } from './via.ts';

const parse = (text: string): SipMessage => {
  const message = parseMessage(text, testText.latin1Bytes(text));
  if (isMalformed(message)) throw new Error(message.why);
  return message;
};

const request = (...lines: string[]): SipMessage =>
  parse(`MESSAGE sip:b SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n`);

describe('start lines', () => {
  it('of a request', () => {
    const message = parse('INVITE sip:b@c SIP/2.0\r\n\r\n');
    expect(message).toBeInstanceOf(SipRequest);
    expect(message).toMatchObject({ method: 'INVITE', uri: 'sip:b@c', version: 'SIP/2.0' });
  });

  it('of a response, with and without a reason', () => {
    expect(parse('SIP/2.0 200 It is OK\r\n\r\n')).toMatchObject({ status: 200, reason: 'It is OK' });
    expect(parse('SIP/2.0 100 \r\n\r\n')).toMatchObject({ status: 100, reason: '' });
    expect(parse('SIP/2.0 100\r\n\r\n')).toMatchObject({ status: 100, reason: '' });
    expect(parse('SIP/2.0 200 OK\r\n\r\n')).toBeInstanceOf(SipResponse);
  });

  it.each([
    '',
    '\r\n\r\n',
    'hello',
    'INVITE\r\n\r\n',
    'INVITE sip:b\r\n\r\n',
    'INVITE SIP/2.0\r\n\r\n',
    'IN(VITE sip:b SIP/2.0\r\n\r\n',
    ' INVITE sip:b SIP/2.0\r\n\r\n',
    'SIP/2.0 99 x\r\n\r\n',
    'SIP/2.0 700 x\r\n\r\n',
    'SIP/2.0 2000 x\r\n\r\n',
    'SIP/2.0 4294967301 x\r\n\r\n',
    'SIP/2.0 OK\r\n\r\n',
    'SIP/2.0\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
  ])('"%s" is none', (text) =>
    expect(parseMessage(text, testText.latin1Bytes(text))).toBeInstanceOf(Malformed),
  );
});

describe('header lines', () => {
  it('are found by any spelling and by their compact form', () => {
    const message = request(
      'f: <sip:a@b>;tag=1',
      'T:<sip:b>',
      'CALL-id: x',
      'cSeQ: 7 MESSAGE',
      'L: 0',
      's: hello',
      'm: <sip:c>',
    );
    expect(tagOf(message.get(From))).toBe('1');
    expect(message.get(To)?.uri.text).toBe('sip:b');
    expect(message.get(CallId)).toBe('x');
    expect(message.get(CSeq)).toEqual({ sequence: 7, method: 'MESSAGE' });
    expect(message.get(ContentLength)).toBe(0);
    expect(message.text('Subject')).toBe('hello');
    expect(message.text('I')).toBe('x');
    expect(message.get(Contact)).not.toBe('*');
  });

  it('may be folded, with white space before the colon', () => {
    const message = request(
      'TO :\r\n sip:b ;   tag    = 19n',
      'Subject  :\r\n\tone\r\n   two',
      'cseq: 0009\r\n  MESSAGE',
    );
    expect(tagOf(message.get(To))).toBe('19n');
    expect(message.get(Subject)).toBe('one two');
    expect(message.get(CSeq)).toEqual({ sequence: 9, method: 'MESSAGE' });
  });

  it('may be empty', () => {
    const message = request('Subject:', 'Supported: ', 's :');
    expect(message.texts(Subject)).toEqual(['', '']);
    expect(message.get(Supported)).toBe('');
  });

  it('nobody defined are found by comparing names', () => {
    expect(request('X-Odd-One: 1', 'x-odd-one: 2').text('X-ODD-one')).toBe('1');
    expect(request().text('X-Odd-One')).toBeUndefined();
  });

  it('hold values across lines and commas, in order', () => {
    const message = request(
      'v: SIP/2.0/UDP a, SIP/2.0/UDP b',
      'Via: SIP/2.0/UDP c',
      'Route: <sip:a,b;lr>,\r\n "x, y" <sip:d>',
    );
    expect(message.texts(Via)).toEqual(['SIP/2.0/UDP a', 'SIP/2.0/UDP b', 'SIP/2.0/UDP c']);
    expect(message.get(Via)?.host).toBe('a');
    expect(message.texts(Route)).toEqual(['<sip:a,b;lr>', '"x, y" <sip:d>']);
    expect(message.all(Via)).toHaveLength(3);
  });

  it('that cannot be read are told apart from those that are not there', () => {
    const message = request('Max-Forwards: 256', 'Via: nonsense');
    expect(message.get(MaxForwards)).toBeUndefined();
    expect(message.malformed(MaxForwards)?.why).toContain('255');
    expect(message.malformed(Expires)).toBeUndefined();
    expect(isMalformed(message.all(Via))).toBe(true);
  });

  it('that are none are a defect, and the others are still there', () => {
    expect(request('no colon here', 'f: <sip:a>').defect).toContain('colon');
    expect(request('a(b: c').defect).toContain('token');
    expect(request('no colon here', 'f: <sip:a>').get(From)?.uri.text).toBe('sip:a');
    expect(request('f: <sip:a>').defect).toBeUndefined();
  });

  it('are ended by CR LF and nothing else, for others may see a line where we see none', () => {
    expect(request('Subject: a\nP-Asserted-Identity: <sip:boss>').defect).toContain('LF without CR');
    expect(request('Subject: a\rP-Asserted-Identity: <sip:boss>').defect).toContain('CR without LF');
    expect(request('Subject: a\r\n folded').defect).toBeUndefined();
  });

  it('are decoded once', () => {
    let decoded = 0;
    const Counted = defineField({ name: 'X-Counted', decode: (text) => `${text}${++decoded}` });
    const message = request('X-Counted: n');
    expect([message.get(Counted), message.get(Counted), decoded]).toEqual(['n1', 'n1', 1]);
  });

  it('keep every byte', () => {
    const text = `MESSAGE sip:b SIP/2.0\r\nSubject: \u00e9\u00ff\u0080\u0001\r\n\r\n\u0000\u00ff`;
    const message = parse(text);
    expect(message.get(Subject)).toBe('\u00e9\u00ff\u0080\u0001');
    expect([...message.body]).toEqual([0, 255]);
  });
});

describe('the end of a head', () => {
  it('is made up where a datagram ends before it', () => {
    const message = parse('MESSAGE sip:b SIP/2.0\r\nl: 0');
    expect(message.get(ContentLength)).toBe(0);
    expect(message.body).toHaveLength(0);
    expect(parse('MESSAGE sip:b SIP/2.0\r\nl: 0\r\n').get(ContentLength)).toBe(0);
  });
});

describe('fields', () => {
  it.each([
    [MaxForwards, '0068', 68],
    [Expires, '99999999999999999999', 2 ** 32 - 1],
    [ContentLength, '0', 0],
    [CallId, 'word%ZK-!.*_+\'@word`~)(><:\\/"][?}{', 'word%ZK-!.*_+\'@word`~)(><:\\/"][?}{'],
  ])('%o reads %s', (field, text, expected) => expect(field.decode(text)).toBe(expected));

  it.each([
    [MaxForwards, '-1'],
    [ContentLength, '-999'],
    [ContentLength, '5, 13'],
    [ContentLength, '4294967296'],
    [CSeq, '36893488147419103232 REGISTER'],
    [CSeq, '2147483648 INVITE'],
    [CSeq, 'INVITE'],
    [CSeq, '1'],
    [CallId, 'a b'],
    [CallId, ''],
    [Event, 'a b'],
    [Accept, 'sdp'],
  ])('%o refuses %s', (field, text) => expect(isMalformed(field.decode(text))).toBe(true));

  it('Event and Accept have parameters', () => {
    const event = request('o: presence;id=7').get(Event);
    expect([event?.value, event?.parameters.get('id')]).toEqual(['presence', '7']);
    expect(request('Accept: a/b;q=1, c/d').texts(Accept)).toHaveLength(2);
  });
});

describe('parameters', () => {
  const parameters = new Parameters(';a=1;B ; c = "x;\\"y" ;d=');

  it('are found by name, unquoted', () => {
    expect(['A', 'b', 'c', 'd', 'e'].map((name) => parameters.get(name))).toEqual([
      '1',
      '',
      'x;"y',
      '',
      undefined,
    ]);
    expect(parameters.entries().map(([name]) => name)).toEqual(['a', 'B', 'c', 'd']);
  });

  it('are changed at their place, the others stay as they are', () => {
    expect(parameters.with('a', '2').text).toBe(';a=2;B ; c = "x;\\"y" ;d=');
    expect(parameters.with('e', '').text).toBe(`${parameters.text};e`);
    expect(parameters.without('C').text).toBe(';a=1;B ;d=');
    expect(parameters.without('x')).toBe(parameters);
  });

  it.each(['a=1', ';', ';;', ';a=', ';a=b c', ';a="x', ';=1', ';a<'])('"%s" are refused', (text) =>
    expect(isMalformed(readParameters(text))).toBe(true),
  );

  it.each(['', ';a', ' ; a = 1 ', ';a="x;y"', ';received=[::1]'])('"%s" are read', (text) =>
    expect(isMalformed(readParameters(text))).toBe(false),
  );
});

describe('splitting at commas', () => {
  it.each([
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a , , b ', ['a', '', 'b']],
    ['"a,b",c', ['"a,b"', 'c']],
    ['<a,b>,c', ['<a,b>', 'c']],
    ['"\\",",c', ['"\\","', 'c']],
    ['"open, a', ['"open, a']],
    ['a,', ['a', '']],
  ])('%s', (text, values) => expect(splitAtCommas(text)).toEqual(values));
});

it('unfolds long white space in a time that follows its length', () => {
  const start = 'OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n';
  const rest = 'To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n';
  const head = `${start}From: <sip:a@b>${' '.repeat(1_000_000)};tag=1\r\n ;x=y\r\n${rest}`;
  const message = parseHead(head);
  if (!(message instanceof SipRequest)) throw new Error('it is a request');
  // Quadratic time would be a quarter of an hour: the test would run into its limit.
  expect(message.get(From)?.parameters.get('x')).toBe('y');
});

it('does not keep the memory that it was received in', () => {
  const memory = testText.latin1Bytes('before OPTIONS sip:a SIP/2.0\r\n\r\nbody behind');
  const bytes = memory.subarray('before '.length, memory.length - ' behind'.length);
  const message = parseMessage(testText.latin1(bytes), bytes);
  expect(message).toBeInstanceOf(SipRequest);
  const { body } = message as SipRequest;
  expect(body.buffer.byteLength).toBe('body'.length);
  memory.fill(0);
  expect(testText.latin1(body)).toBe('body');
});
