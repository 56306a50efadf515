import assert from 'node:assert/strict';
import { Baresip } from '../harness/baresip.ts';
import { eventually } from '../harness/deadline.ts';
import { hostPort } from '../harness/provider.ts';
import { SoundRelay } from '../harness/sound-relay.ts';
import type { Suite } from '../harness/suite.ts';
import { TerminalPhone } from '../harness/terminal-phone.ts';

/** Every key that a telephone has. */
const KEYS = '0123456789*#ABCD';
/** This machine may be busy. */
const WITHIN_MS = 30_000;
/** As its log has INFO, which telephone-events are not written to. */
const BY_INFO = /received DTMF: '(.)' \(duration/g;

const suite: Suite = {
  name: 'phone-baresip-keys',
  peers: ['baresip'],
  shows:
    'Keys that are pressed in a call between ringdown and baresip arrive in both directions as telephone-events (RFC 4733), and by INFO where the descriptions have none.',
  withinMs: 180_000,
  async run(stage) {
    const provider = await stage.provider();
    for (const name of ['alice', 'bob']) await provider.addAccount(name, `${name}-secret`);
    const bob = await Baresip.start(stage, {
      ...{ provider, user: 'bob', address: stage.address(10), codecs: 'PCMA', rtcpMux: true },
    });
    const plain = ['--ice', 'off', '--security', 'none', '--profile', 'telephone', '--tone', '800'];
    const press = (keys: string, more: { readonly server?: string } = {}): TerminalPhone =>
      TerminalPhone.start(stage, {
        ...{ provider, user: 'alice', address: stage.address(11), ...more },
        command: ['call', 'bob'],
        options: ['--dtmf', keys, ...plain],
      });
    /** Waits until baresip has told so many keys, and hangs up. */
    const arrive = async (alice: TerminalPhone, keys: string, from: number): Promise<void> => {
      await eventually(
        () => (bob.events('CALL_DTMF_START', from).length >= keys.length ? true : undefined),
        WITHIN_MS,
        `baresip tells ${keys.length} keys`,
      );
      alice.interrupt();
      assert.equal(await alice.status(), 0);
      const pressed = bob.events('CALL_DTMF_START', from).map(({ param }) => param);
      assert.equal(pressed.join(''), keys);
    };

    await stage.check('ringdown presses: baresip hears telephone-events', async () => {
      const mark = bob.mark();
      await arrive(press(KEYS), KEYS, mark);
      assert.doesNotMatch(bob.process.output, BY_INFO);
    });
    await stage.check(
      'ringdown presses where the descriptions have no telephone-event: by INFO',
      async () => {
        const mark = bob.mark();
        const said = bob.process.mark();
        const line = await SoundRelay.start(stage, stage.address(12), provider.endpoint('udp'), {
          telephoneEvents: false,
        });
        await arrive(press('40#', { server: hostPort(line.front) }), '40#', mark);
        const log = bob.process.output.slice(said);
        assert.deepEqual(Array.from(log.matchAll(BY_INFO), ([, key]) => key).join(''), '40#');
      },
    );
    await stage.check('baresip presses: ringdown tells each key once', async () => {
      const alice = await TerminalPhone.answering(stage, {
        ...{ provider, user: 'alice', address: stage.address(11) },
        options: ['--once', ...plain],
      });
      const mark = bob.mark();
      await bob.dial(alice.aor);
      await bob.event('CALL_ESTABLISHED', WITHIN_MS, mark);
      await alice.event('sound', WITHIN_MS);
      for (const key of KEYS) {
        const told = alice.mark();
        await bob.command('sndcode', key);
        assert.equal((await alice.event('digit', WITHIN_MS, told)).digit, key);
      }
      await bob.hangUp();
      assert.equal(await alice.status(), 0);
      assert.equal(
        alice
          .all('digit')
          .map(({ digit }) => digit)
          .join(''),
        KEYS,
      );
    });
  },
};
export default suite;
