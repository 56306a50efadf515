import { type Flow, Malformed, parseSipUriOnly, type TransportName } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import { reachedAt } from './reached-at.ts';

const flow = (address: string, port: number, transport: TransportName = 'udp'): Flow => ({
  transport,
  connection: '',
  local: { address: '192.168.1.1', port: 5060 },
  remote: { address, port },
  advertised: { address: '192.168.1.1', port: 5060 },
  open: true,
  peerNames: [],
});

const reached = (from: Flow, contact: string): string => {
  const uri = parseSipUriOnly(contact);
  if (uri instanceof Malformed) throw new Error(uri.why);
  return reachedAt(from, uri).split(' ').slice(3).join(':');
};

describe('where a phone is reached', () => {
  it.each([
    ['behind a NAT, over its flow', flow('203.0.113.9', 41_000), 'sip:a@10.0.0.2:5060', '203.0.113.9:41000'],
    [
      'behind a symmetric NAT with STUN',
      flow('203.0.113.9', 41_000),
      'sip:a@203.0.113.9:42000',
      '203.0.113.9:41000',
    ],
    [
      'where it says, in our network',
      flow('192.168.1.7', 41_000),
      'sip:a@192.168.1.7:5070',
      '192.168.1.7:5070',
    ],
    [
      'at the standard port, if it names none',
      flow('127.0.0.1', 41_000),
      'sip:a@127.0.0.1',
      '127.0.0.1:5060',
    ],
    ['over IPv6', flow('fd00::7', 41_000), 'sip:a@[fd00::7]:5070', 'fd00::7:5070'],
    [
      'over its connection',
      flow('192.168.1.7', 41_000, 'tcp'),
      'sip:a@192.168.1.7:5070;transport=tcp',
      '192.168.1.7:41000',
    ],
    [
      'over its flow, if it wants TCP',
      flow('192.168.1.7', 41_000),
      'sip:a@192.168.1.7:5070;transport=tcp',
      '192.168.1.7:41000',
    ],
    ['behind a carrier’s NAT', flow('100.64.0.9', 41_000), 'sip:a@100.64.0.9:5060', '100.64.0.9:41000'],
  ])('%s', (_, from, contact, expected) => {
    expect(reached(from, contact)).toBe(expected);
  });
});
