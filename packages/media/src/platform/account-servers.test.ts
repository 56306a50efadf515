import { instant, seededRandom, wallTime } from '@ringdown/sans-io';
import type { DnsQuestionType, DnsRecord, DnsRecordOf } from '@ringdown/sip';
import { describe, expect, test } from 'vitest';
import { AccountServers, type AccountServersOptions, readServer } from './account-servers.ts';

const user = { username: 'alice', password: 'secret' };

const srv = (service: string, target: string, port: number, ttlSeconds = 300): DnsRecord => ({
  ...{ type: 'SRV', name: `${service}.radio.example`, ttlSeconds },
  ...{ priority: 0, weight: 1, port, target },
});
const a = (name: string, address: string): DnsRecord => ({ type: 'A', name, ttlSeconds: 3_600, address });

/** A network of DNS records, and of addresses where STUN or TLS is spoken. */
const network = (
  records: readonly DnsRecord[],
  more: Partial<AccountServersOptions> & {
    readonly stun?: readonly string[];
    readonly tls?: readonly string[];
  } = {},
) => {
  const { stun = [], tls = [], ...options } = more;
  const asked: string[] = [];
  const probed: string[] = [];
  let now = 0;
  let isDown = false;
  let silence = Promise.resolve();
  let speak = (): void => undefined;
  const servers = new AccountServers(
    { domain: 'radio.example', user, serverName: undefined, turnServer: undefined, ...options },
    {
      lookup: {
        find: async <Type extends DnsQuestionType>(name: string, type: Type) => {
          asked.push(`${type} ${name}`);
          await silence;
          const found = isDown ? [] : records.filter((one) => one.name === name && one.type === type);
          return {
            records: found as unknown as DnsRecordOf<Type>[],
            ttlSeconds: found[0]?.ttlSeconds,
            isUnsure: isDown,
          };
        },
        close: () => undefined,
      },
      clock: { now: () => instant(now), wallTime: () => wallTime(0) },
      random: seededRandom(1),
      probes: {
        answersBinding: async ({ address, port }) => {
          probed.push(`${address}:${port}`);
          return stun.includes(`${address}:${port}`);
        },
        opensTls: async ({ address, port }, serverName) => {
          probed.push(`${address}:${port} ${serverName}`);
          return tls.includes(`${address}:${port} ${serverName}`);
        },
      },
    },
  );
  return {
    servers,
    asked,
    probed,
    /** Everything that is under way comes to its end. */
    settle: () => new Promise((resolve) => setImmediate(resolve)),
    /** The network, where the DNS is. */
    isDown: (is: boolean) => {
      isDown = is;
    },
    /** The DNS takes its time. */
    isSilent: (is: boolean) => {
      speak();
      if (is)
        silence = new Promise((resolve) => {
          speak = resolve;
        });
    },
    passes: (milliseconds: number) => {
      now += milliseconds;
    },
  };
};

describe('the STUN and TURN servers of an account', () => {
  test('are those that the DNS tells of its domain (RFC 5928)', async () => {
    const { servers, settle, probed } = network([
      srv('_turn._udp', 'turn.radio.example', 3478),
      srv('_turn._tcp', 'turn.radio.example', 3479),
      srv('_turns._tcp', 'turn.radio.example', 5349),
      srv('_stun._udp', 'stun.radio.example', 3478),
      a('turn.radio.example', '192.0.2.1'),
      a('stun.radio.example', '192.0.2.2'),
    ]);
    expect(servers.known).toEqual([]);
    servers.serverAt('192.0.2.9');
    await settle();
    expect(servers.known).toEqual([
      { kind: 'stun', address: '192.0.2.2', port: 3478 },
      { kind: 'turn', address: '192.0.2.1', port: 3478, ...user, transport: 'udp' },
      { kind: 'turn', address: '192.0.2.1', port: 3479, ...user, transport: 'tcp' },
      {
        ...{ kind: 'turn', address: '192.0.2.1', port: 5349, ...user },
        ...{ transport: 'tls', serverName: 'radio.example' },
      },
    ]);
    // Meanwhile it was looked whether it answers itself.
    expect(probed).toContain('192.0.2.9:3478');
  });

  test('are what answers at the SIP server, as long as the DNS says nothing', async () => {
    const { servers, settle, isSilent } = network([], { stun: ['192.0.2.9:3478'] });
    isSilent(true);
    servers.look();
    servers.serverAt('192.0.2.9');
    await settle();
    expect(servers.known).toHaveLength(2);
    isSilent(false);
    await settle();
    expect(servers.known).toHaveLength(2);
  });

  test.each([
    ['found', ['192.0.2.9:3478'], 2],
    ['not there', [], 0],
  ])('may be waited for once, until they are %s', async (_, stun, count) => {
    const { servers, settle } = network([], { stun });
    let looks = 0;
    void servers.firstLook?.then(() => looks++);
    servers.look();
    await settle();
    expect([looks, servers.known.length]).toEqual([0, 0]);
    servers.serverAt('192.0.2.9');
    await settle();
    expect([looks, servers.known.length]).toEqual([1, count]);
    expect(servers.firstLook).toBeUndefined();
  });

  test('are asked for once, as long as the DNS says', async () => {
    const { servers, asked, settle, passes } = network([
      srv('_turn._udp', 'turn.radio.example', 3478, 120),
      a('turn.radio.example', '192.0.2.1'),
    ]);
    expect(servers.known).toEqual([]);
    await settle();
    const first = asked.length;
    passes(119_999);
    expect(servers.known).toHaveLength(1);
    expect(asked).toHaveLength(first);
    passes(1);
    expect(servers.known).toHaveLength(1);
    await settle();
    expect(asked).toHaveLength(2 * first);
  });

  test('are what answers at the SIP server, where the DNS tells of none', async () => {
    const { servers, settle, probed } = network([], { stun: ['192.0.2.9:3478'] });
    servers.look();
    await settle();
    expect(servers.known).toEqual([]);
    servers.serverAt('192.0.2.9');
    await settle();
    expect(servers.known).toEqual([
      { kind: 'stun', address: '192.0.2.9', port: 3478 },
      { kind: 'turn', address: '192.0.2.9', port: 3478, ...user },
    ]);
    servers.serverAt('192.0.2.9');
    await settle();
    expect(probed).toEqual(['192.0.2.9:3478']);
  });

  test('are at its port of TLS, where nothing comes through over UDP', async () => {
    const { servers, settle } = network([], {
      tls: ['192.0.2.9:5349 sip.radio.example'],
      serverName: 'sip.radio.example',
    });
    servers.serverAt('192.0.2.9');
    await settle();
    expect(servers.known).toEqual([
      {
        ...{ kind: 'turn', address: '192.0.2.9', port: 5349, ...user },
        ...{ transport: 'tls', serverName: 'sip.radio.example' },
      },
    ]);
  });

  test('are none where nothing answers, and looked for again after a while', async () => {
    const { servers, settle, probed, passes } = network([]);
    servers.serverAt('192.0.2.9');
    await settle();
    expect(servers.known).toEqual([]);
    expect(probed).toHaveLength(2);
    passes(60_000);
    expect(servers.known).toEqual([]);
    await settle();
    expect(probed).toHaveLength(4);
  });

  test('are kept while there is no network to look for them', async () => {
    const { servers, settle, passes, isDown } = network([
      srv('_turn._udp', 'turn.radio.example', 3478),
      a('turn.radio.example', '192.0.2.1'),
    ]);
    servers.look();
    await settle();
    isDown(true);
    servers.look();
    await settle();
    expect(servers.known).toHaveLength(1);
    passes(60_000);
    isDown(false);
    servers.look();
    await settle();
    expect(servers.known).toHaveLength(1);
  });

  test('are none any more where the DNS says so', async () => {
    const records = [srv('_stun._udp', '192.0.2.1', 3478)];
    const { servers, settle } = network(records);
    servers.look();
    await settle();
    expect(servers.known).toHaveLength(1);
    records.length = 0;
    servers.look();
    await settle();
    expect(servers.known).toEqual([]);
  });

  test('are found though the SIP server becomes known while the DNS is asked', async () => {
    const { servers, settle } = network([], { stun: ['192.0.2.9:3478'] });
    servers.look();
    servers.serverAt('192.0.2.9');
    await settle();
    expect(servers.known).toHaveLength(2);
  });

  test('are STUN alone where TURN takes no such account', async () => {
    const { servers, settle } = network(
      [srv('_turn._udp', '192.0.2.1', 3478), srv('_stun._udp', '192.0.2.1', 3478)],
      { user: undefined },
    );
    servers.look();
    await settle();
    expect(servers.known).toEqual([{ kind: 'stun', address: '192.0.2.1', port: 3478 }]);
  });

  test('are the one that was named, and the DNS is not asked for others', async () => {
    const { servers, asked, settle } = network([a('turn.example', '192.0.2.7')], {
      turnServer: 'turn.example:3500',
    });
    servers.look();
    servers.serverAt('192.0.2.9');
    await settle();
    expect(servers.known).toEqual([
      { kind: 'turn', address: '192.0.2.7', port: 3500, ...user, serverName: 'turn.example' },
      { kind: 'stun', address: '192.0.2.7', port: 3500 },
    ]);
    expect(asked).toEqual(['A turn.example', 'AAAA turn.example']);
  });

  test('a service that is decidedly not offered leads nowhere (RFC 2782)', async () => {
    const { servers, settle } = network([srv('_turn._udp', '.', 0)]);
    servers.look();
    await settle();
    expect(servers.known).toEqual([]);
  });

  test('nothing is told after the end', async () => {
    const { servers, settle } = network([srv('_stun._udp', '192.0.2.1', 3478)]);
    servers.look();
    servers.close();
    await settle();
    expect(servers.known).toEqual([]);
  });
});

test.each([
  ['turn.example', 'turn.example', undefined],
  ['192.0.2.1:3478', '192.0.2.1', 3478],
  ['2001:db8::1', '2001:db8::1', undefined],
  ['[2001:db8::1]:3478', '2001:db8::1', 3478],
])('the server %s', (text, host, port) => {
  expect(readServer(text)).toEqual({ host, port });
});

test.each(['', 'a b', 'turn.example:0', 'turn.example:65536', '[turn.example]:1', 'turn:turn.example'])(
  '"%s" is no server',
  (text) => {
    expect(() => readServer(text)).toThrow(`"${text}" is no server`);
  },
);
