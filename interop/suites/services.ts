import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { Baresip, type BaresipOptions } from '../harness/baresip.ts';
import { BrowserPhone, servePhonePage } from '../harness/browser-phone.ts';
import { Chromium } from '../harness/chromium.ts';
import { hostPort } from '../harness/provider.ts';
import type { Suite } from '../harness/suite.ts';
import { bestShareOfTone } from '../harness/tone.ts';

type Dress = Pick<BaresipOptions, 'codecs' | 'security' | 'ice' | 'rtcpMux' | 'sound'>;

const dresses: Readonly<Record<string, Dress>> = {
  'as a telephone': {},
  'with G.722 and SRTP': { codecs: 'G722/16000/1', security: 'srtp' },
  'with Opus, ICE and DTLS-SRTP': {
    codecs: 'opus/48000/2',
    security: 'dtls_srtp',
    ice: true,
    rtcpMux: true,
    sound: { sampleRateHz: 48_000, channels: 2 },
  },
};

const suite: Suite = {
  name: 'services',
  peers: ['baresip', 'Chromium'],
  shows:
    'Echo and tone of the server itself: a telephone, a phone with ICE and DTLS-SRTP, and a page of Chromium hear what they should.',
  withinMs: 120_000,
  alone: true,
  async run(stage) {
    const machine = ownAddress();
    const provider = await stage.provider(machine === undefined ? {} : { moreHosts: [machine] });
    for (const name of ['alice', 'page']) await provider.addAccount(name, `${name}-secret`);
    let host = 10;
    for (const [how, dress] of Object.entries(dresses)) {
      const phone = await Baresip.start(stage, {
        ...{ provider, user: 'alice', address: stage.address(host++), toneHz: 600 },
        ...dress,
      });
      await stage.listen(`baresip ${how}: tone is heard at 1 kHz`, async () => {
        phone.forgetSound();
        const mark = phone.mark();
        await phone.dial(`sip:tone@${provider.domain}`);
        await phone.event('CALL_ESTABLISHED', 8_000, mark);
        const heard = await phone.heard(2_000);
        await phone.hangUp();
        await phone.event('CALL_CLOSED', 8_000, mark);
        assert.ok(bestShareOfTone(heard, 1_000) > 0.9, `1000 Hz: share ${bestShareOfTone(heard, 1_000)}`);
      });
      await stage.listen(`baresip ${how}: echo brings back what it says`, async () => {
        phone.forgetSound();
        const mark = phone.mark();
        await phone.dial(`sip:echo@${provider.domain}`);
        await phone.event('CALL_ESTABLISHED', 8_000, mark);
        const heard = await phone.heard(3_000);
        await phone.hangUp();
        await phone.event('CALL_CLOSED', 8_000, mark);
        assert.ok(bestShareOfTone(heard, 600) > 0.9, `600 Hz: share ${bestShareOfTone(heard, 600)}`);
      });
      await phone.quit();
    }
    const page = await servePhonePage(stage);
    const chromium = await Chromium.start(stage, {});
    const web = provider.endpoint('ws');
    const url = `ws://${hostPort({ ...web, host: machine ?? web.host })}/`;
    const tries = [
      { service: 'tone', shows: 'both tones, each on its side', tones: [1_000, 2_000] },
      { service: 'echo', shows: 'itself, each side on its own', tones: [440, 880] },
    ] as const;
    for (const { service, shows, tones } of tries) {
      await stage.listen(`a page hears ${shows}`, async () => {
        const phone = await BrowserPhone.open(chromium, page);
        stage.evidence(`what the page told that called ${service}`, () => JSON.stringify(phone.events));
        const account = `sip:page@${provider.domain}`;
        await phone.call('connect', { account, password: 'page-secret', url });
        const profile = { profile: 'music-stereo' };
        await phone.call('call', `sip:${service}@${provider.domain}`, profile, [440, 880]);
        // The echo comes behind a beep.
        const { sampleRateHz, channels } = await phone.heard(3_000);
        for (const [channel, frequencyHz] of tones.entries()) {
          const samples = Float64Array.from(channels[channel] ?? [], (sample) => sample / 32_768);
          const share = bestShareOfTone({ sampleRateHz, samples }, frequencyHz);
          assert.ok(share > 0.9, `${frequencyHz} Hz on channel ${channel}: share ${share}`);
        }
        await phone.call('hangUp');
        await phone.call('close');
      });
    }
  },
};
export default suite;

/** Browsers have no candidates on loopback: they meet the server at an address that others would reach, too. */
function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
