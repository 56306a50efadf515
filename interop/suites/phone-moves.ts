import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { within } from '../harness/deadline.ts';
import { buildOpenNetwork } from '../harness/open-network.ts';
import { runCommand } from '../harness/process.ts';
import { hostPort } from '../harness/provider.ts';
import { mayBuildNetworks } from '../harness/root.ts';
import type { Suite } from '../harness/suite.ts';

const program = join(dirname(dirname(fileURLToPath(import.meta.url))), 'harness', 'moving-phone.ts');

const suite: Suite = {
  name: 'phone-moves',
  peers: ['Linux'],
  shows:
    'A phone of ours gets another address in the middle of a call, over UDP, TCP and secure WebSocket: it registers from there, and the call goes on. Needs root.',
  withinMs: 120_000,
  async run(stage) {
    if (!mayBuildNetworks()) return;
    const [network, device] = await buildOpenNetwork(stage, ['server', 'phone']);
    if (network === undefined || device === undefined) throw new Error('the network has two hosts');
    const provider = await stage.provider({ namespace: network.namespace, host: network.address });
    await provider.addAccount('alice', 'alice-secret');
    const certificate = await provider.certificate();
    const address = async (change: 'add' | 'del', last: number): Promise<void> => {
      const args = ['-n', device.namespace, 'addr', change, `203.0.113.${last}/24`, 'dev', 'eth0'];
      await runCommand({ name: `ip ${args.join(' ')}`, command: 'ip', args });
    };
    let now = Number(device.address.split('.').at(-1));
    for (const transport of ['udp', 'tcp', 'wss'] as const) {
      await stage.check(
        `over ${transport}: registered from the new address, and heard again, in the same call`,
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
                'echo',
                certificate,
              ],
            ],
          });
          await phone.waitFor(/^answered$/m, 15_000);
          await phone.waitFor(new RegExp(`^path 203\\.0\\.113\\.${now}$`, 'm'), 10_000);
          await phone.waitFor(/^hears 600$/m, 10_000);
          const moved = phone.mark();
          // The second address of a network goes with the first.
          await address('del', now);
          await address('add', next);
          await phone.waitFor(/^registered$/m, 15_000, moved);
          await phone.waitFor(new RegExp(`^path 203\\.0\\.113\\.${next}$`, 'm'), 15_000, moved);
          await phone.waitFor(/^hears 600$/m, 15_000, phone.mark());
          assert.doesNotMatch(phone.output, /^ended/m);
          phone.write('enough');
          await phone.waitFor(/^ended by us$/m, 10_000);
          assert.equal((await within(phone.exited, 10_000, 'the phone ends')).code, 0);
          now = next;
        },
      );
    }
  },
};
export default suite;
