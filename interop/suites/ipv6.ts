import assert from 'node:assert/strict';
import { hostPort } from '../harness/provider.ts';
import { play, registerBySipp } from '../harness/sipp.ts';
import type { Suite } from '../harness/suite.ts';

/** The loopback has one IPv6 address for all, so the ports must be this run's own. */
const firstPort = 20_000 + (process.pid % 10_000) * 2;

const suite: Suite = {
  name: 'ipv6',
  peers: ['SIPp'],
  shows: 'Registration and calls over IPv6, by UDP and TCP, BYE from each side.',
  needs: ['ipv6'],
  withinMs: 60_000,
  async run(stage) {
    const provider = await stage.provider({ host: '::1' });
    for (const name of ['alice', 'bob']) await provider.addAccount(name, `${name}-secret`);
    const alice = { provider, user: 'alice', peer: 'bob', address: '::1', port: firstPort };
    const bob = { provider, user: 'bob', address: '::1', port: firstPort + 1 };

    await stage.check('the listeners are announced with brackets', async () => {
      assert.match(hostPort(provider.endpoint('udp')), /^\[::1\]:\d+$/);
    });
    await stage.check('REGISTER over IPv6', () => registerBySipp(stage, bob));
    await stage.check('a call over UDP; the caller hangs up', () =>
      play(stage, { ...bob, scenario: 'callee' }, { ...alice, scenario: 'caller' }),
    );
    await stage.check('a call over TCP; the called side hangs up', () =>
      play(
        stage,
        { ...bob, scenario: 'callee-hangs-up' },
        { ...alice, scenario: 'caller-is-hung-up', transport: 'tcp' },
      ),
    );
  },
};
export default suite;
