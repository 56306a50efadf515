import type { SocketAddress } from '@ringdown/sans-io';
import { describe, expect, it } from 'vitest';
import { bytesOf, openParty, type Party } from '../../scenarios/party.ts';
import { type HostOptions, type NatType, simulate, type World } from '../index.ts';

/** The server of RFC 3489 §8.1 without its wire format: two addresses, two ports, and it answers from where it is asked to. */
const discoveryServer = (world: World): { primary: SocketAddress; other: SocketAddress } => {
  const host = world.host('server', { addresses: ['192.0.2.10', '192.0.2.11'] });
  const places = host.addresses.flatMap((address) => [3478, 3479].map((port) => ({ address, port })));
  const parties = places.map(({ address, port }) => openParty(world, host, port, address));
  parties.forEach((party, index) => {
    const { received } = party;
    received.push = (...[datagram]) => {
      const { changeAddress, changePort } = JSON.parse(datagram!.text);
      const answering = parties[index ^ (changeAddress ? 2 : 0) ^ (changePort ? 1 : 0)]!;
      answering.socket.send(bytesOf(JSON.stringify(datagram!.from)), datagram!.from);
      return 0;
    };
  });
  return { primary: places[0]!, other: places[3]! };
};

const ask = (
  world: World,
  client: Party,
  server: SocketAddress,
  change: { changeAddress?: boolean; changePort?: boolean } = {},
): SocketAddress | undefined => {
  const before = client.received.length;
  client.send(JSON.stringify(change), server);
  world.advance(9500);
  const answer = client.received[before];
  return answer === undefined ? undefined : JSON.parse(answer.text);
};

/** RFC 3489 §10.1, figure 2. */
const discover = (options: HostOptions): string => {
  const world = simulate();
  const { primary, other } = discoveryServer(world);
  const client = openParty(world, world.host('client', options));
  const mapped = ask(world, client, primary);
  if (mapped === undefined) return 'UDP blocked';
  const both = { changeAddress: true, changePort: true };
  if (mapped.address === client.local.address && mapped.port === client.local.port) {
    return ask(world, client, primary, both) === undefined ? 'symmetric UDP firewall' : 'open Internet';
  }
  if (ask(world, client, primary, both) !== undefined) return 'full cone';
  const again = ask(world, client, { address: other.address, port: primary.port });
  if (again?.address !== mapped.address || again.port !== mapped.port) return 'symmetric NAT';
  return ask(world, client, primary, { changePort: true }) === undefined ? 'port restricted' : 'restricted';
};

const NAMED: readonly (readonly [NatType, string])[] = [
  ['open', 'open Internet'],
  ['firewall', 'symmetric UDP firewall'],
  ['full-cone', 'full cone'],
  ['address-restricted', 'restricted'],
  ['port-restricted', 'port restricted'],
  ['symmetric', 'symmetric NAT'],
];

describe('the discovery of RFC 3489', () => {
  it.each(NAMED)('finds %s to be: %s', (nat, found) => {
    expect(discover({ nat })).toBe(found);
  });

  it('finds no NAT where there is none, and blocked UDP', () => {
    expect(discover({})).toBe('open Internet');
    expect(discover({ nat: 'full-cone', firewall: { udp: false } })).toBe('UDP blocked');
    expect(discover({ nat: { type: 'full-cone', firewall: { udp: false } } })).toBe('UDP blocked');
  });

  it('finds the stricter of two in a row', () => {
    expect(discover({ nat: ['full-cone', 'symmetric'] })).toBe('symmetric NAT');
    expect(discover({ nat: ['port-restricted', 'full-cone'] })).toBe('port restricted');
    expect(discover({ nat: ['full-cone', 'address-restricted'] })).toBe('restricted');
  });
});
