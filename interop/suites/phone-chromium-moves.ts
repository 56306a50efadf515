import assert from 'node:assert/strict';
import type { BrowserPhone } from '../harness/browser-phone.ts';
import { eventually, idle } from '../harness/deadline.ts';
import type { NodePhone } from '../harness/node-phone.ts';
import type { OpenHost } from '../harness/open-network.ts';
import { nodeSays, PAGE_SAYS, PageLab, profile, TERMINAL_SAYS } from '../harness/page-lab.ts';
import { runCommand } from '../harness/process.ts';
import { mayBuildNetworks } from '../harness/root.ts';
import type { Suite } from '../harness/suite.ts';

const suite: Suite = {
  name: 'phone-chromium-moves',
  peers: ['Chromium', 'Linux'],
  shows:
    'A page of Chromium gets another IPv4 address in the middle of a call with a terminal, at once, and after twelve seconds without any: it registers from there, and both hear each other again in the same call. Needs root.',
  withinMs: 180_000,
  async run(stage) {
    if (!mayBuildNetworks()) return;
    const lab = await PageLab.build(stage);
    const alice = await lab.alice();
    // By IPv6, where nothing changes, the sound would go on.
    const carol = await lab.carol('carol', { address: lab.here.address });
    const answered = carol.answers(nodeSays);
    await alice.call('call', lab.address('carol'), { profile }, PAGE_SAYS);
    await answered;
    await hearing(alice, carol);
    for (const [address, withoutMs] of [
      ['203.0.113.51', 0],
      ['203.0.113.71', 12_000],
    ] as const) {
      const when = withoutMs === 0 ? '' : ` after ${withoutMs / 1_000} seconds without any`;
      await stage.check(`the page gets another address${when}, and both hear each other again`, async () => {
        const mark = carol.mark();
        await move(lab.there, address, withoutMs);
        await pathTo(carol, mark, address);
        await hearing(alice, carol);
        assert.equal(alice.events.filter(({ kind }) => kind === 'ended').length, 0);
      });
    }
    await stage.check('the page reaches the server again: its hold arrives', async () => {
      const mark = carol.mark();
      await alice.call('hold');
      assert.equal((await carol.event('held', 10_000, mark)).by, 'peer');
      await alice.call('resume');
      await carol.event('resumed', 10_000, mark);
      await hearing(alice, carol);
    });
    await stage.check('the call ends on both sides when the page hangs up', async () => {
      await alice.call('hangUp');
      assert.equal((await carol.event('ended')).by, 'peer');
      assert.equal(carol.events.filter(({ kind }) => kind === 'ended').length, 1);
    });
  },
};
export default suite;

const ip = async (namespace: string, words: string): Promise<void> => {
  const args = ['-n', namespace, ...words.split(' ')];
  await runCommand({ name: `ip ${words}`, command: 'ip', args });
};

/** A host leaves its address for another one. */
const move = async ({ namespace }: OpenHost, next: string, withoutMs: number): Promise<void> => {
  await ip(namespace, 'addr flush dev eth0 scope global');
  await idle(withoutMs);
  await ip(namespace, `addr add ${next}/24 dev eth0`);
  await ip(namespace, 'route add default via 203.0.113.10');
};

const hearing = async (alice: BrowserPhone, carol: NodePhone): Promise<void> => {
  await alice.hears(...TERMINAL_SAYS);
  await carol.hears('sound');
};

/** Waits until packets of a phone go there. */
const pathTo = async (phone: NodePhone, mark: number, address: string): Promise<void> => {
  const leads = (): true | undefined =>
    phone.events
      .slice(mark)
      .some(
        ({ kind, path }) =>
          kind === 'path' &&
          (path as { readonly remote: { readonly address: string } }).remote.address === address,
      ) || undefined;
  await eventually(leads, 40_000, `the way to ${address}`);
};
