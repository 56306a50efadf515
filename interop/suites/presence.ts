import { Baresip } from '../harness/baresip.ts';
import { Linphone } from '../harness/linphone.ts';
import type { Suite } from '../harness/suite.ts';

const suite: Suite = {
  name: 'presence',
  peers: ['baresip', 'linphonec'],
  shows:
    'baresip and linphonec publish their presence and subscribe to each other’s: each shows the other as online, and as offline once it has quit.',
  needs: ['presence'],
  withinMs: 90_000,
  async run(stage) {
    const provider = await stage.provider();
    for (const name of ['bob', 'carol', 'lin']) await provider.addAccount(name, `${name}-secret`);
    const contact = (user: string): string => `"${user}" <sip:${user}@${provider.domain}>;presence=p2p`;
    const baresip = (user: string, host: number, contacts: readonly string[]): Promise<Baresip> =>
      Baresip.start(stage, {
        ...{ provider, user, address: stage.address(host), parameters: 'pubint=60' },
        ...{ extraModules: ['uuid'], contacts: contacts.map(contact) },
      });

    const bob = await baresip('bob', 10, ['lin', 'carol']);
    const lin = await Linphone.start(stage, {
      ...{ provider, user: 'lin', address: stage.address(20), publish: true },
    });
    await stage.check('baresip shows linphonec as online', async () => {
      await bob.shows('lin', 'Online');
    });
    await stage.check('linphonec shows baresip as online', async () => {
      const said = lin.mark();
      lin.command(`friend add "Bob" sip:bob@${provider.domain}`);
      await lin.process.waitFor(/Friend .*bob@.* is Online/i, 15_000, said);
    });
    const carol = await baresip('carol', 11, ['bob']);
    await stage.check('two baresips show each other as online', async () => {
      await Promise.all([carol.shows('bob', 'Online'), bob.shows('carol', 'Online')]);
    });
    await stage.check('a baresip that quits is shown as offline', async () => {
      await carol.quit();
      await bob.shows('carol', 'Offline');
    });
    await stage.check('linphonec quits and baresip shows it as offline', async () => {
      await lin.quit();
      await bob.shows('lin', 'Offline');
    });
    await stage.check('baresip quits and linphonec shows it as offline', async () => {
      const again = await Linphone.start(stage, {
        ...{ provider, user: 'lin', address: stage.address(21), publish: true },
      });
      again.command(`friend add "Bob" sip:bob@${provider.domain}`);
      await again.process.waitFor(/Friend .*bob@.* is Online/i, 15_000);
      const said = again.mark();
      await bob.quit();
      await again.process.waitFor(/Friend .*bob@.* is (?:Offline|.*closed)/i, 15_000, said);
    });
  },
};
export default suite;
