import { describe, expect, it } from 'vitest';
import { a, destinations, nameServer, naptr, srv, why } from '../../scenarios/name-server.ts';
import type { DnsRecord } from './dns.ts';

/** The zone of RFC 3263 §4.1 and §4.2, with addresses for its two servers. */
const example = [
  naptr('example.com', 50, 'SIPS+D2T', '_sips._tcp.example.com.'),
  naptr('example.com', 90, 'SIP+D2T', '_sip._tcp.example.com'),
  naptr('example.com', 100, 'SIP+D2U', '_sip._udp.example.com.'),
  srv('_sip._tcp.example.com', 0, 1, 5060, 'server1.example.com'),
  srv('_sip._tcp.example.com', 1, 2, 5060, 'server2.example.com.'),
  srv('_sips._tcp.example.com', 0, 1, 5061, 'server1.example.com'),
  a('server1.example.com', '192.0.2.1'),
  a('server2.example.com', '192.0.2.2'),
  a('server2.example.com', '2001:db8::2'),
];
describe('what needs no question', () => {
  const { locate, asked } = nameServer([]);
  it.each([
    ['sip:bob@192.0.2.1', 'udp 192.0.2.1 5060'],
    ['sip:bob@192.0.2.1:5070', 'udp 192.0.2.1 5070'],
    ['sip:bob@192.0.2.1;transport=TCP', 'tcp 192.0.2.1 5060'],
    ['sip:bob@192.0.2.1;transport=tls', 'tls 192.0.2.1 5061'],
    ['sips:bob@192.0.2.1', 'tls 192.0.2.1 5061'],
    ['sips:bob@192.0.2.1;transport=tcp', 'tls 192.0.2.1 5061'],
    ['sip:[2001:db8::1]:5062', 'udp 2001:db8::1 5062'],
    ['sip:bob@example.com;maddr=192.0.2.9', 'udp 192.0.2.9 5060'],
    ['sips:bob@Example.com:5071;maddr=192.0.2.9', 'tls 192.0.2.9 5071 example.com'],
  ])('%s is at %s', (text, expected) => {
    expect(destinations(locate(text))).toEqual([expected]);
    expect(asked).toEqual([]);
  });

  it('answers before locate returns', () => {
    const server = nameServer([]);
    server.start('sip:bob@192.0.2.1');
    expect(server.results).toHaveLength(1);
  });

  it('takes our first transport where we have no UDP', () => {
    expect(destinations(locate('sip:192.0.2.1', { transports: ['tls', 'tcp'] }))).toEqual([
      'tls 192.0.2.1 5061',
    ]);
  });

  it.each([
    ['sip:bob@example.com;transport=sctp', 'no transport: transport "sctp" is not one of ours'],
    [
      'sip:x.invalid;transport=ws',
      'no transport: x.invalid speaks ws: only the flow that it opened reaches it',
    ],
    [
      'sip:example.com;transport=wss',
      'no transport: example.com speaks wss: only the flow that it opened reaches it',
    ],
    ['sips:bob@192.0.2.1;transport=udp', 'no transport: a SIPS URI cannot be reached over udp'],
    ['sip:bob@192.0.2.1:0', "no address: port 0 of 192.0.2.1 is nobody's"],
    ['sip:bob@example.com;maddr=%00', 'no such domain: "%00" is no domain name'],
    [`sip:${'a'.repeat(64)}.example`, `no such domain: "${'a'.repeat(64)}" is no domain name`],
  ])('%s fails: %s', (text, expected) => {
    expect(why(locate(text))).toBe(expected);
    expect(asked).toEqual([]);
  });

  it.each([
    ['sip:192.0.2.1;transport=ws', 'ws 192.0.2.1 80'],
    ['sip:192.0.2.1:8443;transport=WSS', 'wss 192.0.2.1 8443'],
    ['sips:192.0.2.1;transport=ws', 'wss 192.0.2.1 443'],
    ['sip:192.0.2.1', 'udp 192.0.2.1 5060'],
  ])('%s is at %s for one who opens WebSockets (RFC 7118)', (text, expected) => {
    const transports = ['wss', 'ws', 'udp'] as const;
    expect(destinations(locate(text, { transports }))).toEqual([expected]);
    expect(why(locate('sip:x.invalid;transport=ws', { transports }))).toMatch(/only the flow that it opened/);
  });

  it('takes a WebSocket unasked where we have nothing else', () => {
    const ask = (text: string) => destinations(locate(text, { transports: ['ws', 'wss'] }));
    expect(ask('sip:192.0.2.1:8080')).toEqual(['ws 192.0.2.1 8080']);
    expect(ask('sips:192.0.2.1')).toEqual(['wss 192.0.2.1 443']);
  });

  it('says which transport or family of ours is missing', () => {
    expect(why(locate('sips:bob@example.com', { transports: ['udp', 'tcp'] }))).toBe(
      'no transport: we do not speak tls, which example.com needs',
    );
    expect(why(locate('sip:[2001:db8::1]', { families: ['ipv4'] }))).toBe(
      'no address: we have no socket of its family to reach 2001:db8::1',
    );
    expect(() => locate('sip:192.0.2.1', { families: [] })).toThrow('at least one');
  });
});

describe('the example of RFC 3263', () => {
  it('takes TCP, the first that both sides speak, and its servers by priority', () => {
    const { locate, asked } = nameServer(example);
    expect(destinations(locate('sip:user@example.com', { transports: ['udp', 'tcp'] }))).toEqual([
      'tcp 192.0.2.1 5060',
      'tcp 192.0.2.2 5060',
      'tcp 2001:db8::2 5060',
    ]);
    expect(asked.slice(0, 2)).toEqual(['NAPTR example.com', 'SRV _sip._tcp.example.com']);
  });

  it('takes TLS where we speak it, and proves the domain that was asked for', () => {
    const { locate } = nameServer(example);
    expect(destinations(locate('sip:user@EXAMPLE.com'))).toEqual(['tls 192.0.2.1 5061 example.com']);
  });

  it('asks nothing of the domain about its transports where the URI names one', () => {
    const { locate, asked } = nameServer(example);
    expect(destinations(locate('sip:example.com;transport=tcp'))).toHaveLength(3);
    expect(asked).not.toContain('NAPTR example.com');
  });

  it('goes by SIPS+D2T alone for a SIPS URI, though the domain prefers another', () => {
    const zone = [naptr('example.com', 10, 'SIP+D2U', '_sip._udp.example.com'), ...example];
    expect(destinations(nameServer(zone).locate('sips:user@example.com'))).toEqual([
      'tls 192.0.2.1 5061 example.com',
    ]);
  });

  it('asks for nothing but the address of a WebSocket server, whose certificate proves the name', () => {
    const zone = [...example, a('example.com', '192.0.2.7')];
    const { locate, asked } = nameServer(zone);
    const transports = ['wss', 'ws'] as const;
    expect(destinations(locate('sip:example.com', { transports }))).toEqual([
      'wss 192.0.2.7 443 example.com',
    ]);
    expect(destinations(locate('sip:example.com:8080;transport=ws', { transports }))).toEqual([
      'ws 192.0.2.7 8080 example.com',
    ]);
    expect(asked).toEqual(['A example.com', 'AAAA example.com']);
  });

  it('takes no SRV record where the URI has a port', () => {
    const zone = [...example, a('example.com', '192.0.2.7')];
    const { locate, asked } = nameServer(zone);
    expect(destinations(locate('sip:user@example.com:5080'))).toEqual(['udp 192.0.2.7 5080']);
    expect(destinations(locate('sips:user@example.com:5081'))).toEqual(['tls 192.0.2.7 5081 example.com']);
    expect(asked).toEqual(['A example.com', 'AAAA example.com']);
  });
});

describe('a domain without NAPTR records', () => {
  const zone = [
    srv('_sip._tcp.example.com', 0, 0, 5060, 'server.example.com'),
    srv('_sips._tcp.example.com', 0, 0, 5061, 'server.example.com'),
    a('server.example.com', '192.0.2.1'),
    a('example.com', '192.0.2.7'),
    a('plain.example', '192.0.2.8'),
    a('plain.example', '2001:db8::8'),
  ];

  it('is reached over the first of our transports that has SRV records', () => {
    const { locate } = nameServer(zone);
    expect(destinations(locate('sip:example.com'))).toEqual(['tcp 192.0.2.1 5060']);
    expect(destinations(locate('sip:example.com', { transports: ['tls', 'tcp'] }))).toEqual([
      'tls 192.0.2.1 5061 example.com',
    ]);
    expect(destinations(locate('sips:example.com'))).toEqual(['tls 192.0.2.1 5061 example.com']);
  });

  it('is its own server where it has no SRV records either', () => {
    const { locate } = nameServer(zone);
    expect(destinations(locate('sip:plain.example'))).toEqual(['udp 192.0.2.8 5060', 'udp 2001:db8::8 5060']);
    expect(destinations(locate('sips:plain.example'))).toEqual([
      'tls 192.0.2.8 5061 plain.example',
      'tls 2001:db8::8 5061 plain.example',
    ]);
    expect(destinations(locate('sip:plain.example;transport=tcp', { families: ['ipv6'] }))).toEqual([
      'tcp 2001:db8::8 5060',
    ]);
    expect(destinations(locate('sip:plain.example:5070', { families: ['ipv6', 'ipv4'] }))).toEqual([
      'udp 2001:db8::8 5070',
      'udp 192.0.2.8 5070',
    ]);
  });

  it('passes over NAPTR records that are none of SIP, are not terminal, or rewrite', () => {
    const zone = [
      naptr('example.com', 1, 'E2U+sip', '_sips._tcp.example.com'),
      { ...naptr('example.com', 2, 'SIPS+D2T', '_sips._tcp.example.com'), flags: 'u' } as DnsRecord,
      {
        ...naptr('example.com', 3, 'SIPS+D2T', '_sips._tcp.example.com'),
        regexp: '!^.*$!sip:x@y!',
      } as DnsRecord,
      srv('_sips._tcp.example.com', 0, 0, 5061, 'server.example.com'),
      naptr('example.com', 4, 'SIPS+D2T', '.'),
      srv('_sip._udp.example.com', 0, 0, 5066, 'server.example.com'),
      a('server.example.com', '192.0.2.1'),
    ];
    expect(destinations(nameServer(zone).locate('sip:example.com'))).toEqual(['udp 192.0.2.1 5066']);
  });

  it('goes on to the next service where one leads to no address', () => {
    const zone = [
      naptr('example.com', 1, 'SIPS+D2T', '_sips._tcp.example.com'),
      naptr('example.com', 2, 'SIP+D2T', '_sip._tcp.example.com'),
      srv('_sips._tcp.example.com', 0, 0, 5061, 'gone.example.com'),
      srv('_sip._tcp.example.com', 0, 0, 5060, 'server.example.com'),
      a('server.example.com', '192.0.2.1'),
    ];
    expect(destinations(nameServer(zone).locate('sip:example.com'))).toEqual(['tcp 192.0.2.1 5060']);
  });
});

describe('a service', () => {
  it('without SRV records is at the domain itself, over the transport that the domain prefers', () => {
    const zone = [
      naptr('example.com', 1, 'SIP+D2T', '_sip._tcp.example.com'),
      naptr('example.com', 2, 'SIP+D2U', '_sip._udp.example.com'),
      a('example.com', '192.0.2.7'),
    ];
    expect(destinations(nameServer(zone).locate('sip:example.com'))).toEqual(['tcp 192.0.2.7 5060']);
  });

  it('whose servers have no address is not at the domain itself', () => {
    const zone = [srv('_sip._udp.example.com', 0, 0, 5060, 'gone.example'), a('example.com', '192.0.2.7')];
    expect(why(nameServer(zone).locate('sip:example.com'))).toBe(
      'no such domain: no such domain gone.example',
    );
  });

  it('that names a server twice has it tried once', () => {
    const zone = [
      srv('_sip._udp.example.com', 0, 0, 5060, 's.example.com'),
      srv('_sip._udp.example.com', 1, 0, 5060, 's.example.com'),
      srv('_sip._udp.example.com', 2, 0, 5070, 's.example.com'),
      a('s.example.com', '192.0.2.1'),
    ];
    expect(destinations(nameServer(zone).locate('sip:example.com'))).toEqual([
      'udp 192.0.2.1 5060',
      'udp 192.0.2.1 5070',
    ]);
  });
});

describe('why there is nowhere to go', () => {
  it('tells a domain that is not from one that offers no SIP or has no address', () => {
    const zone = [
      srv('_sip._udp.silent.example', 0, 0, 0, '.'),
      a('silent.example', '192.0.2.1'),
      a('four.example', '192.0.2.1'),
      naptr('nowhere.example', 1, 'SIP+D2U', '_sip._udp.nowhere.example'),
    ];
    const { locate } = nameServer(zone);
    expect(why(locate('sip:bob@example.net'))).toBe('no such domain: no such domain example.net');
    expect(why(locate('sip:bob@silent.example'))).toBe('no transport: silent.example offers no SIP over udp');
    expect(why(locate('sip:bob@four.example', { families: ['ipv6'] }))).toBe(
      'no address: four.example has no IPv6 address',
    );
    expect(why(locate('sip:bob@nowhere.example'))).toBe(
      'no address: nowhere.example has no IPv4 or IPv6 address',
    );
  });

  it('does not take the domain for its server where the DNS could not say whether it has others', () => {
    const server = nameServer([a('example.com', '192.0.2.1')]);
    server.overrides.set('SRV _sip._udp.example.com', { kind: 'failed', failure: 'timeout' });
    expect(why(server.locate('sip:example.com'))).toBe(
      'timeout: no DNS server answered for _sip._udp.example.com in time',
    );
    server.overrides.set('SRV _sip._tcp.example.com', { kind: 'failed', failure: 'server failure' });
    server.pass(60_000);
    expect(why(server.locate('sip:example.com;transport=tcp'))).toBe(
      'server failure: the DNS could not answer for _sip._tcp.example.com',
    );
  });

  it('goes on without NAPTR records where the DNS fails on them, and with one family where the other fails', () => {
    const server = nameServer([
      srv('_sip._udp.example.com', 0, 0, 5060, 's.example.com'),
      a('s.example.com', '192.0.2.1'),
    ]);
    server.overrides.set('NAPTR example.com', { kind: 'failed', failure: 'server failure' });
    server.overrides.set('AAAA s.example.com', { kind: 'failed', failure: 'timeout' });
    expect(destinations(server.locate('sip:example.com'))).toEqual(['udp 192.0.2.1 5060']);
  });
});

describe('a response whose flow is gone', () => {
  const zone = [
    srv('_sip._udp.example.com', 0, 0, 5066, 'server.example.com'),
    srv('_sips._tcp.example.com', 0, 0, 5067, 'server.example.com'),
    a('server.example.com', '192.0.2.1'),
    a('example.com', '192.0.2.7'),
  ];
  it.each([
    ['SIP/2.0/UDP example.com', ['udp 192.0.2.1 5066']],
    ['SIP/2.0/TLS example.com', ['tls 192.0.2.1 5067 example.com']],
    ['SIP/2.0/TCP example.com', ['tcp 192.0.2.7 5060']],
    ['SIP/2.0/UDP example.com:5070', ['udp 192.0.2.7 5070']],
    ['SIP/2.0/UDP [2001:db8::1]:5070', ['udp 2001:db8::1 5070']],
    ['SIP/2.0/UDP example.com:5070;received=192.0.2.9', ['udp 192.0.2.9 5070']],
    ['SIP/2.0/UDP 10.0.0.1;received=192.0.2.9;rport=40000', ['udp 192.0.2.9 40000']],
    ['SIP/2.0/UDP 10.0.0.1;received=192.0.2.9;rport', ['udp 192.0.2.9 5060']],
    ['SIP/2.0/UDP 10.0.0.1:5080;maddr=224.2.0.1;received=192.0.2.9', ['udp 224.2.0.1 5080']],
    [
      'SIP/2.0/TCP example.com:5070;received=192.0.2.9;rport=40000',
      ['tcp 192.0.2.9 5070', 'tcp 192.0.2.7 5070'],
    ],
    ['SIP/2.0/TCP 192.0.2.9:5070;received=192.0.2.9', ['tcp 192.0.2.9 5070']],
    ['SIP/2.0/TLS gone.example;received=[2001:db8::9]', ['tls 2001:db8::9 5061 gone.example']],
  ])('with %s goes to %j', (text, expected) => {
    expect(destinations(nameServer(zone).respond(text))).toEqual(expected);
  });

  it('goes nowhere over a WebSocket, or to a name that is not', () => {
    expect(why(nameServer(zone).respond('SIP/2.0/WS x.invalid;received=192.0.2.1'))).toBe(
      'no transport: a response over WS goes back over its own flow only',
    );
    expect(why(nameServer(zone).respond('SIP/2.0/UDP gone.example:5060'))).toBe(
      'no such domain: no such domain gone.example',
    );
  });
});
