import assert from 'node:assert/strict';
import { firstCopies, share, startLossyLink } from '../harness/lossy-link.ts';
import { play, registerBySipp, startSipp } from '../harness/sipp.ts';
import type { Suite } from '../harness/suite.ts';

const suite: Suite = {
  name: 'sipp-loss',
  peers: ['SIPp'],
  shows:
    'Calls get through when the first copy of every message is lost and when a tenth of all packets is; a phone that never answers ends in 408.',
  alone: true,
  withinMs: 120_000,
  async run(stage) {
    const provider = await stage.provider();
    for (const name of ['alice', 'bob', 'carol', 'dave']) await provider.addAccount(name, `${name}-secret`);
    const server = provider.endpoint('udp');

    const retransmission = async (): Promise<void> => {
      const [aliceLine, bobLine] = await Promise.all([
        startLossyLink(stage, stage.address(30), server, firstCopies()),
        startLossyLink(stage, stage.address(31), server, firstCopies()),
      ]);
      const alice = {
        ...{ provider, user: 'alice', peer: 'bob', address: stage.address(10) },
        remote: aliceLine.front,
        withinMs: 40_000,
      };
      const bob = {
        provider,
        user: 'bob',
        address: stage.address(11),
        remote: bobLine.front,
        withinMs: 40_000,
      };
      await stage.check('REGISTER when the first copy of every message is lost', () =>
        registerBySipp(stage, bob),
      );
      await stage.check('a call when the first copy of every message is lost', async () => {
        await play(
          stage,
          { ...bob, scenario: 'callee-on-a-lossy-line' },
          { ...alice, scenario: 'caller', pauseMs: 3_000 },
        );
        assert.ok(aliceLine.dropped() >= 8 && bobLine.dropped() >= 8, 'messages were lost');
      });
    };
    const aTenth = async (): Promise<void> => {
      // On a line of ours, not by SIPp's -lost, which then does not know retransmissions for what they are.
      const [carolLine, daveLine] = await Promise.all([
        startLossyLink(stage, stage.address(32), server, share(0.1)),
        startLossyLink(stage, stage.address(33), server, share(0.1)),
      ]);
      const both = { provider, withinMs: 60_000, lossy: true };
      const carol = { ...both, user: 'carol', address: stage.address(12), remote: carolLine.front };
      const dave = {
        ...both,
        user: 'dave',
        peer: 'carol',
        address: stage.address(13),
        remote: daveLine.front,
      };
      await stage.check('twenty calls when a tenth of all packets is lost', async () => {
        await registerBySipp(stage, carol);
        await play(
          stage,
          { ...carol, calls: 20, scenario: 'callee-on-a-lossy-line' },
          { ...dave, calls: 20, scenario: 'caller', pauseMs: 1_500 },
        );
        assert.ok(carolLine.dropped() > 0 && daveLine.dropped() > 0, 'packets were lost');
      });
    };
    const neverAnswers = async (): Promise<void> => {
      const silent = { provider, user: 'alice', address: stage.address(14), withinMs: 60_000 };
      await stage.check('a phone that says nothing at all: 408 after Timer B', async () => {
        await registerBySipp(stage, silent);
        const dead = await startSipp(stage, { ...silent, scenario: 'callee-silent', pauseMs: 60_000 });
        try {
          await play(stage, {
            ...{ provider, user: 'bob', peer: 'alice', address: stage.address(15), withinMs: 45_000 },
            scenario: 'caller-is-refused',
            words: { STATUS: '408' },
          });
        } finally {
          await dead.process.kill();
        }
      });
    };
    await Promise.all([retransmission(), aTenth(), neverAnswers()]);
  },
};
export default suite;
