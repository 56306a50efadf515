import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { causeOf, causes } from '@ringdown/user-agent';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeWorld } from '../testing/fake-world.ts';
import { type AnswerCommandOptions, answer } from './answer.ts';
import { echo } from './echo.ts';
import { tone } from './tone.ts';

let home: string;
let world: FakeWorld;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ringdown-phone-'));
  world = new FakeWorld();
});
afterEach(() => rmSync(home, { recursive: true }));

const account = { as: 'reporter@radio.example', password: 'secret', json: true } as const;
const start = (options: Omit<AnswerCommandOptions, 'home'> = {}) => {
  const running = answer({ ...account, auto: true, ...options, home }, world);
  running.catch(() => {});
  return running;
};
const bob = 'sip:bob@radio.example';

describe('ringdown answer', () => {
  it('takes one call after the other until it is interrupted, each with a recording of its own', async () => {
    writeFileSync(join(home, 'talk-2.wav'), 'of yesterday');
    const running = start({ record: join(home, 'talk.wav'), tone: '440' });
    for (const [index, file] of ['talk.wav', 'talk-3.wav'].entries()) {
      await world.until(() => world.requests.length > 0);
      const call = world.phone.ring(bob, { name: 'Bob' });
      await world.until(() => call.state === 'established');
      const { record } = call.sound!;
      const sink = typeof record === 'function' ? record({ sampleRateHz: 48_000, channels: 1 }) : record!;
      call.end('peer', causes.peerHungUp);
      await sink.close();
      await world.until(() => world.events.filter(({ event }) => event === 'recorded').length > index);
      expect(world.events.at(-1)).toMatchObject({ event: 'recorded', file: join(home, file) });
    }
    world.interrupt();
    await running;
    expect(world.events.find(({ event }) => event === 'incoming')).toMatchObject({
      peer: bob,
      peerName: 'Bob',
      replaces: null,
    });
    expect(world.phone.isClosed).toBe(true);
  });

  it('may be started before the device has a network: it waits for one, and then a moment', async () => {
    world.isOnline = false;
    const running = start();
    await world.until(() => world.waits.length > 0);
    expect(world.events).toMatchObject([
      { event: 'unregistered', retrying: true, cause: { what: 'This device has no network.' } },
    ]);
    world.pass(1_000);
    await world.until(() => world.waits.length > 0);
    world.isOnline = true;
    world.pass(1_000);
    await world.until(() => world.waits.includes(2_000));
    expect(world.requests).toEqual([]);
    world.pass(2_000);
    await world.until(() => world.events.at(-1)?.event === 'registered');
    world.interrupt();
    await running;
  });

  it('waits for no network where the server is on the same machine', async () => {
    world.isOnline = false;
    const running = start({ server: '127.0.0.1:5070' });
    await world.until(() => world.events.at(-1)?.event === 'registered');
    world.interrupt();
    await running;
  });

  it('ends when it is interrupted while it waits for a network', async () => {
    world.isOnline = false;
    const running = start();
    await world.until(() => world.waits.length > 0);
    world.interrupt();
    await expect(running).rejects.toThrow('it was interrupted');
    expect(world.waits).toEqual([]);
  });

  it('is busy for a second one', async () => {
    const running = start();
    const first = world.phone.ring(bob);
    await world.until(() => first.state === 'established');
    const second = world.phone.ring('sip:carol@radio.example');
    await world.until(() => second.state === 'ended');
    expect(second.refusals).toEqual([486]);
    expect(world.terminal.notes.at(-1)).toBe(
      'sip:carol@radio.example was told that we are busy: another call is on',
    );
    expect(first.state).toBe('established');
    world.interrupt();
    await running;
    expect(first.state).toBe('ended');
  });

  it('lets another call take the place of the one before', async () => {
    const running = start({ once: true });
    const first = world.phone.ring(bob);
    await world.until(() => first.state === 'established');
    const second = world.phone.ring('sip:carol@radio.example', { replaces: first.id });
    await world.until(() => world.events.some(({ replaces }) => replaces === first.id));
    expect(second.refusals).toEqual([]);
    expect(second.state).toBe('established');
    first.end('peer', causes.replaced);
    second.end('peer', causes.peerHungUp);
    await running;
  });

  it.each([
    ['sip:bob@radio.example;x=y', true],
    ['sip:bob@RADIO.example:5060', true],
    ['sip:Bob@radio.example', false],
    ['sip:bob@radio.example.evil.example', false],
    ['sip:bob@evil.example?x=bob@radio.example', false],
    ['sip:anyone@studio.example', true],
    ['sips:anyone@Studio.Example', true],
    ['sip:anyone@sub.studio.example', false],
    ['tel:+4912345', false],
  ])('lets %s in: %s', async (uri, isLetIn) => {
    const running = start({ allow: ['bob@radio.example', 'studio.example'] });
    const call = world.phone.ring(uri);
    await world.until(() => call.state === (isLetIn ? 'established' : 'ended'));
    expect(call.refusals).toEqual(isLetIn ? [] : [603]);
    world.interrupt();
    await running;
  });

  it('takes nobody who comes past the server for one of those who may call', async () => {
    const running = start({ allow: ['radio.example'] });
    const call = world.phone.ring('sip:bob@radio.example', { isDirect: true });
    await world.until(() => call.state === 'ended');
    expect(call.refusals).toEqual([603]);
    world.interrupt();
    await running;
  });

  it('ends with the first call where it is for one', async () => {
    const running = start({ once: true, duration: '5' });
    const unanswered = world.phone.ring(bob);
    unanswered.answer = async () => unanswered.end('peer', causes.callerGaveUp);
    await world.until(() => unanswered.state === 'ended');
    const call = world.phone.ring(bob);
    await world.until(() => world.waits.includes(5_000));
    world.pass(5_000);
    await running;
    expect(call.state).toBe('ended');
  });

  it('fails with the one call that broke off, and only notes it otherwise', async () => {
    const broken = { what: 'Nothing has come for 30 seconds.', next: 'Call again.' };
    const sentence = `the call with ${bob} broke off: nothing has come for 30 seconds; call again`;
    const running = start({ once: true });
    const call = world.phone.ring(bob);
    await world.until(() => call.state === 'established');
    call.end('us', broken);
    await expect(running).rejects.toThrow(sentence);

    world = new FakeWorld();
    const patient = start();
    const next = world.phone.ring(bob);
    await world.until(() => next.state === 'established');
    next.end('us', broken);
    await world.until(() => world.terminal.notes.includes(`ringdown: ${sentence}`));
    world.interrupt();
    await patient;
  });

  it('ends where the registration is lost for good', async () => {
    const running = start();
    await world.until(() => world.requests.length > 0);
    world.phone.tell({ kind: 'registration', state: 'waiting', cause: causes.silence });
    world.phone.tell({ kind: 'registration', state: 'registered' });
    world.phone.tell({ kind: 'registration', state: 'refused', cause: causeOf(403) });
    await expect(running).rejects.toThrow(
      'sip:reporter@radio.example is not registered any more: the server forbids it; ask the operator',
    );
    expect(world.events.map(({ event, retrying }) => [event, retrying])).toEqual([
      ['registering', undefined],
      ['registered', undefined],
      ['unregistered', true],
      ['registered', undefined],
      ['unregistered', false],
      ['unregistered', false],
    ]);
  });

  it('refuses a call for which there is no sound any more', async () => {
    const running = start({ device: true });
    await world.until(() => world.requests.length > 0);
    expect(world.terminal.notes).toContain('sound goes through Test Audio, by test-cat');
    world.sounds.openDevices = async () => {
      throw new Error('The microphone is gone.');
    };
    const call = world.phone.ring(bob);
    await expect(running).rejects.toThrow('the sound devices cannot be used: the microphone is gone');
    expect(call.refusals).toEqual([480]);
  });

  it('warns that everybody hears the room', async () => {
    const running = start({ device: true });
    await world.until(() => world.requests.length > 0);
    world.interrupt();
    await running;
    expect(world.terminal.notes).toContain('whoever calls hears this room: --allow ADDRESS says who may');
  });

  it('needs the devices that it is to use', async () => {
    world.sounds.openDevices = async () => {
      throw new Error('No microphone.\nTried: none.');
    };
    await expect(start({ device: true })).rejects.toThrow(
      'the sound devices cannot be used: no microphone. Tried: none',
    );
    expect(world.requests).toEqual([]);
  });

  it.each([
    [{ auto: false }, 'nobody can be asked here whether to answer: --auto answers every call'],
    [{ allow: ['a b'] }, '--allow must be a SIP address or a domain, not "a b"'],
  ])('refuses %j', async (options, sentence) => {
    await expect(start(options)).rejects.toThrow(sentence);
    expect(world.requests).toEqual([]);
  });
});

describe('ringdown answer, where somebody can be asked', () => {
  beforeEach(() => {
    world.terminal.isInteractive = true;
  });

  it.each([
    [['what?', 'y'], 'established', []],
    [['No'], 'ended', [603]],
  ] as const)('%j', async (said, state, refusals) => {
    world.terminal.said.push(...said);
    const running = start({ auto: false });
    const call = world.phone.ring(bob);
    await world.until(() => call.state === state);
    expect(call.refusals).toEqual(refusals);
    expect(world.terminal.questions.length).toBe(said.length);
    world.interrupt();
    await running;
  });

  it('withdraws its question when the caller gives up', async () => {
    const running = start({ auto: false });
    const call = world.phone.ring(bob);
    await world.until(() => world.terminal.questions.length === 1);
    call.end('peer', causes.callerGaveUp);
    await world.until(() => world.events.some(({ event }) => event === 'ended'));
    world.terminal.said.push('y');
    const next = world.phone.ring(bob);
    await world.until(() => next.state === 'established');
    world.interrupt();
    await running;
  });

  it('leaves what rings to other phones when it is interrupted', async () => {
    const running = start({ auto: false });
    const call = world.phone.ring(bob);
    await world.until(() => world.terminal.questions.length === 1);
    world.interrupt();
    await running;
    expect([call.state, call.refusals]).toEqual(['ended', [480]]);
  });
});

describe('machines', () => {
  it('say back what they hear, to many at once', async () => {
    const running = echo({ ...account, home }, world);
    const calls = [bob, 'sip:carol@radio.example'].map((uri) => world.phone.ring(uri));
    await world.until(() => calls.every(({ state }) => state === 'established'));
    for (const [index, { sound }] of calls.entries()) {
      const { play, record } = sound!;
      if (record === undefined || typeof record === 'function') throw new Error('an echo has a shape');
      const heard = new Int16Array(960).fill(100 + index);
      record.write([heard.slice(), heard.slice()]);
      const said = play!.read(48_000 / 10);
      expect(Math.max(...said[0]!)).toBe(100 + index);
    }
    world.interrupt();
    await running;
  });

  it('play the tone that they are told to', async () => {
    const running = tone('440,880', { ...account, home, duration: '3' }, world);
    const call = world.phone.ring(bob);
    await world.until(() => call.state === 'established');
    expect(call.sound!.play!.format.channels).toBe(2);
    world.pass(3_000);
    expect(call.state).toBe('ended');
    world.interrupt();
    await running;
    expect(() => tone('x', { ...account, home }, world)).toThrow('HZ must be a frequency');
  });

  it('are busy when they have enough', async () => {
    const running = echo({ ...account, home }, world);
    const calls = Array.from({ length: 33 }, () => world.phone.ring(bob));
    await world.until(() => calls.every(({ state }) => state !== 'ringing'));
    expect(calls.map(({ refusals }) => refusals).filter((refusals) => refusals.length > 0)).toEqual([[486]]);
    world.interrupt();
    await running;
  });
});
