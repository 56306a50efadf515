import { instant, seededRandom } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { a, cname, destinations, nameServer, srv, uri, why } from '../../scenarios/name-server.ts';
import type { DnsAnswer, DnsQuestion, DnsRecord } from './dns.ts';
import type { LocateResult } from './location.ts';
import { createLocator } from './locator.ts';

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
