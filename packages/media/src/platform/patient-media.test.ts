import { instant, TimingWheel } from '@ringdown/sans-io';
import type { MediaRequest } from '@ringdown/user-agent';
import { expect, test } from 'vitest';
import { patient } from './patient-media.ts';

const offer = (session: string): MediaRequest => ({
  ...{ kind: 'offer', id: 1, session, hold: false, restart: false },
});

/** What reaches the engine, and when. */
const stand = () => {
  const asked: string[] = [];
  const timers = new TimingWheel(instant(0), { tickMs: 10 });
  let come = (): void => undefined;
  let looks = 0;
  const look = new Promise<void>((resolve) => {
    come = resolve;
  });
  let isKnown = false;
  const media = patient(
    {
      ask: ({ kind, session }) => void asked.push(`${kind} ${session}`),
      mute: () => undefined,
      sendDigits: () => true,
      levels: () => undefined,
      pairs: () => [],
      close: async () => undefined,
    },
    ({ wishes }) => {
      looks++;
      return isKnown || wishes?.ice === false ? undefined : { known: look, patienceMs: 1_000 };
    },
    timers,
  );
  return {
    ...{ media, asked, timers },
    looks: () => looks,
    known: async () => {
      isKnown = true;
      come();
      await look;
      await undefined;
    },
  };
};

test('a call waits until the servers are known, and all that is asked meanwhile comes behind it', async () => {
  const { media, asked, known } = stand();
  media.ask(offer('a'));
  media.ask({ kind: 'establish', session: 'a' });
  media.ask(offer('b'));
  expect(asked).toEqual([]);
  await known();
  expect(asked).toEqual(['offer a', 'establish a', 'offer b']);
  media.ask(offer('c'));
  expect(asked.at(-1)).toBe('offer c');
});

test('what does not describe us never waits', () => {
  const { media, asked } = stand();
  media.ask({ kind: 'close', session: 'a' });
  expect(asked).toEqual(['close a']);
});

test('nor what has nothing to wait for; others still do', () => {
  const { media, asked } = stand();
  media.ask({ ...offer('a'), wishes: { ice: false } } as MediaRequest);
  media.ask(offer('b'));
  expect(asked).toEqual(['offer a']);
});

test('patience ends, once for all calls', () => {
  const { media, asked, timers, looks } = stand();
  media.ask(offer('a'));
  timers.expire(instant(900));
  expect(asked).toEqual([]);
  timers.expire(instant(1_100));
  expect(asked).toEqual(['offer a']);
  media.ask(offer('b'));
  expect(asked).toEqual(['offer a', 'offer b']);
  expect(looks()).toBe(1);
});

test('nothing is asked behind the end', async () => {
  const { media, asked, known } = stand();
  media.ask(offer('a'));
  await media.close();
  await known();
  expect(asked).toEqual([]);
});
