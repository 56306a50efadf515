import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { instant, seededRandom } from '@ringdown/sans-io';
import {
  createLocator,
  type DnsAnswer,
  type DnsQuestion,
  type DnsQuestionType,
  isMalformed,
  type LocateResult,
  parseSipUriOnly,
} from '@ringdown/sip';
import { type Answer, type DecodedPacket, decode, encode, type Packet } from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { parseDnsRecord } from './dns-record.ts';
import { createDnsResolver, type DnsResolverOptions, parseDnsServer } from './dns-resolver.ts';

const TRUNCATED = 0x0200;
const SERVFAIL = 2;
const NXDOMAIN = 3;

/** What the server answers: a packet without its id and question, bytes as they are, or silence. */
type Reply = Partial<Packet> | Buffer | undefined;
type Behaviour = (query: DecodedPacket, over: 'udp' | 'tcp', wire: Buffer) => Reply | Reply[];

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const wire = (query: DecodedPacket, reply: Reply): Buffer | undefined => {
  if (reply === undefined || reply instanceof Buffer) return reply;
  return encode({
    type: 'response',
    ...(query.id === undefined ? {} : { id: query.id }),
    questions: query.questions ?? [],
    ...reply,
  });
};

/** A tiny DNS server on a port of 127.0.0.1, the same for UDP and TCP. */
const dnsServer = async (behaviour: Behaviour) => {
  const queries: { readonly packet: DecodedPacket; readonly port: number; readonly over: 'udp' | 'tcp' }[] =
    [];
  const replies = (message: Buffer, port: number, over: 'udp' | 'tcp'): Buffer[] => {
    const packet = decode(message);
    queries.push({ packet, port, over });
    return [behaviour(packet, over, message)].flat().flatMap((reply) => wire(packet, reply) ?? []);
  };
  const udp: Socket = createSocket('udp4');
  udp.on('message', (message, from) => {
    for (const reply of replies(message, from.port, 'udp')) udp.send(reply, from.port, from.address);
  });
  const tcp: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    closers.push(() => socket.destroy());
    socket.on('data', (data: Buffer) => {
      for (const reply of replies(data.subarray(2), socket.remotePort ?? 0, 'tcp')) {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        socket.write(length);
        socket.write(reply);
      }
    });
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  closers.push(
    () => udp.close(),
    () => tcp.close(),
  );
  return { address: `127.0.0.1:${port}`, queries };
};

/** A resolver whose answers can be awaited. */
const resolverOf = (options: Omit<DnsResolverOptions, 'deliver'>) => {
  const waiting = new Map<number, (answer: DnsAnswer) => void>();
  const resolver = createDnsResolver({
    timeoutMs: 5_000,
    ...options,
    deliver: (id, answer) => waiting.get(id)?.(answer),
  });
  closers.push(() => resolver.close());
  let nextId = 1;
  return (name: string, type: DnsQuestionType): Promise<DnsAnswer> => {
    const question: DnsQuestion = { id: nextId++, name, type };
    return new Promise((resolve) => {
      waiting.set(question.id, resolve);
      resolver.query(question);
    });
  };
};

const address = (data: string, name = 'example.com'): Answer => ({ type: 'A', name, ttl: 30, data });
const record = { type: 'A', name: 'example.com', ttlSeconds: 30, address: '192.0.2.1' };

describe('a question over UDP', () => {
  it('brings back every type of record', async () => {
    const srv = { priority: 1, weight: 2, port: 5061, target: 'sip.example.com' };
    const naptr = {
      order: 1,
      preference: 2,
      flags: 's',
      services: 'SIP+D2U',
      regexp: '',
      replacement: '_sip._udp.example.com',
    };
    const server = await dnsServer((query) => {
      const { name, type } = query.questions![0]!;
      switch (type) {
        case 'SRV':
          return { answers: [{ type, name, ttl: 30, data: srv }] };
        case 'NAPTR':
          return { answers: [{ type, name, ttl: 30, data: naptr }] };
        case 'AAAA':
          return {
            answers: [
              { type: 'CNAME', name, ttl: 30, data: 'other.example' },
              { type, name: 'other.example', ttl: 60, data: '2001:db8::1' },
              { type: 'TXT', name, ttl: 30, data: 'not asked for' },
            ],
          };
        default:
          return { answers: [address('192.0.2.1', name)] };
      }
    });
    const ask = resolverOf({ servers: [server.address] });
    expect(await ask('example.com', 'A')).toEqual({ kind: 'records', records: [record] });
    expect(await ask('example.com', 'SRV')).toEqual({
      kind: 'records',
      records: [{ type: 'SRV', name: 'example.com', ttlSeconds: 30, ...srv }],
    });
    expect(await ask('example.com', 'NAPTR')).toEqual({
      kind: 'records',
      records: [{ type: 'NAPTR', name: 'example.com', ttlSeconds: 30, ...naptr }],
    });
    expect(await ask('example.com', 'AAAA')).toEqual({
      kind: 'records',
      records: [
        { type: 'CNAME', name: 'example.com', ttlSeconds: 30, target: 'other.example' },
        { type: 'AAAA', name: 'other.example', ttlSeconds: 60, address: '2001:db8::1' },
      ],
    });
  });

  it('comes from another port with another id each time, and wishes for recursion', async () => {
    const server = await dnsServer(() => ({ answers: [address('192.0.2.1')] }));
    const ask = resolverOf({ servers: [server.address] });
    await Promise.all(Array.from({ length: 8 }, () => ask('example.com', 'A')));
    expect(new Set(server.queries.map(({ port }) => port)).size).toBe(8);
    expect(new Set(server.queries.map(({ packet }) => packet.id)).size).toBeGreaterThan(4);
    expect(server.queries.every(({ packet }) => packet.flag_rd)).toBe(true);
  });

  it('says how long something is missing', async () => {
    const soa = {
      mname: 'ns.example',
      rname: 'x.example',
      serial: 1,
      refresh: 1,
      retry: 1,
      expire: 1,
      minimum: 20,
    };
    const authorities: Answer[] = [{ type: 'SOA', name: 'example.com', ttl: 90, data: soa }];
    const server = await dnsServer(({ questions }) =>
      questions![0]!.name === 'gone.example'
        ? { flags: NXDOMAIN, authorities }
        : questions![0]!.name === 'empty.example'
          ? { authorities }
          : {},
    );
    const ask = resolverOf({ servers: [server.address] });
    expect(await ask('gone.example', 'A')).toEqual({
      kind: 'failed',
      failure: 'no such name',
      ttlSeconds: 20,
    });
    expect(await ask('empty.example', 'A')).toEqual({ kind: 'failed', failure: 'no data', ttlSeconds: 20 });
    expect(await ask('bare.example', 'A')).toEqual({ kind: 'failed', failure: 'no data' });
  });

  it('believes only the answer to it: by id, question and direction', async () => {
    const good = { answers: [address('192.0.2.1')] };
    const bad = { answers: [address('203.0.113.66')] };
    const server = await dnsServer((query, _over, bytes) => [
      { ...bad, id: (query.id! + 1) % 0x10000 },
      { ...bad, questions: [{ type: 'A', name: 'example.org' }] },
      { ...bad, questions: [{ type: 'AAAA', name: 'example.com' }] },
      { ...bad, questions: [] },
      { ...bad, type: 'query' },
      Buffer.from([1, 2, 3]),
      bytes.subarray(0, 12),
      { ...good, questions: [{ type: 'A', name: 'EXAMPLE.com' }] },
    ]);
    expect(await resolverOf({ servers: [server.address] })('example.com', 'A')).toEqual({
      kind: 'records',
      records: [record],
    });
  });

  it('goes to the next server where one fails, refuses or cannot be read, and is repeated', async () => {
    const failing = await dnsServer(() => ({ flags: SERVFAIL }));
    const garbled = await dnsServer((query) => {
      const bytes = wire(query, { answers: [address('192.0.2.1')] })!;
      return bytes.subarray(0, bytes.length - 20);
    });
    const nobody = await dnsServer(() => undefined);
    for (const close of closers.splice(-2)) close();
    const good = await dnsServer(() => ({ answers: [address('192.0.2.1')] }));
    const servers = [failing, garbled, nobody, good].map((server) => server.address);
    expect(await resolverOf({ servers })('example.com', 'A')).toEqual({ kind: 'records', records: [record] });
    const without = resolverOf({ servers: servers.slice(0, 3), rounds: 2 });
    expect(await without('example.com', 'A')).toEqual({ kind: 'failed', failure: 'server failure' });
    expect(failing.queries).toHaveLength(3);
    // Only the first round asks for EDNS.
    expect(failing.queries.map(({ packet }) => packet.additionals?.length)).toEqual([1, 1, 0]);
  });

  it('ends where nobody answers, after each server was asked in each round', async () => {
    const silent = await dnsServer(() => undefined);
    const ask = resolverOf({ servers: [silent.address], timeoutMs: 30, rounds: 3 });
    expect(await ask('example.com', 'A')).toEqual({ kind: 'failed', failure: 'timeout' });
    expect(silent.queries).toHaveLength(3);
  });
});

describe('a server that no route leads to', () => {
  // The system refuses to connect there, at once.
  const unreachable = '255.255.255.255';

  it('is passed over: the next one is asked', async () => {
    const good = await dnsServer(() => ({ answers: [address('192.0.2.1')] }));
    const ask = resolverOf({ servers: [unreachable, good.address] });
    expect(await ask('example.com', 'A')).toEqual({ kind: 'records', records: [record] });
  });

  it('is as good as none', async () => {
    const ask = resolverOf({ servers: [unreachable] });
    expect(await ask('example.com', 'A')).toEqual({ kind: 'failed', failure: 'server failure' });
  });
});

describe('an answer that was cut short', () => {
  const many = Array.from({ length: 300 }, (_, index) => address(`192.0.2.${index % 256}`));

  it('is asked for over TCP', async () => {
    const server = await dnsServer((_query, over) =>
      over === 'udp' ? { flags: TRUNCATED } : { answers: many },
    );
    const answer = await resolverOf({ servers: [server.address] })('example.com', 'A');
    expect(answer.kind === 'records' && answer.records.length).toBe(300);
    expect(server.queries.map(({ over }) => over)).toEqual(['udp', 'tcp']);
  });

  it('fails where TCP answers another question, or is cut short again', async () => {
    const other = await dnsServer((_query, over) =>
      over === 'udp'
        ? { flags: TRUNCATED }
        : { questions: [{ type: 'A', name: 'example.org' }], answers: many },
    );
    const again = await dnsServer(() => ({ flags: TRUNCATED }));
    for (const server of [other, again]) {
      const ask = resolverOf({ servers: [server.address], rounds: 1 });
      expect(await ask('example.com', 'A')).toEqual({ kind: 'failed', failure: 'server failure' });
    }
  });
});

describe('how much is asked at once', () => {
  it('is bounded: further questions wait, and beyond that fail', async () => {
    const server = await dnsServer(() => undefined);
    const ask = resolverOf({
      servers: [server.address],
      maxAsking: 1,
      maxWaiting: 1,
      timeoutMs: 60,
      rounds: 1,
    });
    const [first, second, third] = ['a.example', 'b.example', 'c.example'].map((name) => ask(name, 'A'));
    expect(await third).toEqual({ kind: 'failed', failure: 'server failure' });
    expect(await first).toEqual({ kind: 'failed', failure: 'timeout' });
    expect(await second).toEqual({ kind: 'failed', failure: 'timeout' });
    expect(server.queries.map(({ packet }) => packet.questions![0]!.name)).toEqual([
      'a.example',
      'b.example',
    ]);
  });

  it('is nothing after close, and nothing is answered any more', async () => {
    const answers: DnsAnswer[] = [];
    const server = await dnsServer(() => ({ answers: [address('192.0.2.1')] }));
    const resolver = createDnsResolver({
      servers: [server.address],
      deliver: (_id, answer) => answers.push(answer),
    });
    resolver.query({ id: 1, name: 'example.com', type: 'A' });
    resolver.query({ id: 2, name: 'localhost', type: 'A' });
    resolver.close();
    resolver.query({ id: 3, name: 'example.com', type: 'A' });
    const ask = resolverOf({ servers: [server.address] });
    await ask('example.com', 'A');
    expect(answers).toEqual([]);
  });
});

describe('fixed records', () => {
  const read = (line: string) => {
    const parsed = parseDnsRecord(line);
    if (isMalformed(parsed)) throw new Error(parsed.why);
    return parsed;
  };

  it('win over the DNS, which is never asked for their domain', async () => {
    const server = await dnsServer(() => ({ answers: [address('203.0.113.66')] }));
    const records = [
      'example.com. 30 IN A 192.0.2.1',
      '_sips._tcp.b.example. 60 IN SRV 0 0 5061 sip.b.example.',
    ].map(read);
    const ask = resolverOf({ servers: [server.address], records });
    expect(await ask('example.com', 'A')).toMatchObject({ records: [{ address: '192.0.2.1' }] });
    expect(await ask('example.com', 'AAAA')).toEqual({ kind: 'failed', failure: 'no data' });
    expect(await ask('b.example', 'NAPTR')).toEqual({ kind: 'failed', failure: 'no data' });
    expect(await ask('localhost', 'AAAA')).toMatchObject({ records: [{ address: '::1' }] });
    expect(server.queries).toEqual([]);
  });

  it('let a domain be found without any server', async () => {
    const records = [
      '_sips._tcp.b.example. 60 IN SRV 0 0 5071 sip.b.example.',
      'sip.b.example. 60 IN A 127.0.0.1',
    ].map(read);
    const located = await new Promise<LocateResult>((resolve) => {
      const resolver = createDnsResolver({
        servers: [],
        records,
        deliver: (id, answer) => locator.answered(id, answer, instant(0)),
      });
      const locator = createLocator({ random: seededRandom(1) }, resolver);
      const uri = parseSipUriOnly('sip:bob@b.example');
      if (isMalformed(uri)) throw new Error(uri.why);
      locator.locate(uri, { transports: ['udp', 'tcp', 'tls'] }, instant(0), resolve);
    });
    expect(located).toEqual({
      kind: 'located',
      destinations: [{ transport: 'tls', address: '127.0.0.1', port: 5071, serverName: 'b.example' }],
    });
  });

  it('answer later, never from within the question; without a server all else fails', async () => {
    let answered = 0;
    const resolver = createDnsResolver({ servers: [], deliver: () => answered++ });
    resolver.query({ id: 1, name: 'localhost', type: 'A' });
    resolver.query({ id: 2, name: 'example.com', type: 'A' });
    expect(answered).toBe(0);
    await Promise.resolve();
    expect(answered).toBe(2);
  });
});

describe('where the servers are', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1', 53],
    ['127.0.0.1:5353', '127.0.0.1', 5353],
    ['::1', '::1', 53],
    ['[::1]', '::1', 53],
    [' [2001:db8::1]:5353 ', '2001:db8::1', 5353],
  ])('%s', (text, expected, port) => {
    expect(parseDnsServer(text)).toEqual({ address: expected, port });
  });

  it.each(['', 'ns.example', '127.0.0.1:', '127.0.0.1:0', '127.0.0.1:65536', '[127.0.0.1]:53', '1.2.3'])(
    '"%s" is refused',
    (text) => {
      expect(isMalformed(parseDnsServer(text))).toBe(true);
      expect(() => createDnsResolver({ servers: [text], deliver: () => undefined })).toThrow(
        'is no address: write',
      );
    },
  );
});
