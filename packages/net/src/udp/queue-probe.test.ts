import { createSocket, type RemoteInfo } from 'node:dgram';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { QueueProbe } from './queue-probe.ts';

const ending: (() => void)[] = [];
afterEach(() => {
  for (const end of ending.splice(0)) end();
});

/** A probe and what has come of it to the socket that it measures, which nobody has read yet. */
const started = async () => {
  const arrived: { readonly bytes: Buffer; readonly remote: RemoteInfo }[] = [];
  const socket = createSocket('udp4', (bytes, remote) => arrived.push({ bytes, remote }));
  ending.push(() => socket.close());
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const probe = new QueueProbe(socket.address());
  ending.push(() => probe.close());
  const probes = async (count: number) => {
    await vi.waitFor(() => expect(arrived.length).toBeGreaterThanOrEqual(count), { timeout: 20_000 });
    return arrived;
  };
  return { probe, probes };
};

describe('the probe of a queue', () => {
  it('knows nothing before one has come back, and then how long it waited', async () => {
    const { probe, probes } = await started();
    const [first] = await probes(3);
    expect(probe.look()).toEqual({ delayMs: 0, isMeasured: false });
    probe.received(first!.bytes, first!.remote);
    const { delayMs, isMeasured } = probe.look();
    expect(isMeasured).toBe(true);
    expect(delayMs).toBeGreaterThan(40);
    // Those behind it wait on.
    expect(probe.look().isMeasured).toBe(false);
    expect(probe.delayMs).toBeGreaterThan(20);
  });

  it('takes for lost what a later one has overtaken', async () => {
    const { probe, probes } = await started();
    const [first, , third] = await probes(3);
    probe.received(third!.bytes, third!.remote);
    const { delayMs } = probe.look();
    probe.received(first!.bytes, first!.remote);
    expect(probe.look().isMeasured).toBe(false);
    const [, , , fourth] = await probes(4);
    probe.received(fourth!.bytes, fourth!.remote);
    expect(delayMs).toBeGreaterThan(0);
    expect(probe.look().isMeasured).toBe(true);
  });

  it('listens to nobody else', async () => {
    const { probe, probes } = await started();
    const [first] = await probes(1);
    probe.received(first!.bytes, { ...first!.remote, port: first!.remote.port + 1 });
    probe.received(first!.bytes, { ...first!.remote, address: '192.0.2.1' });
    probe.received(Buffer.from([0xff, 0xff, 0xfe]), first!.remote);
    expect(probe.look()).toEqual({ delayMs: 0, isMeasured: false });
  });
});
