import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Baresip } from '../harness/baresip.ts';
import { runCommand } from '../harness/process.ts';
import { hostPort } from '../harness/provider.ts';
import { play } from '../harness/sipp.ts';
import type { Suite } from '../harness/suite.ts';
import { bestShareOfTone } from '../harness/tone.ts';

const suite: Suite = {
  name: 'tls',
  peers: ['baresip', 'sipsak', 'SIPp'],
  shows:
    'baresip and sipsak register over TLS; calls between two phones on TLS, and between TLS, TCP and UDP, each way, with BYE from each side.',
  withinMs: 60_000,
  async run(stage) {
    const provider = await stage.provider({ sipPort: 5_060, sipsPort: 5_061 });
    for (const name of ['alice', 'bob', 'carol']) await provider.addAccount(name, `${name}-secret`);
    const secure = hostPort(provider.endpoint('tls'));

    // sipsak takes the session ticket of TLS 1.3 for a lost answer; its library is told to stay at 1.2.
    const priorities = join(stage.folder, 'gnutls.config');
    writeFileSync(priorities, '[overrides]\ndisabled-version = tls1.3\n');
    const sipsak = (...args: readonly string[]): Promise<string> =>
      runCommand({
        name: `sipsak ${args.join(' ')}`,
        command: 'sipsak',
        args: [...args, '-E', 'tls', '--tls-ignore-cert-failure', '-vv'],
        env: { GNUTLS_SYSTEM_PRIORITY_FILE: priorities },
      });
    await stage.check('sipsak: OPTIONS over TLS', async () => {
      assert.match(await sipsak('-s', `sip:${secure}`), /SIP\/2\.0 200/);
    });
    await stage.check('sipsak: registers over TLS', async () => {
      await sipsak(
        '-U',
        '-s',
        `sip:carol@${secure}`,
        '--auth-username',
        'carol',
        '-a',
        'carol-secret',
        '-x',
        '60',
      );
    });

    const [alice, bob, carol] = await Promise.all([
      Baresip.start(stage, {
        provider,
        user: 'alice',
        address: stage.address(10),
        transport: 'tls',
        toneHz: 440,
      }),
      Baresip.start(stage, {
        provider,
        user: 'bob',
        address: stage.address(11),
        transport: 'tls',
        toneHz: 1_000,
      }),
      Baresip.start(stage, { provider, user: 'carol', address: stage.address(12), toneHz: 700 }),
    ]);
    /** One call, with the tone at the called side, and who hangs up. */
    const talk = async (caller: Baresip, called: Baresip, hertz: number, ends: Baresip): Promise<void> => {
      const [atCaller, atCalled] = [caller.mark(), called.mark()];
      called.forgetSound();
      await caller.dial(called.aor);
      await caller.event('CALL_ESTABLISHED', 8_000, atCaller);
      await called.event('CALL_ESTABLISHED', 8_000, atCalled);
      const share = bestShareOfTone(await called.heard(600), hertz);
      await ends.hangUp();
      await caller.event('CALL_CLOSED', 8_000, atCaller);
      await called.event('CALL_CLOSED', 8_000, atCalled);
      assert.ok(share > 0.8, `share of ${hertz} Hz at ${called.user}: ${share}`);
    };
    await stage.listen('TLS to TLS; the caller hangs up', () => talk(alice, bob, 440, alice));
    await stage.listen('TLS to TLS; the called side hangs up', () => talk(alice, bob, 440, bob));
    await stage.listen('TLS to UDP; the called side hangs up', () => talk(alice, carol, 440, carol));
    await stage.listen('UDP to TLS; the called side hangs up', () => talk(carol, bob, 700, bob));
    await stage.check('SIPp over TCP calls baresip on TLS', () =>
      play(stage, {
        ...{ provider, user: 'carol', peer: 'alice', address: stage.address(13) },
        ...{ scenario: 'caller', transport: 'tcp', pauseMs: 300 },
      }),
    );
  },
};
export default suite;
