import assert from 'node:assert/strict';
import { Baresip } from '../harness/baresip.ts';
import type { Suite } from '../harness/suite.ts';
import { TerminalPhone } from '../harness/terminal-phone.ts';

/** This machine may be busy. */
const WITHIN_MS = 30_000;

const suite: Suite = {
  name: 'phone-baresip-presence',
  peers: ['baresip'],
  shows:
    'ringdown presence and baresip publish how they are and watch each other: each learns that the other is there, also where a second phone of its user is closed, and that it has gone.',
  needs: ['presence'],
  withinMs: 180_000,
  async run(stage) {
    const provider = await stage.provider();
    for (const name of ['alice', 'bob']) await provider.addAccount(name, `${name}-secret`);
    const watch = (host: number, ...more: readonly string[]): TerminalPhone =>
      TerminalPhone.start(stage, {
        ...{ provider, user: 'alice', address: stage.address(host) },
        command: ['presence', 'bob', ...more],
      });
    const ends = async (phone: TerminalPhone): Promise<void> => {
      phone.interrupt();
      assert.equal(await phone.status(), 0);
    };
    const bobThere = (host: number): Promise<Baresip> =>
      Baresip.start(stage, {
        ...{ provider, user: 'bob', address: stage.address(host), parameters: 'pubint=60' },
        ...{ extraModules: ['uuid'], contacts: [`"alice" <sip:alice@${provider.domain}>;presence=p2p`] },
      });

    const alice = watch(10, '--publish', 'open', '--note', 'on air');
    await stage.check('nobody is there who has told nothing', async () => {
      await alice.eventThat('presence', ({ of, open }) => of === 'bob' && !open, WITHIN_MS);
    });
    // Another phone of hers that is shut: whoever asks later is told of both.
    const laptop = watch(13, '--publish', 'closed', '--note', 'lid shut');
    await laptop.event('presence', WITHIN_MS);
    const bob = await bobThere(11);
    await stage.check('ringdown learns that baresip is there', async () => {
      await alice.eventThat('presence', ({ of, open }) => of === 'bob' && open, WITHIN_MS);
    });
    await stage.check(
      'baresip learns that ringdown is there, though another phone of its user is closed',
      () => bob.shows('alice', 'Online'),
    );
    await stage.check('baresip learns that ringdown has gone', async () => {
      await ends(alice);
      await bob.shows('alice', 'Offline');
      await ends(laptop);
    });
    const again = watch(12);
    await stage.check('ringdown that comes later is told at once', async () => {
      await again.eventThat('presence', ({ open }) => open, WITHIN_MS);
    });
    await stage.check('ringdown learns that baresip has gone', async () => {
      const mark = again.mark();
      await bob.quit();
      await again.eventThat('presence', ({ open }) => !open, WITHIN_MS, mark);
      await ends(again);
    });
  },
};
export default suite;
