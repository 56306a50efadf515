import type { Destination } from '@ringdown/sip';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { options, type Station, station } from './station.ts';

/** The interfaces that this machine seems to have: addresses, and the networks they are in. */
const interfaces = vi.hoisted(() => ({ now: [] as { address: string; cidr: string; internal: boolean }[] }));
vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  networkInterfaces: () => ({ eth0: interfaces.now }),
}));

const has = (...addresses: readonly (readonly [address: string, cidr: string])[]): void => {
  interfaces.now = addresses.map(([address, cidr]) => ({ address, cidr, internal: true }));
};
const first = ['127.0.0.2', '127.0.0.2/32'] as const;
const second = ['127.0.0.3', '127.0.0.3/32'] as const;

beforeEach(() => has(first));

const device = (): Promise<Station> =>
  station({ hosts: ['0.0.0.0'], sipPort: 0, opens: ['tcp', 'ws'], limits: { addressesMs: 20 } });

const to = (server: Station, transport: 'tcp' | 'ws'): Destination => ({
  transport,
  address: '127.0.0.1',
  port: server.listener(transport).port,
});

describe.each(['tcp', 'ws'] as const)('a device that gets another address, over %s', (transport) => {
  test('its connections end with the old one, and begin at the new one', async () => {
    const [server, phone] = [await station({ sipPort: 0, httpPort: 0 }), await device()];
    const before = phone.transport.flowTo(to(server, transport))!;
    expect(before.local.address).toBe('127.0.0.2');
    phone.transport.send(before, options(transport));
    await server.messages.next();
    has(second);
    expect(await phone.failures.next()).toEqual({
      flow: before,
      why: 'this machine has 127.0.0.2 no longer',
    });
    const after = phone.transport.flowTo(to(server, transport))!;
    expect(after.local.address).toBe('127.0.0.3');
    phone.transport.send(after, options(transport));
    expect((await server.messages.next()).flow.remote.address).toBe('127.0.0.3');
  });

  test('where the way to the server begins elsewhere now, another connection is opened', async () => {
    const [server, phone] = [await station({ sipPort: 0, httpPort: 0 }), await device()];
    const before = phone.transport.flowTo(to(server, transport))!;
    has(first, ['127.0.0.3', '127.0.0.0/8']);
    await expect.poll(() => phone.transport.addresses, { timeout: 5_000 }).toHaveLength(2);
    const after = phone.transport.flowTo(to(server, transport))!;
    expect(after.local.address).toBe('127.0.0.3');
    expect(before.open).toBe(true);
    expect(phone.transport.flowTo(to(server, transport))).toBe(after);
  });
});
