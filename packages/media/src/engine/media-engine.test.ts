import { createLiveTimers, nodeClock, nodeHashes, nodeRandom, nodeSockets } from '@ringdown/net';
import type { MediaAnswer, MediaEvent } from '@ringdown/user-agent';
import { afterEach, expect, test, vi } from 'vitest';
import { toneSource } from '../audio/tone.ts';
import { createMediaEngine, type NodeMediaEngine } from './media-engine.ts';

const timers = createLiveTimers(nodeClock);
const engines: NodeMediaEngine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

const SOON = { timeout: 15_000, interval: 20 };

/** An engine on this machine's own sockets and clock. */
const phone = () => {
  const events: MediaEvent[] = [];
  const waiting: ((answer: MediaAnswer) => void)[] = [];
  const engine = createMediaEngine(
    { addresses: ['127.0.0.1'] },
    {
      sockets: nodeSockets({ hosts: ['127.0.0.1'], loopback: true }),
      clock: nodeClock,
      timers,
      random: nodeRandom,
      hashes: nodeHashes,
      answered: (_, answer) => waiting.shift()?.(answer),
      told: (event) => void events.push(event),
    },
  );
  engines.push(engine);
  const ask = (request: Parameters<typeof engine.ask>[0]): Promise<MediaAnswer> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      engine.ask(request);
    });
  const of = <Kind extends MediaEvent['kind']>(kind: Kind) =>
    events.filter((event): event is Extract<MediaEvent, { kind: Kind }> => event.kind === kind);
  return { engine, ask, of };
};

const textOf = (answer: MediaAnswer): string => {
  if (answer.kind !== 'described') throw new Error(JSON.stringify(answer));
  return answer.description;
};

test('two engines on one machine hear each other over ICE and DTLS, in stereo, and part without a trace', async () => {
  const [alice, bob] = [phone(), phone()];
  const heard: Int16Array[] = [];
  let isClosed = false;
  const play = toneSource({
    frequenciesHz: [440, 880],
    levelDbfs: -12,
    sampleRateHz: 48_000,
    durationMs: 1_500,
  });
  const wishes = { profile: 'music-stereo' } as const;
  const offer = textOf(
    await alice.ask({
      ...{ kind: 'offer', id: 1, session: 'call', hold: false, restart: false },
      wishes: { ...wishes, sound: { play } },
    }),
  );
  const record = (format: { readonly sampleRateHz: number; readonly channels: number }) => ({
    format,
    write: (sound: readonly Int16Array[]) => void heard.push(sound[1]!),
    close: async () => {
      isClosed = true;
    },
  });
  const answer = textOf(
    await bob.ask({
      ...{ kind: 'answer', id: 2, session: 'call', offer, early: false },
      wishes: { ...wishes, sound: { record } },
    }),
  );
  expect(await alice.ask({ kind: 'take answer', id: 3, session: 'call', answer })).toEqual({
    kind: 'agreed',
    peerHolds: false,
  });
  for (const { engine } of [alice, bob]) engine.ask({ kind: 'establish', session: 'call' });
  await vi.waitFor(() => expect(alice.of('played')).toHaveLength(1), SOON);
  await vi.waitFor(() => expect(bob.of('quality').length).toBeGreaterThan(1), SOON);
  expect(bob.of('sound')).toHaveLength(1);
  expect(bob.of('media').at(-1)?.media).toMatchObject({ codec: 'opus', channels: 2, security: 'dtls-srtp' });
  expect(bob.of('path').at(-1)?.path).toMatchObject({ kind: 'direct', ice: true });
  expect(Math.max(...heard.flatMap((piece) => [...piece]))).toBeGreaterThan(6_000);
  await bob.engine.close();
  expect(isClosed).toBe(true);
});

test('what cannot be had is answered, not thrown', async () => {
  const { ask, engine } = phone();
  const answered = await ask({ kind: 'answer', id: 1, session: 'a', offer: 'nonsense', early: false });
  expect(answered).toMatchObject({ kind: 'failed', status: 488 });
  expect(await ask({ kind: 'take answer', id: 2, session: 'b', answer: '' })).toMatchObject({
    kind: 'failed',
    status: 500,
  });
  const wishes = { relayOnly: true, ice: false };
  const refused = await ask({ kind: 'offer', id: 3, session: 'c', hold: false, restart: false, wishes });
  expect(refused).toMatchObject({ kind: 'failed', status: 500, why: expect.stringContaining('relays') });
  expect(engine.sendDigits('nobody', '1')).toBe(false);
  expect(engine.levels('nobody')).toBeUndefined();
  expect(engine.pairs('nobody')).toEqual([]);
  engine.ask({ kind: 'close', session: 'nobody' });
  engine.ask({ kind: 'fork', session: 'd', of: 'nobody' });
  engine.ask({ kind: 'roll back', session: 'd' });
});
