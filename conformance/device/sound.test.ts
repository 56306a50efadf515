import { node, toneSource } from '@ringdown/media';
import { connect, type MediaSecurity, type Phone } from '@ringdown/user-agent';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ear } from './ear.ts';
import { DOMAIN, PASSWORD, type RealProvider, realProvider } from './provider.ts';

const phoneOf = async (
  { uri, certificate, turn }: RealProvider,
  name: string,
  transport: 'udp' | 'wss',
): Promise<Phone> => {
  const phone = await connect({
    account: `${name}@${DOMAIN}`,
    password: PASSWORD,
    server: uri(transport),
    transports: [transport],
    platform: node({ addresses: ['127.0.0.1'], authorities: [certificate], turnServer: turn }),
  });
  onTestFinished(() => phone.close());
  return phone;
};

const tone = (frequencyHz: number) =>
  toneSource({ frequenciesHz: [frequencyHz], levelDbfs: -12, sampleRateHz: 48_000 });

describe.each([
  ['none', 'udp'],
  ['sdes', 'wss'],
  ['dtls-srtp', 'udp'],
] as const)('two phones with %s, over %s', (security: MediaSecurity, transport) => {
  test('hear each other', async () => {
    const provider = await realProvider(['alice', 'bob']);
    const [alice, bob] = [
      await phoneOf(provider, 'alice', transport),
      await phoneOf(provider, 'bob', transport),
    ];
    const ringing = bob.incoming();
    const [there, here] = [ear(), ear()];
    const call = alice.dial('bob', {
      security: [security],
      sound: { play: tone(600), record: here.record },
    });
    const { value: incoming } = await ringing.next();
    await incoming?.answer({ security: [security], sound: { play: tone(900), record: there.record } });
    await call.answered;
    await there.hears([600]);
    await here.hears([900]);
    expect(call.media).toMatchObject({ security });
    expect(call.path).toMatchObject({ kind: 'direct' });
    call.hangUp();
    await incoming?.ended;
  });
});

test('where only relays are allowed, the one is taken that the DNS tells of the domain', async () => {
  const provider = await realProvider(['alice', 'bob'], { turnAllowPeers: ['127.0.0.0/8'] });
  const [, port] = provider.turn.split(':');
  const dnsRecords = [
    `_turn._udp.${DOMAIN} 600 SRV 0 0 ${port} turn.${DOMAIN}`,
    `turn.${DOMAIN} 600 A 127.0.0.1`,
  ];
  const of = async (name: string): Promise<Phone> => {
    const phone = await connect({
      account: `${name}@${DOMAIN}`,
      password: PASSWORD,
      server: provider.uri('udp'),
      relayOnly: true,
      platform: node({ addresses: ['127.0.0.1'], dnsRecords }),
    });
    onTestFinished(() => phone.close());
    return phone;
  };
  const [alice, bob] = [await of('alice'), await of('bob')];
  const ringing = bob.incoming();
  const heard = ear();
  const call = alice.dial('bob', { sound: { record: heard.record } });
  const { value: incoming } = await ringing.next();
  await incoming?.answer({ sound: { play: tone(700) } });
  await call.answered;
  await heard.hears([700]);
  await expect.poll(() => call.path, { timeout: 10_000 }).toMatchObject({ kind: 'relayed' });
});
