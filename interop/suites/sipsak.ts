import assert from 'node:assert/strict';
import { runCommand } from '../harness/process.ts';
import { hostPort } from '../harness/provider.ts';
import type { Suite } from '../harness/suite.ts';

const suite: Suite = {
  name: 'sipsak',
  peers: ['sipsak'],
  shows:
    'OPTIONS over UDP and TCP, registration with digest and its removal, a wrong password refused, a request whose hops are used up.',
  withinMs: 60_000,
  async run(stage) {
    // sipsak 0.9.8 cuts the last digit off a port of five digits.
    const provider = await stage.provider({ sipPort: 5_060 });
    await provider.addAccount('alice', 'alice-secret');
    const where = hostPort(provider.endpoint('udp'));
    const alice = `sip:alice@${where}`; // it resolves the host whatever else it is given
    const sipsak = (...args: readonly string[]): Promise<string> =>
      runCommand({
        name: `sipsak ${args.join(' ')}`,
        command: 'sipsak',
        args: [...args, '--local-ip', stage.address(10), '-vv'],
      });

    await stage.check('OPTIONS over UDP is answered 200', async () => {
      assert.match(await sipsak('-s', `sip:${where}`), /SIP\/2\.0 200/);
    });
    await stage.check('OPTIONS over TCP is answered 200', async () => {
      assert.match(await sipsak('-s', `sip:${where}`, '-E', 'tcp'), /SIP\/2\.0 200/);
    });
    await stage.check('user location: registers with digest', async () => {
      await sipsak('-U', '-s', alice, '--auth-username', 'alice', '-a', 'alice-secret', '-x', '60');
    });
    await stage.check('user location: a wrong password is refused', async () => {
      await assert.rejects(
        sipsak('-U', '-s', alice, '--auth-username', 'alice', '-a', 'wrong', '-x', '60'),
        /401|403|authoriz/i,
      );
    });
    await stage.check('user location: removes all its bindings', async () => {
      const said = await sipsak(
        '-U',
        '-C',
        '*',
        '-s',
        alice,
        '--auth-username',
        'alice',
        '-a',
        'alice-secret',
        '-x',
        '0',
      );
      assert.doesNotMatch(said, /^Contact:.*expires=[1-9]/im);
    });
    await stage.check('a request whose hops are used up gets 483', async () => {
      const said = await sipsak('-s', alice, '-m', '0').catch((error: Error) => error.message);
      assert.match(said, /SIP\/2\.0 483/);
    });
  },
};
export default suite;
