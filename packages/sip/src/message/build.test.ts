import { describe, expect, it } from 'vitest';
import { testText } from '../../../../tools/testing/hashes.ts';
import { buildRequest, buildResponse } from './build.ts';
import { SipRequest, SipResponse } from './message.ts';
import { parseHead, parseMessage } from './parse.ts';
import { requestDefect, responseDefect } from './validate.ts';

const request = (head: string): SipRequest => {
  const message = parseHead(head);
  if (!(message instanceof SipRequest)) throw new Error('no request');
  return message;
};

const INVITE = [
  'INVITE sip:b@c SIP/2.0',
  'v: SIP/2.0/UDP a;branch=z9hG4bK1,\r\n SIP/2.0/UDP b',
  'Subject: no',
  'Via: SIP/2.0/TCP c',
  'f:   "A" <sip:a@b>;tag=1',
  't: <sip:b@c>',
  'Call-ID:x@y',
  'CSEQ: 1   INVITE',
  'Record-Route: <sip:p;lr>',
  'Contact: <sip:a@b>',
];
const invite = request(`${INVITE.join('\r\n')}\r\n\r\n`);

describe('answers (RFC 3261 §8.2.6)', () => {
  it('copy Via, From, Call-ID, CSeq and To as they came, in order, and nothing else', () => {
    const response = buildResponse(invite, 486, { toTag: 'tag1' });
    expect(response.head).toBe(
      [
        'SIP/2.0 486 Busy Here',
        INVITE[1],
        INVITE[3],
        INVITE[4],
        't: <sip:b@c>;tag=tag1',
        INVITE[6],
        INVITE[7],
        'Content-Length: 0\r\n\r\n',
      ].join('\r\n'),
    );
  });

  it('do not change a tag that is there', () => {
    const tagged = request(invite.head.replace('t: <sip:b@c>', 'To: <sip:b@c>;tag=theirs'));
    expect(buildResponse(tagged, 200, { toTag: 'ours' }).text('To')).toBe('<sip:b@c>;tag=theirs');
  });

  it('have no tag where none is given', () =>
    expect(buildResponse(invite, 100).text('To')).toBe('<sip:b@c>'));

  it('copy Record-Route where they make a dialog (§12.1.1)', () => {
    expect(buildResponse(invite, 200, { recordRoute: true }).text('Record-Route')).toBe('<sip:p;lr>');
    expect(buildResponse(invite, 200).text('Record-Route')).toBeUndefined();
  });

  it('say how long their body is', () => {
    const response = buildResponse(invite, 200, {
      reason: 'Fine',
      headers: [['Content-Type', 'text/plain']],
      body: testText.latin1Bytes('four'),
    });
    expect(response.head).toMatch(/^SIP\/2\.0 200 Fine\r\n/);
    expect(response.head).toMatch(/Content-Type: text\/plain\r\nContent-Length: 4\r\n\r\n$/);
  });

  it('have one To, From, Call-ID and CSeq, however many the request had', () => {
    const many = 'To: <sip:b>\r\nf: <sip:a>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n';
    const response = buildResponse(request(`INVITE sip:b SIP/2.0\r\n${many.repeat(3)}\r\n`), 400, {
      toTag: 't',
    });
    expect(response.head).toBe(
      'SIP/2.0 400 Bad Request\r\nTo: <sip:b>;tag=t\r\nf: <sip:a>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n',
    );
  });

  it('can be made of what is malformed', () => {
    const broken = request('INVITE sip:b SIP/2.0\r\nVia: ,,\r\nTo: "open <sip:b>\r\nno colon\r\n\r\n');
    expect(buildResponse(broken, 400, { toTag: 't' }).head).toBe(
      'SIP/2.0 400 Bad Request\r\nVia: ,,\r\nTo: "open <sip:b>;tag=t\r\nContent-Length: 0\r\n\r\n',
    );
  });
});

describe('requests', () => {
  it('are written in the order given, with their length', () => {
    const built = buildRequest({
      method: 'MESSAGE',
      uri: 'sip:b',
      headers: [
        ['A', '1'],
        ['B', '2'],
      ],
      body: new Uint8Array(3),
    });
    expect(built.head).toBe('MESSAGE sip:b SIP/2.0\r\nA: 1\r\nB: 2\r\nContent-Length: 3\r\n\r\n');
  });
});

const GOOD =
  'INVITE sip:b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n';

describe('what is wrong with a request', () => {
  const defectOf = (from: string | RegExp, to: string) => requestDefect(request(GOOD.replace(from, to)));

  it('nothing', () => expect(defectOf('', '')).toBeUndefined());
  it('nothing that only its receiver reads', () =>
    expect(defectOf('To:', 'Contact: <sip:a\r\nRecord-Route: x\r\nTo:')).toBeUndefined());
  it.each([
    ['another version', 'SIP/2.0\r\n', 'SIP/3.0\r\n', 505],
    ['a version with spaces behind it', 'SIP/2.0\r\n', 'SIP/2.0  \r\n', 400],
    ['no URI', 'sip:b SIP', 'b SIP', 400],
    ['a URI in brackets', 'sip:b SIP', '<sip:b> SIP', 400],
    ['spaces around the URI', 'sip:b SIP', ' sip:b  SIP', 400],
    ['no Via', /Via.*\r\n/, '', 400],
    ['no From', /From.*\r\n/, '', 400],
    ['no To', /To.*\r\n/, '', 400],
    ['no Call-ID', /Call-ID.*\r\n/, '', 400],
    ['no CSeq', /CSeq.*\r\n/, '', 400],
    ['a malformed Via', 'SIP/2.0/UDP a', 'SIP/2.0/UDP', 400],
    ['a malformed To', '<sip:b>', '"b <sip:b>', 400],
    ['two From', 'To:', 'f: <sip:c>\r\nTo:', 400],
    ['two Call-ID', 'To:', 'i: y\r\nTo:', 400],
    ['two Max-Forwards', 'To:', 'Max-Forwards: 1\r\nMax-Forwards: 1\r\nTo:', 400],
    ['a Max-Forwards that is no number', 'To:', 'Max-Forwards: x\r\nTo:', 400],
    ['two Content-Length', 'To:', 'l: 0\r\nl: 0\r\nTo:', 400],
    ['a body that is not all there', 'To:', 'l: 5\r\nTo:', 400],
    ['another method in CSeq', '1 INVITE', '1 MESSAGE', 400],
    ['a method in another case in CSeq', '1 INVITE', '1 invite', 400],
    ['a malformed Route', 'To:', 'Route: <sip:a>, b\r\nTo:', 400],
    ['a line without colon', 'To:', 'hello\r\nTo:', 400],
  ] as const)('%s', (_, from, to, status) => expect(defectOf(from, to)?.status).toBe(status));
});

describe('what is wrong with a response', () => {
  const defectOf = (from: string | RegExp, to: string) => {
    const text = GOOD.replace('INVITE sip:b SIP/2.0', 'SIP/2.0 200 OK').replace(from, to);
    const message = parseMessage(text, testText.latin1Bytes(text));
    if (!(message instanceof SipResponse)) throw new Error('no response');
    return responseDefect(message);
  };

  it('nothing', () => expect(defectOf('', '')).toBeUndefined());
  it.each([
    ['another version', 'SIP/2.0 200', 'SIP/7.0 200'],
    ['no Via', /Via.*\r\n/, ''],
    ['two CSeq', 'To:', 'CSeq: 1 INVITE\r\nTo:'],
    ['an overlarge CSeq', '1 INVITE', '9292394834772304023312 INVITE'],
  ] as const)('%s', (_, from, to) => expect(defectOf(from, to)).toBeDefined());
});
