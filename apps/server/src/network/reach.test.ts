import { parseDnsRecord } from '@ringdown/net';
import { type DnsRecord, Malformed } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import { reachOf } from './reach.ts';

const record = (line: string): DnsRecord => {
  const read = parseDnsRecord(line);
  if (read instanceof Malformed) throw new Error(read.why);
  return read;
};

const reach = (
  records: readonly string[] = [],
  trusted: readonly string[] = [],
  listened: readonly string[] = ['192.168.1.2', '127.0.0.1'],
) => {
  const made = reachOf({
    dns: { servers: [], records: records.map(record) },
    limits: { connections: 1, connectionsPerAddress: 1, trusted },
  });
  made.setOwn(['192.168.1.2', '8.8.4.4', 'fe80::1%eth0', '127.0.0.1', '::1'], listened);
  return (address: string, port = 5060) => made.mayReach({ address, port });
};

describe('where requests may be sent', () => {
  it.each(['8.8.8.8', '2606:4700::1111', '203.0.113.7', '198.51.100.9', '2001:db8::7'])(
    '%s: yes',
    (address) => expect(reach()(address)).toBe(true),
  );

  it.each(
    '0.0.0.0 10.1.2.3 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 192.168.1.7 100.64.0.1 224.0.0.1 255.255.255.255 :: ::1 fe80::7 fe80::7%eth0 fd00::1 ff02::1 ::ffff:10.0.0.1 ::ffff:a00:1 64:ff9b::a00:1 2002:a00:1::'.split(
      ' ',
    ),
  )('%s: no', (address) => expect(reach()(address)).toBe(false));

  it('not to an address of this machine, public as it may be', () => {
    expect(reach()('8.8.4.4')).toBe(false);
    expect(reach([], ['192.168.0.0/16'])('192.168.1.2')).toBe(false);
  });

  it('to networks that are trusted', () => {
    const may = reach([], ['192.168.0.0/16', 'fd00::/8']);
    expect([may('192.168.1.7', 22), may('fd00::1'), may('10.0.0.1')]).toEqual([true, true, false]);
  });

  it('to what is on this machine, where nobody else reaches us', () => {
    const may = reach([], [], ['127.0.0.2', '::1']);
    expect([may('127.0.0.1', 6060), may('127.9.9.9'), may('::1')]).toEqual([true, true, true]);
    expect([may('192.168.1.2'), may('10.0.0.1')]).toEqual([false, false]);
  });

  it('to places that fixed records name, but for the ports of the system', () => {
    const may = reach([
      'south.test. A 127.0.0.3',
      'south.test. AAAA fd00::3',
      '_sips._tcp.south.test. SRV 0 0 5081 south.test.',
    ]);
    expect([5060, 5061, 5081, 6000].map((port) => may('127.0.0.3', port))).toEqual(Array(4).fill(true));
    expect(may('fd00:0:0::3', 5061)).toBe(true);
    expect([may('127.0.0.3', 22), may('127.0.0.4')]).toEqual([false, false]);
  });
});
