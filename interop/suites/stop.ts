import assert from 'node:assert/strict';
import { eventually } from '../harness/deadline.ts';
import { runCommand } from '../harness/process.ts';
import { type Endpoint, hostPort } from '../harness/provider.ts';
import type { Suite } from '../harness/suite.ts';

const suite: Suite = {
  name: 'stop',
  peers: ['sipsak'],
  shows:
    'The server stops on SIGTERM with status 0 and frees its ports and its home; it does not outlive the npx that started it.',
  withinMs: 60_000,
  async run(stage) {
    const provider = await stage.provider({ sipPort: 5_060 });
    const where = provider.endpoint('udp');

    await stage.check('SIGTERM ends it with status 0 and its ports are free', async () => {
      await options(where);
      assert.equal(await provider.stop(), 0);
      await nobodyListens(where);
    });
    await stage.check('it starts again on the same home and ports', async () => {
      await provider.restart();
      await options(where);
    });
    await stage.check('SIGTERM to npx alone ends the server too', async () => {
      provider.stopStarter();
      await nobodyListens(where);
    });
  },
};
export default suite;

async function options(where: Endpoint): Promise<void> {
  const args = ['-s', `sip:${hostPort(where)}`];
  await runCommand({ name: 'sipsak', command: 'sipsak', args });
}

/** No socket, UDP or TCP, is bound to the address and port any more. */
async function nobodyListens(where: Endpoint): Promise<void> {
  await eventually(
    async () => {
      const list = await runCommand({
        ...{ name: 'ss', command: 'ss' },
        args: ['-lntuH', 'src', where.host, 'and', 'sport', '=', `:${where.port}`],
      });
      return list.trim() === '' ? true : undefined;
    },
    5_000,
    `nobody listens at ${hostPort(where)}`,
  );
}
