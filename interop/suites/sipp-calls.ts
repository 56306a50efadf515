import { Baresip } from '../harness/baresip.ts';
import { play, registerBySipp, type SippOptions } from '../harness/sipp.ts';
import type { Suite } from '../harness/suite.ts';

const suite: Suite = {
  name: 'sipp-calls',
  peers: ['SIPp', 'baresip'],
  shows:
    'Digest on REGISTER and INVITE, BYE from each side, busy, forking to two devices with CANCEL of the loser, a caller who gives up, a 200 that crosses the CANCEL, an unregistered user, UDP and TCP.',
  withinMs: 90_000,
  async run(stage) {
    const provider = await stage.provider();
    await provider.addAccount('alice', 'alice-secret');
    await provider.addAccount('bob', 'bob-secret');
    const alice = { provider, user: 'alice', peer: 'bob', address: stage.address(10) };
    const bob = { provider, user: 'bob', address: stage.address(11) };
    const bobsOther = { ...bob, address: stage.address(12) };

    const call = (callee: string, caller: string, more: Partial<SippOptions> = {}): Promise<void> =>
      play(stage, { ...bob, scenario: callee }, { ...alice, scenario: caller, ...more });

    await stage.check('REGISTER with digest', () => registerBySipp(stage, bob));
    await stage.check('a call with digest; the caller hangs up', () => call('callee', 'caller'));
    await stage.check('the called side hangs up', () => call('callee-hangs-up', 'caller-is-hung-up'));
    await stage.check('busy: 486 comes back and is acknowledged hop by hop', () =>
      call('callee-busy', 'caller-is-refused', { words: { STATUS: '486' } }),
    );
    await stage.check('the caller gives up: CANCEL, 487 and its ACK', () =>
      call('callee-loses', 'caller-cancels'),
    );
    await stage.check('a 200 crosses the CANCEL and is forwarded', () =>
      call('callee-answers-the-cancel', 'caller-cancels-too-late'),
    );
    await stage.check('over TCP to a phone on UDP; the caller hangs up', () =>
      call('callee', 'caller', { transport: 'tcp' }),
    );
    await stage.check('over TCP to a phone on UDP; the called side hangs up', () =>
      call('callee-hangs-up', 'caller-is-hung-up', { transport: 'tcp' }),
    );
    await stage.check('forking: one device answers, the other gets CANCEL and its 487 an ACK', async () => {
      await registerBySipp(stage, bobsOther);
      await play(
        stage,
        { ...bob, scenario: 'callee', pauseMs: 500 },
        { ...bobsOther, scenario: 'callee-loses' },
        { ...alice, scenario: 'caller' },
      );
    });
    await stage.check('forking: one device is busy, the other answers', () =>
      play(
        stage,
        { ...bob, scenario: 'callee-busy' },
        { ...bobsOther, scenario: 'callee', pauseMs: 500 },
        { ...alice, scenario: 'caller' },
      ),
    );
    await stage.check('forking: both ring, the caller gives up, both get CANCEL', () =>
      play(
        stage,
        { ...bob, scenario: 'callee-loses' },
        { ...bobsOther, scenario: 'callee-loses' },
        { ...alice, scenario: 'caller-cancels', pauseMs: 500 },
      ),
    );
    await stage.check('after both devices unregister a call finds nobody', async () => {
      await registerBySipp(stage, { ...bob, expiresSeconds: 0 });
      await registerBySipp(stage, { ...bobsOther, expiresSeconds: 0 });
      await play(stage, { ...alice, scenario: 'caller-is-refused', words: { STATUS: '480' } });
    });
    await stage.check('TCP both ways: baresip on TCP is called by SIPp over TCP', async () => {
      const phone = await Baresip.start(stage, {
        provider,
        user: 'bob',
        address: stage.address(13),
        transport: 'tcp',
      });
      await play(stage, { ...alice, scenario: 'caller', transport: 'tcp', pauseMs: 300 });
      await phone.event('CALL_CLOSED');
    });
  },
};
export default suite;
