import assert from 'node:assert/strict';
import { BrowserPhone, servePhonePage } from '../harness/browser-phone.ts';
import { Chromium } from '../harness/chromium.ts';
import { hostPort } from '../harness/provider.ts';
import type { Suite } from '../harness/suite.ts';

const suite: Suite = {
  name: 'phone-chromium',
  peers: ['Chromium'],
  shows:
    'Our phone in a page of Chromium, over the server’s WebSocket: it calls and is called, with DTLS-SRTP, and each tone arrives on its channel.',
  withinMs: 120_000,
  async run(stage) {
    const provider = await stage.provider();
    for (const name of ['alice', 'bob']) await provider.addAccount(name, `${name}-secret`);
    const page = await servePhonePage(stage);
    const chromium = await Chromium.start(stage, {});
    const url = `ws://${hostPort(provider.endpoint('ws'))}/`;
    const turn = provider.endpoint('turn-udp');
    const open = async (user: string): Promise<BrowserPhone> => {
      const phone = await BrowserPhone.open(chromium, page);
      const account = `sip:${user}@${provider.domain}`;
      const iceServers = [{ urls: `turn:${hostPort(turn)}`, username: user, credential: `${user}-secret` }];
      const profile = 'music-stereo';
      await phone.call('connect', { account, password: `${user}-secret`, profile, url, iceServers });
      return phone;
    };
    const [alice, bob] = [await open('alice'), await open('bob')];
    stage.evidence('what Alice’s page told', () => JSON.stringify(alice.events, undefined, 1));
    stage.evidence('what Bob’s page told', () => JSON.stringify(bob.events, undefined, 1));

    await stage.check('page to page: music in stereo, each tone on its own channel, both ways', async () => {
      const profile = { profile: 'music-stereo' };
      const answered = bob.event('incoming').then(() => bob.call('answer', profile, [600, 1_200]));
      await alice.call('call', `sip:bob@${provider.domain}`, profile, [440, 880]);
      await answered;
      await bob.hears(440, 880);
      await alice.hears(600, 1_200);
      const media = await alice.event('media');
      assert.partialDeepStrictEqual(media.media, {
        codec: 'opus',
        rateHz: 48_000,
        channels: 2,
        security: 'dtls-srtp',
      });
      assert.partialDeepStrictEqual((await alice.event('path')).path, { kind: 'direct', ice: true });
      const quality = (await alice.event('quality')).quality as { readonly mos: number };
      assert.ok(quality.mos > 3.5, `MOS ${quality.mos}`);
    });
    await stage.check('hold and resume, told on both sides', async () => {
      const mark = bob.mark();
      await alice.call('hold');
      assert.equal((await bob.event('held', 5_000, mark)).by, 'peer');
      await alice.call('resume');
      await bob.event('resumed', 5_000, mark);
    });
    await stage.check('the called side hangs up, and the caller is told', async () => {
      assert.partialDeepStrictEqual(await bob.call('hangUp'), { by: 'us' });
      assert.equal((await alice.event('ended')).by, 'peer');
    });
    await stage.check('a text arrives', async () => {
      await alice.call('message', `sip:bob@${provider.domain}`, 'Grüße');
      assert.equal((await bob.event('message')).text, 'Grüße');
    });
    await stage.check('a call that is refused says why, and what can be done', async () => {
      const mark = bob.mark();
      const refused = bob.event('incoming', 10_000, mark).then(() => bob.call('refuse', 486));
      await assert.rejects(alice.call('call', `sip:bob@${provider.domain}`, {}, [440]), /busy/);
      await refused;
    });
    await stage.check('pages that close unregister', async () => {
      await Promise.all([alice.call('close'), bob.call('close')]);
    });
  },
};
export default suite;
