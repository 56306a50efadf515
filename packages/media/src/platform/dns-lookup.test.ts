import { parseDnsRecord } from '@ringdown/net';
import type { DnsRecord } from '@ringdown/sip';
import { expect, onTestFinished, test } from 'vitest';
import { openDnsLookup } from './dns-lookup.ts';

const lookup = (lines: readonly string[], servers: readonly string[] = []) => {
  const records = lines.map((line) => parseDnsRecord(line) as DnsRecord);
  const opened = openDnsLookup({ records, servers, timeoutMs: 50, rounds: 1 });
  onTestFinished(() => opened.close());
  return opened;
};

test('records come with the shortest time that they are good', async () => {
  const { find } = lookup(['a.example 300 A 192.0.2.1', 'a.example 60 A 192.0.2.2']);
  const { records, ttlSeconds, isUnsure } = await find('A.example.', 'A');
  expect(records.map(({ address }) => address)).toEqual(['192.0.2.1', '192.0.2.2']);
  expect({ ttlSeconds, isUnsure }).toEqual({ ttlSeconds: 60, isUnsure: false });
  expect(await find('a.example', 'AAAA')).toEqual({ records: [], ttlSeconds: undefined, isUnsure: false });
});

test('that nobody could be asked is another thing than that there is nothing', async () => {
  expect(await lookup([], ['127.0.0.1:9']).find('b.example', 'A')).toMatchObject({ isUnsure: true });
});

test('what is asked at the end is never answered', async () => {
  const opened = lookup(['a.example A 192.0.2.1']);
  let answered = false;
  void opened.find('a.example', 'A').then(() => {
    answered = true;
  });
  opened.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(answered).toBe(false);
});
