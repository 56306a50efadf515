import { createSocket } from 'node:dgram';
import { getServers, setServers } from 'node:dns';
import { once } from 'node:events';
import { parseDnsRecord } from '@ringdown/net';
import { type DnsRecord, Malformed } from '@ringdown/sip';
import { expect, it, onTestFinished } from 'vitest';
import { openDnsLookup } from './dns-lookup.ts';

const record = (line: string): DnsRecord => {
  const parsed = parseDnsRecord(line);
  if (parsed instanceof Malformed) throw new Error(parsed.why);
  return parsed;
};

/** A DNS server that knows one name, whatever is asked, as the system's one. */
const systemServer = async (address: readonly number[]): Promise<void> => {
  const socket = createSocket('udp4').on('message', (query, { port }) => {
    // The header and the question, without what stands behind it; then an address of its name.
    const question = query.subarray(0, query.indexOf(0, 12) + 5);
    const answer = Buffer.concat([
      question,
      Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address]),
    ]);
    answer.writeUInt16BE(0x8180, 2);
    answer.writeUInt16BE(1, 6);
    answer.writeUInt16BE(0, 10);
    socket.send(answer, port, '127.0.0.1');
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const before = getServers();
  setServers([`127.0.0.1:${socket.address().port}`]);
  onTestFinished(() => {
    setServers(before);
    socket.close();
  });
};

it('asks the servers of the system where the configuration names none', async () => {
  await systemServer([192, 0, 2, 77]);
  const lookup = openDnsLookup({ servers: [], records: [] });
  onTestFinished(() => lookup.close());
  expect(await lookup.records('stun.example', 'A')).toMatchObject([{ type: 'A', address: '192.0.2.77' }]);
});

it('takes fixed records first, whatever the case of the name and with its dot', async () => {
  const records = [record('stun.example. A 192.0.2.9')];
  const lookup = openDnsLookup({ servers: ['127.0.0.1:9'], records });
  onTestFinished(() => lookup.close());
  expect(await lookup.records('Stun.Example.', 'A')).toMatchObject([{ address: '192.0.2.9' }]);
  expect(await lookup.records('stun.example', 'AAAA')).toEqual([]);
});
