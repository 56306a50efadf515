import { after, type Instant, instant, seededRandom } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSipUriOnly, type SipUri } from '../message/uri.ts';
import { decodeVia, type ViaValue } from '../message/via.ts';
import type { Destination } from '../transport/flow.ts';
import type { DnsAnswer, DnsQuestion, DnsRecord } from './dns.ts';
import type { LocateOptions, LocateResult } from './location.ts';
import { createLocator, type LocatorOptions } from './locator.ts';
import { Zone } from './zone.ts';

const uri = (text: string): SipUri => {
  const read = parseSipUriOnly(text);
  if (!('host' in read)) throw new Error(read.why);
  return read;
};

const via = (text: string): ViaValue => {
  const read = decodeVia(text);
  if (!('host' in read)) throw new Error(read.why);
  return read;
};

const ttlSeconds = 60;
const a = (name: string, address: string, ttl = ttlSeconds): DnsRecord => ({
  type: address.includes(':') ? 'AAAA' : 'A',
  name,
  ttlSeconds: ttl,
  address,
});
const srv = (name: string, priority: number, weight: number, port: number, target: string): DnsRecord => ({
  type: 'SRV',
  name,
  ttlSeconds,
  priority,
  weight,
  port,
  target,
});
const naptr = (name: string, order: number, services: string, replacement: string): DnsRecord => ({
  type: 'NAPTR',
  name,
  ttlSeconds,
  order,
  preference: 50,
  flags: 's',
  services,
  regexp: '',
  replacement,
});
const cname = (name: string, target: string): DnsRecord => ({ type: 'CNAME', name, ttlSeconds, target });

/** A name server in memory: it holds a zone, and answers when told to. */
const nameServer = (zone: readonly DnsRecord[], options: Partial<LocatorOptions> = {}) => {
  const questions: DnsQuestion[] = [];
  const asked: string[] = [];
  const overrides = new Map<string, DnsAnswer>();
  let now = instant(0);
  const locator = createLocator(
    { random: seededRandom(1), ...options },
    {
      query: (question) => {
        questions.push(question);
        asked.push(`${question.type} ${question.name}`);
      },
    },
  );
  const fixed = new Zone(zone);
  const lookUp = (question: DnsQuestion): DnsAnswer =>
    overrides.get(`${question.type} ${question.name}`) ??
    fixed.answer(question) ?? { kind: 'failed', failure: 'no such name' };
  const answerAll = (): void => {
    for (let next = questions.shift(); next !== undefined; next = questions.shift())
      locator.answered(next.id, lookUp(next), now);
  };
  const results: LocateResult[] = [];
  const options0: LocateOptions = { transports: ['udp', 'tcp', 'tls'] };
  return {
    locator,
    asked,
    questions,
    overrides,
    results,
    answerAll,
    pass: (milliseconds: number): Instant => {
      now = after(now, milliseconds);
      return now;
    },
    start: (text: string, given: Partial<LocateOptions> = {}): void =>
      locator.locate(uri(text), { ...options0, ...given }, now, (result) => results.push(result)),
    locate: (text: string, given: Partial<LocateOptions> = {}): LocateResult => {
      const before = results.length;
      locator.locate(uri(text), { ...options0, ...given }, now, (result) => results.push(result));
      answerAll();
      expect(results.length).toBe(before + 1);
      return results.at(-1)!;
    },
    respond: (text: string): LocateResult => {
      const before = results.length;
      locator.locateResponse(via(text), {}, now, (result) => results.push(result));
      answerAll();
      expect(results.length).toBe(before + 1);
      return results.at(-1)!;
    },
  };
};

const written = ({ transport, address, port, serverName }: Destination): string =>
  `${transport} ${address} ${port}${serverName === undefined ? '' : ` ${serverName}`}`;

const destinations = (result: LocateResult): string[] => {
  if (result.kind === 'failed') throw new Error(result.why);
  return result.destinations.map(written);
};

const why = (result: LocateResult): string =>
  result.kind === 'failed' ? `${result.failure}: ${result.why}` : 'located';

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
    ['sips:bob@192.0.2.1;transport=udp', 'no transport: a SIPS URI cannot be reached over udp'],
    ['sip:bob@192.0.2.1:0', "no address: port 0 of 192.0.2.1 is nobody's"],
    ['sip:bob@example.com;maddr=%00', 'no such domain: "%00" is no domain name'],
    [`sip:${'a'.repeat(64)}.example`, `no such domain: "${'a'.repeat(64)}" is no domain name`],
  ])('%s fails: %s', (text, expected) => {
    expect(why(locate(text))).toBe(expected);
    expect(asked).toEqual([]);
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
      { ...naptr('example.com', 3, 'SIPS+D2T', ''), regexp: '!^.*$!sip:x@y!' } as DnsRecord,
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

describe('what is remembered', () => {
  const zone = [a('example.com', '192.0.2.1', 30), a('short.example', '192.0.2.2', 0)];
  const asks = (server: ReturnType<typeof nameServer>, text: string): number => {
    const before = server.asked.length;
    server.locate(text, { families: ['ipv4'] });
    return server.asked.length - before;
  };

  it('is believed as long as its TTL, and not at all at TTL 0', () => {
    const server = nameServer(zone);
    expect(asks(server, 'sip:example.com:5060')).toBe(1);
    server.pass(29_999);
    expect(asks(server, 'sip:example.com:5060')).toBe(0);
    server.pass(1);
    expect(asks(server, 'sip:example.com:5060')).toBe(1);
    expect(asks(server, 'sip:short.example:5060')).toBe(1);
    expect(asks(server, 'sip:short.example:5060')).toBe(1);
  });

  it('is what is missing, too: as long as the zone says, within a bound; failures shortly', () => {
    const server = nameServer([]);
    const missing = (milliseconds: number, answer: DnsAnswer): void => {
      server.overrides.set('A example.net', answer);
      expect(asks(server, 'sip:example.net:5060')).toBe(1);
      server.pass(milliseconds - 1);
      expect(asks(server, 'sip:example.net:5060')).toBe(0);
      server.pass(1);
    };
    missing(60_000, { kind: 'failed', failure: 'no such name' });
    missing(7_000, { kind: 'failed', failure: 'no data', ttlSeconds: 7 });
    missing(900_000, { kind: 'failed', failure: 'no such name', ttlSeconds: 86_400 });
    missing(5_000, { kind: 'failed', failure: 'timeout' });
    missing(5_000, { kind: 'failed', failure: 'server failure', ttlSeconds: 3_600 });
  });

  it('is bounded: the oldest is forgotten', () => {
    const names = Array.from({ length: 4 }, (_, index) => `h${index}.example`);
    const server = nameServer(
      names.map((name) => a(name, '192.0.2.1')),
      { maxCached: 3 },
    );
    for (const name of names) asks(server, `sip:${name}:5060`);
    expect(asks(server, 'sip:h3.example:5060')).toBe(0);
    expect(asks(server, 'sip:h0.example:5060')).toBe(1);
  });

  it('is asked for once, however many wait for it', () => {
    const server = nameServer(zone);
    for (let count = 0; count < 5; count++) server.start('sip:example.com:5060', { families: ['ipv4'] });
    expect(server.asked).toEqual(['A example.com']);
    server.answerAll();
    expect(server.results.map(destinations)).toEqual(new Array(5).fill(['udp 192.0.2.1 5060']));
    expect(server.locator.asking).toBe(0);
  });
});

describe('answers that mean ill', () => {
  it('follow CNAMEs in and out of an answer, to a bounded number', () => {
    const chain = (length: number): DnsRecord[] => [
      ...Array.from({ length }, (_, index) => cname(`n${index}.example`, `N${index + 1}.example.`)),
      a(`n${length}.example`, '192.0.2.1'),
    ];
    expect(destinations(nameServer(chain(8)).locate('sip:n0.example:5060'))).toEqual(['udp 192.0.2.1 5060']);
    const long = nameServer(chain(9));
    expect(why(long.locate('sip:n0.example:5060'))).toContain('server failure');
    const whole = nameServer([]);
    whole.overrides.set('A n0.example', { kind: 'records', records: chain(8) });
    expect(destinations(whole.locate('sip:n0.example:5060'))).toEqual(['udp 192.0.2.1 5060']);
    whole.overrides.set('A n0.example', { kind: 'records', records: chain(9) });
    whole.pass(60_000);
    expect(why(whole.locate('sip:n0.example:5060'))).toContain('server failure');
  });

  it('end where names point at each other, in one answer or in two', () => {
    const loop = [cname('a.example', 'b.example'), cname('b.example', 'a.example')];
    const server = nameServer(loop);
    server.start('sip:a.example:5060');
    server.start('sip:b.example:5060');
    server.answerAll();
    expect(server.results.map(why)).toEqual([
      'server failure: the DNS could not answer for a.example',
      'server failure: the DNS could not answer for b.example',
    ]);
    expect(server.asked.length).toBeLessThan(40);
    const one = nameServer([]);
    one.overrides.set('A a.example', { kind: 'records', records: loop });
    one.overrides.set('AAAA a.example', { kind: 'records', records: [cname('a.example', 'a.example')] });
    expect(why(one.locate('sip:a.example:5060'))).toContain('server failure');
  });

  it('take what is remembered of a CNAME no longer than the rest', () => {
    const server = nameServer([cname('a.example', 'b.example'), a('b.example', '192.0.2.1', 10)]);
    const only = { families: ['ipv4'] } as const;
    server.locate('sip:b.example:5060', only);
    server.pass(6_000);
    expect(destinations(server.locate('sip:a.example:5060', only))).toEqual(['udp 192.0.2.1 5060']);
    expect(server.asked).toEqual(['A b.example', 'A a.example']);
    server.pass(4_000);
    server.locate('sip:a.example:5060', only);
    expect(server.asked).toHaveLength(4);
  });

  it('of thousands of records give the first by priority, and a bounded list', () => {
    const many = Array.from({ length: 4_000 }, (_, index) =>
      srv('_sip._udp.example.com', 4_000 - index, 1, 5060, `s${index}.example.com`),
    );
    const addresses = Array.from({ length: 4_000 }, (_, index) =>
      a(`s${3_999 - (index % 16)}.example.com`, `192.0.${(index >> 8) % 256}.${index % 256}`),
    );
    const server = nameServer([...many, ...addresses]);
    const found = destinations(server.locate('sip:example.com;transport=udp'));
    expect(found).toHaveLength(32);
    expect(found.slice(0, 2)).toEqual(['udp 192.0.0.0 5060', 'udp 192.0.0.16 5060']);
    expect(server.asked).toHaveLength(1 + 16 * 2);
  });

  it('are passed over where they speak of other names, or carry what is no address, port or name', () => {
    const server = nameServer([]);
    const bad: DnsRecord[] = [
      srv('_sip._udp.example.com', 0, 0, 70_000, 'a.example'),
      srv('_sip._udp.example.com', 0, 0, 0, 'a.example'),
      srv('_sip._udp.example.com', -1, 0, 5060, 'a.example'),
      srv('_sip._udp.example.com', 0, 0.5, 5060, 'a.example'),
      srv('_sip._udp.example.com', 0, 0, 5060, 'a..example'),
      srv('_sip._udp.example.com', 0, 0, 5060, 'a\0b.example'),
      srv('_sip._udp.example.com', 0, 0, 5060, 'a b\r\n.example'),
      srv('_sip._udp.example.com', 0, 0, 5060, `${'x'.repeat(64)}.example`),
      srv('_sip._udp.example.com', 0, 0, 5060, `${'x.'.repeat(127)}example`),
      srv('_sip._udp.other.example', 0, 0, 5060, 'evil.example'),
      srv('_SIP._UDP.example.com.', 9, 0, 5060, 'Good.example.'),
    ];
    server.overrides.set('SRV _sip._udp.example.com', { kind: 'records', records: bad });
    const records = [
      a('good.example', '1.2.3'),
      a('other.example', '192.0.2.6'),
      a('good.example', '192.0.2.5'),
    ];
    server.overrides.set('A good.example', { kind: 'records', records });
    expect(destinations(server.locate('sip:example.com;transport=udp'))).toEqual(['udp 192.0.2.5 5060']);
    expect(server.asked).toEqual(['SRV _sip._udp.example.com', 'A good.example', 'AAAA good.example']);
  });

  it('to no question, or given twice, are ignored', () => {
    const server = nameServer([a('example.com', '192.0.2.1')]);
    server.start('sip:example.com:5060', { families: ['ipv4'] });
    const [question] = server.questions;
    server.locator.answered(999, { kind: 'failed', failure: 'timeout' }, instant(0));
    server.answerAll();
    server.locator.answered(question!.id, { kind: 'failed', failure: 'timeout' }, instant(0));
    expect(server.results.map(destinations)).toEqual([['udp 192.0.2.1 5060']]);
  });

  it('that do not come hold a bounded number of questions', () => {
    const server = nameServer([], { maxAsking: 2, maxWaiting: 1 });
    server.start('sip:a.example:5060');
    server.start('sip:a.example:5060');
    server.start('sip:b.example:5060');
    expect(server.results.map(why)).toEqual([
      'busy: too many DNS questions wait already to ask for a.example',
      'busy: too many DNS questions wait already to ask for b.example',
    ]);
    expect(server.locator.asking).toBe(2);
  });

  it('of any kind end every location, within a bounded number of questions', () => {
    const names = [
      'example.com',
      'a.example',
      'b.example',
      '_sip._udp.example.com',
      '_sips._tcp.example.com',
    ];
    const name = fc.constantFrom(...names, '.', '', 'a\0.example', 'x'.repeat(300));
    const common = { name, ttlSeconds: fc.constantFrom(0, 1, 60, -5, 2 ** 31) };
    const number = fc.constantFrom(0, 1, 5060, 65_536, -1, Number.NaN);
    const record = fc.oneof(
      fc.record({
        ...common,
        type: fc.constantFrom('A' as const, 'AAAA' as const),
        address: fc.constantFrom('192.0.2.1', '::1', 'x'),
      }),
      fc.record({ ...common, type: fc.constant('CNAME' as const), target: name }),
      fc.record({
        ...common,
        type: fc.constant('SRV' as const),
        priority: number,
        weight: number,
        port: number,
        target: name,
      }),
      fc.record({
        ...common,
        type: fc.constant('NAPTR' as const),
        order: number,
        preference: number,
        flags: fc.constantFrom('s', 'u', ''),
        services: fc.constantFrom('SIP+D2U', 'SIPS+D2T', 'sip+d2t', 'x'),
        regexp: fc.constantFrom('', '!x!y!'),
        replacement: name,
      }),
    );
    const answer: fc.Arbitrary<DnsAnswer> = fc.oneof(
      fc.record({ kind: fc.constant('records' as const), records: fc.array(record, { maxLength: 12 }) }),
      fc.record({
        kind: fc.constant('failed' as const),
        failure: fc.constantFrom('no such name' as const, 'no data' as const, 'timeout' as const),
      }),
    );
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1, maxLength: 20 }), (answers) => {
        const questions: DnsQuestion[] = [];
        let count = 0;
        const locator = createLocator(
          { random: seededRandom(3) },
          {
            query: (question) => {
              questions.push(question);
              count++;
            },
          },
        );
        const results: LocateResult[] = [];
        for (const text of ['sip:example.com', 'sips:a.example', 'sip:b.example;transport=udp'])
          locator.locate(uri(text), { transports: ['udp', 'tls'] }, instant(0), (result) =>
            results.push(result),
          );
        for (let next = questions.shift(); next !== undefined; next = questions.shift())
          locator.answered(next.id, answers[next.id % answers.length]!, instant(0));
        expect(results).toHaveLength(3);
        expect(count).toBeLessThan(600);
        for (const result of results)
          if (result.kind === 'located') expect(result.destinations.length).toBeGreaterThan(0);
      }),
    );
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
