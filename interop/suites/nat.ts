import assert from 'node:assert/strict';
import { Baresip } from '../harness/baresip.ts';
import { startCapture } from '../harness/capture.ts';
import { idle } from '../harness/deadline.ts';
import { buildNatNetwork } from '../harness/namespaces.ts';
import { mayBuildNetworks } from '../harness/root.ts';
import type { Suite } from '../harness/suite.ts';

/** Longer than the server's keep-alive of about 25 s, shorter than the idle wait below. */
const mappingSeconds = 30;

const suite: Suite = {
  name: 'nat',
  peers: ['baresip', 'nftables'],
  shows:
    'Two phones with the same private address behind two kernel NATs (port-restricted and symmetric): calls, BYE from each side, hold and resume, a mapping kept open longer than the NAT would, and BYE from each side after a `kill -9` of the server in mid-call. Needs root.',
  withinMs: 120_000,
  async run(stage) {
    if (!mayBuildNetworks()) return;
    const network = await buildNatNetwork(stage, {
      types: ['port-restricted', 'symmetric'],
      mappingSeconds,
    });
    await startCapture(stage, {
      ...{ name: 'the open network', namespace: network.server, device: network.bridge },
      address: `${network.serverAddress}/32`,
    });
    const provider = await stage.provider({
      ...{ host: network.serverAddress, sipPort: 5_060, namespace: network.server },
    });
    for (const name of ['alice', 'bob']) await provider.addAccount(name, `${name}-secret`);
    const phone = (user: string, index: number): Promise<Baresip> =>
      Baresip.start(stage, {
        ...{ provider, user, address: network.phoneAddress, namespace: network.phones[index] ?? '' },
      });

    const [alice, bob] = await Promise.all([phone('alice', 0), phone('bob', 1)]);
    /** Sets a call up and gives the marks of both before it. */
    const connect = async (caller: Baresip, called: Baresip): Promise<readonly [number, number]> => {
      const marks = [caller.mark(), called.mark()] as const;
      await caller.dial(called.aor);
      await caller.event('CALL_ESTABLISHED', 8_000, marks[0]);
      await called.event('CALL_ESTABLISHED', 8_000, marks[1]);
      return marks;
    };
    /** One side hangs up, the other must be told. */
    const end = async (from: Baresip, other: Baresip): Promise<void> => {
      const mark = other.mark();
      await from.hangUp();
      await other.event('CALL_CLOSED', 8_000, mark);
    };

    await stage.check('a call; the caller hangs up', async () => {
      await connect(alice, bob);
      await end(alice, bob);
    });
    await stage.check('a call; the called side hangs up', async () => {
      await connect(alice, bob);
      await end(bob, alice);
    });
    await stage.check('a call the other way; the called side hangs up', async () => {
      await connect(bob, alice);
      await end(alice, bob);
    });
    await stage.check('re-INVITE: each side holds and resumes', async () => {
      await connect(alice, bob);
      for (const [from, other] of [
        [alice, bob],
        [bob, alice],
      ] as const) {
        for (const command of ['hold', 'resume']) {
          const marks = [from.mark(), other.mark()] as const;
          await from.command(command);
          await other.event('CALL_REMOTE_SDP', 8_000, marks[1]);
          await from.event('CALL_REMOTE_SDP', 8_000, marks[0]);
        }
      }
      await end(alice, bob);
    });
    await stage.check('a silent phone is still reached when its mapping would be gone', async () => {
      await idle((mappingSeconds + 5) * 1_000);
      await connect(alice, bob);
      await end(bob, alice);
    });
    // The second call needs the bindings from before the first restart.
    for (const who of provider.durable ? (['caller', 'called side'] as const) : (['caller'] as const)) {
      await stage.check(`after a kill -9 in mid-call the BYE of the ${who} arrives`, async () => {
        await connect(alice, bob);
        await provider.kill();
        await provider.restart();
        if (who === 'caller') await end(alice, bob);
        else await end(bob, alice);
      });
    }
    if (provider.durable) {
      await stage.check('after the restart both phones are called without registering again', async () => {
        const registrations = (phone: Baresip): number => phone.process.output.split('200 OK').length;
        const before = [registrations(alice), registrations(bob)];
        await connect(alice, bob);
        await end(alice, bob);
        await connect(bob, alice);
        await end(bob, alice);
        assert.deepEqual([registrations(alice), registrations(bob)], before);
      });
    }
  },
};
export default suite;
