import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Baresip } from '../harness/baresip.ts';
import { isRtp, startCapture } from '../harness/capture.ts';
import type { Suite } from '../harness/suite.ts';
import { bestShareOfTone, shareOfTone } from '../harness/tone.ts';

const suite: Suite = {
  name: 'baresip-call',
  peers: ['baresip'],
  shows: 'Two baresips register and talk; each hears the other’s tone, and no sound passes the server.',
  withinMs: 60_000,
  async run(stage) {
    const provider = await stage.provider();
    await provider.addAccount('alice', 'alice-secret');
    await provider.addAccount('bob', 'bob-secret');
    const capture = await startCapture(stage, {
      name: 'sound',
      address: `${stage.address(1)}/32`,
    });
    const [alice, bob] = await Promise.all([
      Baresip.start(stage, {
        provider,
        user: 'alice',
        address: stage.address(10),
        toneHz: 440,
      }),
      Baresip.start(stage, {
        provider,
        user: 'bob',
        address: stage.address(11),
        toneHz: 1_000,
      }),
    ]);

    const socketsBefore = udpSockets(provider.serverPids());
    await stage.check('a call is set up and each side hears the tone of the other', async () => {
      await alice.dial(bob.aor);
      await Promise.all([alice.event('CALL_ESTABLISHED'), bob.event('CALL_ESTABLISHED')]);
      const [atAlice, atBob] = await Promise.all([alice.heard(1_500), bob.heard(1_500)]);
      const [toBob, toAlice] = [bestShareOfTone(atBob, 440), bestShareOfTone(atAlice, 1_000)];
      assert.ok(toBob > 0.8, `440 Hz at Bob: share ${toBob}`);
      assert.ok(toAlice > 0.8, `1000 Hz at Alice: share ${toAlice}`);
      assert.ok(shareOfTone(atBob, 1_000) < 0.05 && shareOfTone(atAlice, 440) < 0.05, 'a tone came back');
    });
    await stage.check('the server opened no socket for the sound', async () => {
      assert.deepEqual(udpSockets(provider.serverPids()), socketsBefore);
    });
    await stage.check('the caller hangs up and the other side is told', async () => {
      await alice.hangUp();
      await bob.event('CALL_CLOSED');
    });
    // Without root there is no capture, and the sockets above are the proof.
    if (capture !== undefined) {
      await stage.check('no packet of the sound passed the server', async () => {
        const packets = await capture.finish();
        assert.ok(packets.length > 10, 'the capture saw the call');
        assert.equal(packets.filter(isRtp).length, 0, 'RTP at the server');
      });
    }
    await stage.check('the called side hangs up and the caller is told', async () => {
      const mark = alice.mark();
      await alice.dial(bob.aor);
      await alice.event('CALL_ESTABLISHED', 8_000, mark);
      await bob.hangUp();
      await alice.event('CALL_CLOSED', 8_000, mark);
    });
    await stage.check('a caller who gives up stops the ringing', async () => {
      await bob.command('answermode', 'manual');
      const mark = bob.mark();
      await alice.dial(bob.aor);
      await bob.event('CALL_INCOMING', 8_000, mark);
      await alice.hangUp();
      await bob.event('CALL_CLOSED', 8_000, mark);
    });
    await stage.check('a call to an account that is not there is refused', async () => {
      const mark = alice.mark();
      await alice.dial(`sip:nobody@${provider.domain}`);
      const closed = await alice.event('CALL_CLOSED', 8_000, mark);
      assert.match(String(closed.param), /40[34]|410|480/);
    });
  },
};
export default suite;

/** Local addresses of the UDP sockets that these processes hold, by /proc. */
function udpSockets(pids: readonly number[]): readonly string[] {
  const inodes = new Set<string>();
  for (const pid of pids) {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const link = tryReadLink(`/proc/${pid}/fd/${fd}`);
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  const found: string[] = [];
  for (const table of ['/proc/net/udp', '/proc/net/udp6']) {
    for (const line of readFileSync(table, 'latin1').split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      if (inodes.has(columns[9] ?? '')) found.push(columns[1] ?? '');
    }
  }
  return found.sort();
}

function tryReadLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}
