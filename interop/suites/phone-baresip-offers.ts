import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Baresip } from '../harness/baresip.ts';
import { expectTones, tones, writeWav } from '../harness/sound.ts';
import type { Suite } from '../harness/suite.ts';
import { TerminalPhone } from '../harness/terminal-phone.ts';

const RATE_HZ = 8_000;

/** A phone that takes one protection by itself only refuses it beside plain RTP (RFC 8643). */
const suite: Suite = {
  name: 'phone-baresip-offers',
  peers: ['baresip'],
  shows:
    'ringdown call without --security, to a baresip that takes DTLS-SRTP or SDES only: what it refuses is offered once more as it takes it, in the same call, and what the allowed does not contain never is.',
  withinMs: 120_000,
  async run(stage) {
    const provider = await stage.provider();
    for (const name of ['alice', 'bob']) await provider.addAccount(name, `${name}-secret`);
    for (const [at, [security, agreed]] of (
      [
        ['dtls_srtp', 'dtls-srtp'],
        ['srtp-mand', 'sdes'],
      ] as const
    ).entries()) {
      const [ours, theirs] = [stage.address(10 + 2 * at), stage.address(11 + 2 * at)];
      const says = join(stage.folder, `baresip-${theirs}.wav`);
      writeWav(says, tones({ sampleRateHz: RATE_HZ, frequenciesHz: [500], seconds: 60 }));
      const bob = await Baresip.start(stage, {
        ...{ provider, user: 'bob', address: theirs, says },
        ...{ codecs: 'PCMA', security },
      });
      const call = (options: readonly string[]): TerminalPhone =>
        TerminalPhone.start(stage, {
          provider,
          user: 'alice',
          address: ours,
          command: ['call', bob.aor],
          options: ['--profile', 'telephone', '--ice', 'off', ...options],
        });

      await stage.listen(`${security}: what it takes is found`, async () => {
        bob.forgetSound();
        const alice = call(['--tone', '800', '--record', 'heard.wav', '--duration', '5']);
        const media = await alice.event('media');
        assert.equal(media.security, agreed);
        const offered = await alice.event('offered-again');
        assert.equal(offered.status, 488);
        assert.equal(await alice.status(), 0);
        expectTones(join(alice.folder, 'heard.wav'), { frequenciesHz: [500] });
        expectTones(await bob.recording(), { frequenciesHz: [800] });
      });
      await stage.check(`${security}: nothing weaker is offered`, async () => {
        const other = agreed === 'sdes' ? 'dtls-srtp' : 'sdes';
        const alice = call(['--security', other, '--duration', '5']);
        // It refuses, or answers without any, which is no answer to what was offered (RFC 3264 §6).
        assert.equal((await alice.event('ended')).cause.status, 488);
        assert.equal(await alice.status(), 1);
        assert.ok(!alice.events.some(({ event }) => event === 'media' || event === 'offered-again'));
      });
      await bob.quit();
    }
  },
};
export default suite;
