import { isMalformed } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import { parseDnsRecord } from './dns-record.ts';

describe('a record in the syntax of a zone file', () => {
  it.each([
    [
      'host.example. 60 IN A 192.0.2.1',
      { type: 'A', name: 'host.example.', ttlSeconds: 60, address: '192.0.2.1' },
    ],
    [
      'host.example in 60 a 192.0.2.1 ; home',
      { type: 'A', name: 'host.example', ttlSeconds: 60, address: '192.0.2.1' },
    ],
    [
      '  host.example\tAAAA  2001:db8::1',
      { type: 'AAAA', name: 'host.example', ttlSeconds: 3600, address: '2001:db8::1' },
    ],
    [
      'www.example CNAME host.example.',
      { type: 'CNAME', name: 'www.example', ttlSeconds: 3600, target: 'host.example.' },
    ],
    [
      '_sips._tcp.b.example. 60 IN SRV 0 5 5061 sip.b.example.',
      {
        type: 'SRV',
        name: '_sips._tcp.b.example.',
        ttlSeconds: 60,
        priority: 0,
        weight: 5,
        port: 5061,
        target: 'sip.b.example.',
      },
    ],
    [
      'b.example IN NAPTR 50 60 "s" "SIPS+D2T" "" _sips._tcp.b.example.',
      {
        type: 'NAPTR',
        name: 'b.example',
        ttlSeconds: 3600,
        order: 50,
        preference: 60,
        flags: 's',
        services: 'SIPS+D2T',
        regexp: '',
        replacement: '_sips._tcp.b.example.',
      },
    ],
    [
      'b.example NAPTR 1 2 u "E2U+sip" "!^.*$!sip:a;b\\"c\\\\1!" .',
      {
        type: 'NAPTR',
        name: 'b.example',
        ttlSeconds: 3600,
        order: 1,
        preference: 2,
        flags: 'u',
        services: 'E2U+sip',
        regexp: '!^.*$!sip:a;b"c\\1!',
        replacement: '.',
      },
    ],
  ])('%s', (line, expected) => {
    expect(parseDnsRecord(line)).toEqual(expected);
  });

  it.each([
    ['', 'it must read NAME [TTL] [IN] TYPE DATA'],
    ['host.example 60 IN', 'it must read NAME [TTL] [IN] TYPE DATA'],
    ['a..example A 192.0.2.1', '"a..example" is no name'],
    ['host.example A 192.0.2.256', 'A needs one IPv4 address'],
    ['host.example A 192.0.2.1 192.0.2.2', 'A needs one IPv4 address'],
    ['host.example AAAA 192.0.2.1', 'AAAA needs one IPv6 address'],
    ['www.example CNAME', 'CNAME needs one name'],
    ['_sip._udp.example SRV 0 0 65536 host.example', 'SRV needs priority, weight, port and a name'],
    ['_sip._udp.example SRV 0 0 host.example', 'SRV needs priority, weight, port and a name'],
    [
      'b.example NAPTR 1 2 "s" "SIP+D2U" _sip._udp.b.example',
      'NAPTR needs order, preference, "flags", "services", "regexp" and a name or "."',
    ],
    ['b.example NAPTR 1 2 "s SIP+D2U', 'a quote is not closed'],
    ['b.example MX 10 mail.example', '"MX" is none of A, AAAA, CNAME, SRV, NAPTR'],
    ['b.example 2147483648 A 192.0.2.1', 'the TTL must be below 2147483648'],
  ])('"%s" is refused: %s', (line, why) => {
    const record = parseDnsRecord(line);
    expect(isMalformed(record) && record.why).toBe(`DNS record "${line.trim()}": ${why}`);
  });
});
