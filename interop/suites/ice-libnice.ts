import assert from 'node:assert/strict';
import type { ConnectivityServer } from '@ringdown/connectivity';
import { idle } from '../harness/deadline.ts';
import { IceAgents, introduce } from '../harness/ice-program.ts';
import { buildLibnice, connected, exchange, type LibniceOptions, type NicePair } from '../harness/libnice.ts';
import type { Suite } from '../harness/suite.ts';
import type { AgentOptions } from '../ice/agent.ts';

interface PairOptions {
  readonly controls: 'libnice' | 'ours' | 'both' | 'nobody';
  readonly nice?: Partial<LibniceOptions>;
  readonly agent?: Partial<AgentOptions>;
}

const consentEndsMs = 30_000;

const suite: Suite = {
  name: 'ice-libnice',
  peers: ['libnice'],
  shows:
    'Our ICE agent and libnice’s find a way and keep it, and count each other’s data: each controlling, with regular and aggressive nomination, in conflict about it, over IPv4 and IPv6, lite, through our TURN server over UDP and TCP from either side and from both, restarted by each. Wrong passwords connect nobody; consent lasts while both live, and ends when it is taken back or the other is gone.',
  needs: ['relay'],
  withinMs: 90_000,
  async run(stage) {
    const address = { nice: stage.address(20), ours: stage.address(21) };
    const [start, agents, provider] = await Promise.all([
      buildLibnice(stage),
      IceAgents.start(stage),
      stage.provider({ config: '[turn]\nallow_peers = ["127.0.0.0/8"]\n' }),
    ]);
    await provider.addAccount('alice', 'alice-secret');

    let pairs = 0;
    const bring = (options: PairOptions): NicePair => {
      pairs += 1;
      const { controls, nice = {}, agent = {} } = options;
      return {
        nice: start({
          name: `libnice ${pairs}`,
          controlling: controls === 'libnice' || controls === 'both',
          addresses: [address.nice],
          ...nice,
        }),
        ours: agents.open(`agent ${pairs}`, {
          role: controls === 'ours' || controls === 'both' ? 'controlling' : 'controlled',
          addresses: [address.ours],
          ...agent,
        }),
      };
    };
    const meet = (options: PairOptions): NicePair => {
      const pair = bring(options);
      introduce(pair.nice, pair.ours);
      introduce(pair.ours, pair.nice);
      return pair;
    };

    const turnServer = (transport: 'udp' | 'tcp'): ConnectivityServer => {
      const { host, port } = provider.endpoint(`turn-${transport}`);
      const credentials = { username: 'alice', password: 'alice-secret' };
      return { kind: 'turn', address: host, port, transport, ...credentials };
    };
    const niceRelay = (transport: 'udp' | 'tcp'): readonly string[] => {
      const { host, port } = provider.endpoint(`turn-${transport}`);
      return ['relay', `turn=${host},${port},alice,alice-secret,${transport}`];
    };

    const direct = async (): Promise<void> => {
      for (const nomination of ['regular', 'aggressive'] as const) {
        for (const controls of ['libnice', 'ours'] as const) {
          await stage.check(`${controls} controls; libnice nominates ${nomination}ly`, async () => {
            const pair = meet({ controls, nice: { nomination } });
            const { theirs: nice, ours } = await connected(pair);
            assert.deepEqual([nice.local.type, nice.remote.type], ['host', 'host']);
            assert.deepEqual([ours.local.address, ours.remote.address], [address.ours, address.nice]);
            await exchange(pair);
          });
        }
      }
      for (const controls of ['both', 'nobody'] as const) {
        await stage.check(`who controls: ${controls}, until one gives way`, async () => {
          const pair = meet({ controls });
          await connected(pair);
          await exchange(pair);
        });
      }
      await stage.check('IPv6', async () => {
        const pair = meet({
          controls: 'ours',
          nice: { addresses: ['::1'] },
          agent: { addresses: ['::1'] },
        });
        await connected(pair);
        await exchange(pair);
      });
      await stage.check('libnice is lite', async () => {
        const pair = bring({ controls: 'ours', nice: { more: ['lite'] } });
        introduce(pair.nice, pair.ours, (line) => (line.startsWith('remote ') ? `${line} ice-lite` : line));
        introduce(pair.ours, pair.nice);
        await connected(pair);
        await exchange(pair);
      });
    };

    const relayed = async (): Promise<void> => {
      for (const transport of ['udp', 'tcp'] as const) {
        await stage.check(`libnice’s relay alone, over ${transport}`, async () => {
          const pair = meet({ controls: 'ours', nice: { more: niceRelay(transport) } });
          const { theirs: nice, ours } = await connected(pair);
          assert.deepEqual([nice.local.type, ours.remote.address], ['relay', stage.address(1)]);
          await exchange(pair);
        });
        await stage.check(`our relay alone, over ${transport}`, async () => {
          const pair = meet({
            controls: 'libnice',
            agent: { policy: 'relay', servers: [turnServer(transport)] },
          });
          const { theirs: nice, ours } = await connected(pair);
          assert.deepEqual([ours.local.type, nice.remote.address], ['relay', stage.address(1)]);
          await exchange(pair);
        });
        await stage.check(`relays alone, libnice’s over ${transport}, ours over the other`, async () => {
          const pair = meet({
            controls: 'libnice',
            nice: { more: niceRelay(transport) },
            agent: { policy: 'relay', servers: [turnServer(transport === 'udp' ? 'tcp' : 'udp')] },
          });
          const { theirs: nice, ours } = await connected(pair);
          assert.deepEqual([nice.local.type, ours.local.type], ['relay', 'relay']);
          await exchange(pair);
        });
      }
    };

    const restarts = async (): Promise<void> => {
      for (const who of ['libnice', 'ours'] as const) {
        await stage.check(`a restart by ${who}`, async () => {
          const pair = meet({ controls: 'ours' });
          await connected(pair);
          const before = [await pair.nice.parameters(), await pair.ours.parameters()];
          const [niceMark, ourMark] = [pair.nice.mark(), pair.ours.mark()];
          (who === 'libnice' ? pair.nice : pair.ours).tell('restart');
          await pair.ours.reaches('completed', 10_000, ourMark);
          await pair.nice.reaches('ready', 10_000, niceMark);
          const after = [await pair.nice.parameters(niceMark), await pair.ours.parameters(ourMark)];
          for (const place of [0, 1]) assert.notEqual(after[place]?.ufrag, before[place]?.ufrag);
          await exchange(pair);
        });
      }
    };

    const refused = async (): Promise<void> => {
      await stage.check('wrong passwords connect nobody', async () => {
        const pair = bring({ controls: 'libnice' });
        const falsify = (line: string): string => line.replace(/^(remote \S+ )\S+/, `$1${'x'.repeat(22)}`);
        introduce(pair.nice, pair.ours, falsify);
        introduce(pair.ours, pair.nice, falsify);
        await Promise.all([pair.ours.reaches('checking', 10_000), pair.nice.reaches('connecting', 10_000)]);
        await idle(5_000);
        assert.deepEqual([pair.ours.state, pair.ours.way, pair.nice.way], ['checking', undefined, undefined]);
      });
    };

    const kept = (): Promise<boolean> =>
      stage.check('the way is kept longer than one consent lasts', async () => {
        const pair = meet({ controls: 'libnice' });
        await connected(pair);
        await idle(consentEndsMs + 4_000);
        assert.deepEqual([pair.ours.state, pair.nice.state], ['completed', 'ready']);
        assert.deepEqual(pair.ours.said(/^(?:state disconnected|note lost)/), []);
        await exchange(pair);
      });
    const niceGoes = (): Promise<boolean> =>
      stage.check('libnice is gone: its consent ends after 30 s', async () => {
        const pair = meet({ controls: 'ours' });
        await connected(pair);
        const gone = performance.now();
        pair.nice.tell('close');
        await pair.ours.waitFor(/^note lost /m, consentEndsMs + 10_000);
        const ms = performance.now() - gone;
        assert.ok(ms > consentEndsMs - 7_000 && ms < consentEndsMs + 2_000, `after ${Math.round(ms)} ms`);
      });
    const weGo = (): Promise<boolean> =>
      stage.check('our agent is gone: libnice’s consent ends', async () => {
        const pair = meet({ controls: 'ours' });
        await connected(pair);
        const mark = pair.nice.mark();
        pair.ours.tell('close');
        await pair.nice.reaches('failed|disconnected', consentEndsMs + 10_000, mark);
      });
    const revoked = (): Promise<boolean> =>
      stage.check('libnice takes its consent back', async () => {
        const pair = meet({ controls: 'ours' });
        await connected(pair);
        pair.nice.tell('revoke');
        await pair.nice.waitFor(/^revoked 1$/m, 2_000);
        await pair.ours.waitFor(/^note lost the peer has taken its consent back$/m, 8_000);
      });

    // What waits long waits at the same time.
    await Promise.all([kept(), niceGoes(), weGo(), revoked(), refused(), direct().then(restarts), relayed()]);
  },
};
export default suite;
