import { node, toneSource } from '@ringdown/media';
import { type ConnectOptions, connect, type Phone } from '@ringdown/user-agent';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ear } from './ear.ts';
import { DOMAIN, PASSWORD, type RealProvider, realProvider } from './provider.ts';

const phoneOf = async (
  { uri, certificate, turn }: RealProvider,
  transport: 'udp' | 'wss' = 'udp',
  more: Partial<ConnectOptions> = {},
): Promise<Phone> => {
  const phone = await connect({
    account: `alice@${DOMAIN}`,
    password: PASSWORD,
    server: uri(transport),
    transports: [transport],
    platform: node({ addresses: ['127.0.0.1'], authorities: [certificate], turnServer: turn }),
    ...more,
  });
  onTestFinished(() => phone.close());
  return phone;
};

const tone = (frequencyHz: number) =>
  toneSource({ frequenciesHz: [frequencyHz], levelDbfs: -12, sampleRateHz: 48_000 });

describe.each(['udp', 'wss'] as const)('a newcomer over %s', (transport) => {
  test('calls echo, and hears a beep and then itself', async () => {
    const phone = await phoneOf(await realProvider(['alice']), transport);
    const own = ear();
    const call = await phone.call('echo', { sound: { play: tone(600), record: own.record } });
    await own.hears([880]);
    await own.hears([600]);
    await own.isAt(-12);
    expect(call.media).toMatchObject({ security: 'dtls-srtp', direction: 'sendrecv' });
    await expect.poll(() => call.path, { timeout: 10_000 }).toMatchObject({ kind: 'direct', ice: true });
    call.hangUp();
    expect(await call.ended).toMatchObject({ by: 'us' });
  });
});

test('tone is at 1 kHz and 20 dB under full scale; in stereo the right is at 2 kHz', async () => {
  const phone = await phoneOf(await realProvider(['alice']));
  const [mono, stereo] = [ear(), ear()];
  const first = await phone.call(`sip:tone@${DOMAIN}`, { sound: { record: mono.record } });
  await mono.hears([1_000]);
  await mono.isAt(-20);
  first.hangUp();
  const second = await phone.call('tone', { profile: 'music-stereo', sound: { record: stereo.record } });
  await stereo.hears([1_000, 2_000]);
  expect(second.media).toMatchObject({ codec: 'opus', channels: 2 });
  second.hangUp();
  await Promise.all([first.ended, second.ended]);
});

describe('a service', () => {
  test.each(['none', 'sdes', 'dtls-srtp'] as const)(
    'speaks with security %s, and without ICE',
    async (security) => {
      const phone = await phoneOf(await realProvider(['alice']));
      const heard = ear();
      const call = await phone.call('tone', {
        security: [security],
        ice: false,
        profile: 'telephone',
        sound: { record: heard.record },
      });
      await heard.hears([1_000]);
      expect(call.media).toMatchObject({ security, codec: 'G722' });
    },
  );

  test('hangs up when the time is over', async () => {
    const phone = await phoneOf(await realProvider(['alice'], {}, '[services]\nmax_seconds = 1'));
    const call = await phone.call('echo');
    expect(await call.ended).toMatchObject({ by: 'peer' });
  });

  test('answers so many calls at once; the next finds it busy, until one has ended', async () => {
    const phone = await phoneOf(await realProvider(['alice'], {}, '[services]\nmax_calls = 1'));
    const first = await phone.call('echo');
    await expect(phone.call('echo')).rejects.toThrow(/busy/i);
    await expect(phone.call('tone')).rejects.toThrow(/busy/i);
    first.hangUp();
    await first.ended;
    await expect
      .poll(
        () =>
          phone.call('echo').then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
  });

  test('hangs up when the server stops', async () => {
    const provider = await realProvider(['alice']);
    const phone = await phoneOf(provider);
    const call = await phone.call('echo');
    void provider.server.stop();
    expect(await call.ended).toMatchObject({ by: 'peer' });
  });

  test('is silent where an account has its name, and where it is turned off', async () => {
    const provider = await realProvider(['alice', 'echo'], {}, '[services]\ntone = false');
    const phone = await phoneOf(provider);
    expect(provider.server.services).toEqual([]);
    await expect(phone.call('echo')).rejects.toMatchObject({ cause: { status: 480 } });
    await expect(phone.call('tone')).rejects.toMatchObject({ cause: { status: 404 } });
  });
});
