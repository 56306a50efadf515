import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Baresip } from '../harness/baresip.ts';
import { eventually } from '../harness/deadline.ts';
import { Linphone } from '../harness/linphone.ts';
import type { Suite } from '../harness/suite.ts';
import { bestShareOfTone, readWav } from '../harness/tone.ts';

const suite: Suite = {
  name: 'linphone-call',
  peers: ['linphonec', 'baresip'],
  shows:
    'linphonec registers, is called and hears the caller, calls itself; both hang up; its refusal reaches the caller.',
  withinMs: 90_000,
  async run(stage) {
    const provider = await stage.provider();
    await provider.addAccount('lin', 'lin-secret');
    await provider.addAccount('bob', 'bob-secret');
    const [lin, bob] = await Promise.all([
      Linphone.start(stage, { provider, user: 'lin', address: stage.address(20) }),
      Baresip.start(stage, { provider, user: 'bob', address: stage.address(10), toneHz: 1_000 }),
    ]);

    const recorded = join(lin.folder, 'heard.wav');
    await stage.check('linphonec is called and answers', async () => {
      await bob.dial(lin.aor);
      await lin.callState('IncomingReceived');
      lin.command('answer');
      await bob.event('CALL_ESTABLISHED');
      await lin.callState('StreamsRunning');
      lin.command(`record ${recorded}`);
      const oneSecond = 44 + 2 * 8_000;
      await eventually(
        () => (existsSync(recorded) && statSync(recorded).size > oneSecond ? true : undefined),
        8_000,
        'linphonec records a second of sound',
      );
    });
    await stage.check('the caller hangs up and linphonec ends the call', async () => {
      const mark = lin.mark();
      await bob.hangUp();
      await lin.callState('End', 8_000, mark);
      await lin.callState('Released', 8_000, mark);
    });
    await stage.check('linphonec heard the tone of the caller', async () => {
      const share = bestShareOfTone(readWav(recorded), 1_000); // it writes the head when the call ends
      assert.ok(share > 0.8, `share of 1000 Hz: ${share}`);
    });
    await stage.check('linphonec hangs up and the caller is told', async () => {
      const mark = bob.mark();
      const said = lin.mark();
      await bob.dial(lin.aor);
      await lin.callState('IncomingReceived', 8_000, said);
      lin.command('answer');
      await bob.event('CALL_ESTABLISHED', 8_000, mark);
      lin.command('terminate');
      await bob.event('CALL_CLOSED', 8_000, mark);
      await lin.callState('Released', 8_000, said);
    });
    await stage.check('linphonec calls baresip, which answers and hangs up', async () => {
      const mark = bob.mark();
      const said = lin.mark();
      lin.command(`call ${bob.aor}`);
      await bob.event('CALL_ESTABLISHED', 8_000, mark);
      await lin.callState('StreamsRunning', 8_000, said);
      await bob.hangUp();
      await lin.callState('End', 8_000, said);
      await lin.callState('Released', 8_000, said);
    });
    await stage.check('linphonec refuses a call and the caller sees why', async () => {
      const mark = bob.mark();
      const said = lin.mark();
      await bob.dial(lin.aor);
      await lin.callState('IncomingReceived', 8_000, said);
      lin.command('terminate');
      const closed = await bob.event('CALL_CLOSED', 8_000, mark);
      assert.match(String(closed.param), /603|486/);
    });
    await stage.check('linphonec unregisters when it quits, and is then unavailable', async () => {
      const said = lin.mark();
      await lin.quit();
      assert.match(lin.process.output.slice(-200_000), /to \[LinphoneRegistrationCleared\]/, `after ${said}`);
      const mark = bob.mark();
      await bob.dial(lin.aor);
      const closed = await bob.event('CALL_CLOSED', 8_000, mark);
      assert.match(String(closed.param), /480|404/);
    });
  },
};
export default suite;
