import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { idle, within } from '../harness/deadline.ts';
import { buildOpenNetwork } from '../harness/open-network.ts';
import { runCommand } from '../harness/process.ts';
import { hostPort } from '../harness/provider.ts';
import { mayBuildNetworks } from '../harness/root.ts';
import type { Suite } from '../harness/suite.ts';
import { TerminalPhone } from '../harness/terminal-phone.ts';

const program = join(dirname(dirname(fileURLToPath(import.meta.url))), 'harness', 'moving-phone.ts');

/** So long there is no network in between: the other side misses us after thirty seconds (RFC 7675). */
const NO_NETWORK_MS = 12_000;
const WITHIN_MS = 45_000;

const suite: Suite = {
  name: 'phone-moves',
  peers: ['Linux'],
  shows:
    'A phone of ours gets another address in the middle of a call, over UDP, TCP and secure WebSocket: at once, and after twelve seconds without any network; it registers from there, and the call goes on. Needs root.',
  withinMs: 400_000,
  async run(stage) {
    if (!mayBuildNetworks()) return;
    const [network, device] = await buildOpenNetwork(stage, ['server', 'phone']);
    if (network === undefined || device === undefined) throw new Error('the network has two hosts');
    const provider = await stage.provider({ namespace: network.namespace, host: network.address });
    await provider.addAccount('alice', 'alice-secret');
    await provider.addAccount('bob', 'bob-secret');
    const certificate = await provider.certificate();
    // Who stays where he is offers another way, too, when he misses the one who moves.
    const bob = TerminalPhone.start(stage, {
      ...{ provider, user: 'bob', address: network.address, namespace: network.namespace },
      command: ['tone', '600'],
    });
    await bob.event('registered', WITHIN_MS);
    const address = async (change: 'add' | 'del', last: number): Promise<void> => {
      const args = ['-n', device.namespace, 'addr', change, `203.0.113.${last}/24`, 'dev', 'eth0'];
      await runCommand({ name: `ip ${args.join(' ')}`, command: 'ip', args });
    };
    let now = Number(device.address.split('.').at(-1));
    const moves = (['udp', 'tcp', 'wss'] as const).flatMap((transport) =>
      [0, NO_NETWORK_MS].map((withoutMs) => ({ transport, withoutMs })),
    );
    for (const { transport, withoutMs } of moves) {
      const when = withoutMs === 0 ? '' : ` after ${withoutMs / 1_000} seconds without any network`;
      await stage.check(
        `over ${transport}: registered from the new address${when}, and heard again, in the same call`,
        async () => {
          const next = now + 20;
          const phone = stage.start({
            name: `phone over ${transport}`,
            namespace: device.namespace,
            command: process.execPath,
            args: [
              ...[program, `alice@${provider.domain}`, 'alice-secret'],
              ...[
                `sip:${hostPort(provider.endpoint(transport))};transport=${transport}`,
                withoutMs === 0 ? 'echo' : 'bob',
                certificate,
              ],
            ],
          });
          await phone.waitFor(/^answered$/m, WITHIN_MS);
          await phone.waitFor(new RegExp(`^path 203\\.0\\.113\\.${now}$`, 'm'), WITHIN_MS);
          await phone.waitFor(/^hears 600$/m, WITHIN_MS);
          const [moved, before] = [phone.mark(), now];
          now = next;
          // The second address of a network goes with the first.
          await address('del', before);
          await idle(withoutMs);
          await address('add', next);
          await phone.waitFor(/^registered$/m, WITHIN_MS, moved);
          await phone.waitFor(new RegExp(`^path 203\\.0\\.113\\.${next}$`, 'm'), WITHIN_MS, moved);
          await phone.waitFor(/^hears 600$/m, WITHIN_MS, phone.mark());
          assert.doesNotMatch(phone.output, /^ended/m);
          phone.write('enough');
          await phone.waitFor(/^ended by us$/m, 10_000);
          assert.equal((await within(phone.exited, 10_000, 'the phone ends')).code, 0);
        },
      );
    }
  },
};
export default suite;
