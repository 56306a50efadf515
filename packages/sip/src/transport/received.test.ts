import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Malformed } from '../message/malformed.ts';
import { SipRequest } from '../message/message.ts';
import { parseHead } from '../message/parse.ts';
import { decodeVia, Via } from '../message/via.ts';
import { responseDestination, stampVia } from './received.ts';

const request = (...lines: string[]): SipRequest => {
  const message = parseHead(
    `OPTIONS sip:a@b SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n`,
    new Uint8Array([1, 2]),
  );
  if (!(message instanceof SipRequest)) throw new Error('the test needs a request');
  return message;
};
const source = { address: '192.0.2.7', port: 40_123 };
const stamped = (via: string, from = source): string => {
  const before = request('Max-Forwards: 70', `Via:${via}`, 'Call-ID: 1');
  const { head } = stampVia(before, from);
  expect(head.startsWith('OPTIONS sip:a@b SIP/2.0\r\nMax-Forwards: 70\r\nVia:')).toBe(true);
  expect(head.endsWith('\r\nCall-ID: 1\r\n\r\n')).toBe(true);
  return head.slice(head.indexOf('Via:') + 4, -'\r\nCall-ID: 1\r\n\r\n'.length);
};

describe('stampVia', () => {
  test('adds received where sent-by is a name or another address (RFC 3261 §18.2.1)', () => {
    expect(stamped(' SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bK1')).toBe(
      ' SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bK1;received=192.0.2.7',
    );
    expect(stamped('SIP/2.0/UDP 10.0.0.1')).toBe('SIP/2.0/UDP 10.0.0.1;received=192.0.2.7');
    expect(stamped('SIP/2.0/UDP 192.0.2.70;branch=1')).toBe(
      'SIP/2.0/UDP 192.0.2.70;branch=1;received=192.0.2.7',
    );
    expect(stamped('SIP/2.0/UDP 1192.0.2.7;branch=1')).toBe(
      'SIP/2.0/UDP 1192.0.2.7;branch=1;received=192.0.2.7',
    );
  });

  test('leaves a Via alone that says where it came from and asks for nothing', () => {
    const before = request('Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1');
    expect(stampVia(before, source)).toBe(before);
    const six = request('Via: SIP / 2.0 / UDP [2001:db8::9]:5060;branch=z9hG4bK1');
    expect(stampVia(six, { address: '2001:db8::9', port: 5060 })).toBe(six);
  });

  test('fills in rport and then received always (RFC 3581 §4)', () => {
    expect(stamped(' SIP/2.0/UDP 192.0.2.7;rport;branch=z9hG4bKkjshdyff')).toBe(
      ' SIP/2.0/UDP 192.0.2.7;rport=40123;branch=z9hG4bKkjshdyff;received=192.0.2.7',
    );
    expect(stamped(' SIP/2.0/UDP a.example ; branch=1 ; RPORT ')).toBe(
      ' SIP/2.0/UDP a.example ; branch=1 ;rport=40123;received=192.0.2.7 ',
    );
  });

  test('replaces what a peer wrote there itself', () => {
    expect(stamped(' SIP/2.0/UDP 192.0.2.7;received=198.51.100.1;branch=1;rport=9')).toBe(
      ' SIP/2.0/UDP 192.0.2.7;received=192.0.2.7;branch=1;rport=40123',
    );
    expect(stamped(' SIP/2.0/UDP 192.0.2.7;rport;received=198.51.100.1')).toBe(
      ' SIP/2.0/UDP 192.0.2.7;rport=40123;received=192.0.2.7',
    );
    expect(stamped(' SIP/2.0/UDP 192.0.2.7;received=198.51.100.1;x')).toBe(
      ' SIP/2.0/UDP 192.0.2.7;received=192.0.2.7;x',
    );
  });

  test('stamps the first value only, in a compact, folded or quoted line', () => {
    expect(stamped(' SIP/2.0/UDP a.example;x="1,;rport,2";branch=1, SIP/2.0/UDP b.example;rport')).toBe(
      ' SIP/2.0/UDP a.example;x="1,;rport,2";branch=1;received=192.0.2.7, SIP/2.0/UDP b.example;rport',
    );
    expect(stamped(' SIP/2.0/UDP a.example\r\n ;rport')).toBe(
      ' SIP/2.0/UDP a.example\r\n ;rport=40123;received=192.0.2.7',
    );
    const compact = stampVia(request('Vx: 1', 'v : SIP/2.0/UDP a.example', 'Via: SIP/2.0/UDP b'), source);
    expect(compact.head).toContain('v : SIP/2.0/UDP a.example;received=192.0.2.7\r\nVia: SIP/2.0/UDP b\r\n');
    expect(compact.body).toEqual(new Uint8Array([1, 2]));
  });

  test('writes IPv6 without brackets and without a zone', () => {
    expect(stamped(' SIP/2.0/UDP a.example;rport', { address: 'fe80::1%eth0', port: 5060 })).toBe(
      ' SIP/2.0/UDP a.example;rport=5060;received=fe80::1',
    );
  });

  test('gives back a request without a Via, or with an unreadable one, as it is', () => {
    const without = request('Call-ID: Via: 1');
    expect(stampVia(without, source)).toBe(without);
    const broken = request('Via: SIP/2.0/UDP a;x="open');
    expect(stampVia(broken, source)).toBe(broken);
  });

  test('what any Via says afterwards is true, and the rest is as before', () => {
    const parameter = fc.constantFrom(
      ';rport',
      ';rport=7',
      ';received=1.2.3.4',
      ';branch=z9hG4bK9',
      ';x="a;b"',
      '; ttl=1 ',
      ';maddr=a.b',
    );
    const host = fc.constantFrom('192.0.2.7', 'a.example', '[2001:db8::1]', '192.0.2.7:5061');
    fc.assert(
      fc.property(host, fc.uniqueArray(parameter), (sentBy, parameters) => {
        const text = `SIP/2.0/UDP ${sentBy}${parameters.join('')}`;
        const before = decodeVia(text);
        const after = stampVia(request(`Via: ${text}`, 'To: x'), source).get(Via)!;
        if (before instanceof Malformed) throw new Error(before.why);
        const asked = before.parameters.has('rport');
        const strip = (names: [string, string | undefined][]) =>
          names.filter(([name]) => name !== 'rport' && name !== 'received');
        expect(strip(after.parameters.entries())).toEqual(strip(before.parameters.entries()));
        expect(after.host).toBe(before.host);
        expect(after.parameters.get('rport')).toBe(asked ? '40123' : undefined);
        const received = after.parameters.get('received');
        if (asked || before.host !== '192.0.2.7' || received !== undefined)
          expect(received).toBe('192.0.2.7');
      }),
    );
  });
});

describe('responseDestination', () => {
  const to = (text: string) => {
    const via = decodeVia(text);
    if (via instanceof Malformed) throw new Error(via.why);
    return responseDestination(via);
  };

  test('a stream: received at the port of sent-by (RFC 3261 §18.2.2)', () => {
    expect(to('SIP/2.0/TCP a.example:5070;received=192.0.2.7;rport=40123;maddr=192.0.2.9')).toEqual({
      transport: 'tcp',
      address: '192.0.2.7',
      port: 5070,
    });
    expect(to('SIP/2.0/TLS a.example;received=192.0.2.7')).toEqual({
      transport: 'tls',
      address: '192.0.2.7',
      port: 5061,
      serverName: 'a.example',
    });
  });

  test('UDP: maddr, else received and rport, else sent-by (RFC 3581 §4)', () => {
    const udp = (address: string, port: number) => ({ transport: 'udp', address, port });
    expect(to('SIP/2.0/UDP 10.0.0.1;maddr=192.0.2.9;received=192.0.2.7;rport=9')).toEqual(
      udp('192.0.2.9', 5060),
    );
    expect(to('SIP/2.0/UDP a.example:5070;received=192.0.2.7;rport=9')).toEqual(udp('192.0.2.7', 9));
    expect(to('SIP/2.0/UDP a.example:5070;received=192.0.2.7')).toEqual(udp('192.0.2.7', 5070));
    expect(to('SIP/2.0/UDP [2001:db8::1]')).toEqual(udp('2001:db8::1', 5060));
    expect(to('SIP/2.0/UDP 192.0.2.7;rport')).toEqual(udp('192.0.2.7', 5060));
  });

  test('nowhere: names, WebSocket clients, other transports', () => {
    expect(to('SIP/2.0/UDP a.example')).toBeUndefined();
    expect(to('SIP/2.0/WSS a.invalid;received=192.0.2.7')).toBeUndefined();
    expect(to('SIP/2.0/SCTP 192.0.2.7')).toBeUndefined();
  });
});
