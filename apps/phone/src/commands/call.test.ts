import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { causeOf, causes, PhoneError } from '@ringdown/user-agent';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeCall, media, path, quality } from '../testing/fake-phone.ts';
import { FakeWorld } from '../testing/fake-world.ts';
import { type CallCommandOptions, call } from './call.ts';

let home: string;
let world: FakeWorld;
let made: FakeCall[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ringdown-phone-'));
  world = new FakeWorld();
  made = [];
  world.phone.onDial = (one) => made.push(one);
});
afterEach(() => rmSync(home, { recursive: true }));

const account = { as: 'reporter@radio.example', password: 'secret' } as const;
const start = (options: Omit<CallCommandOptions, 'home'> = {}) => {
  const running = call('studio', { ...account, ...options, home }, world);
  running.catch(() => {});
  return running;
};
const dialled = async (): Promise<FakeCall> => {
  await world.until(() => made.length > 0);
  return made[0]!;
};
const wav = (): string => {
  const file = join(home, 'sound.wav');
  writeFileSync(file, '');
  return file;
};

describe('ringdown call', () => {
  it('tells the whole of a call in JSON, one event a line', async () => {
    const running = start({ json: true, record: join(home, 'r.wav') });
    const studio = await dialled();
    world.phone.tell({ kind: 'ringing', call: studio, status: 180, early: false });
    studio.establish();
    studio.flow();
    const { record } = studio.sound!;
    const sink = typeof record === 'function' ? record({ sampleRateHz: 48_000, channels: 2 }) : record!;
    world.phone.tell({ kind: 'quality', call: studio, quality });
    world.phone.tell({ kind: 'digit', call: studio, digit: '5' });
    world.phone.tell({ kind: 'held', call: studio, by: 'peer' });
    world.phone.tell({
      kind: 'message',
      from: 'sip:bob@radio.example',
      fromName: 'Bob',
      text: 'hi',
      contentType: 'text/plain',
    });
    await world.until(() => world.events.length === 10);
    studio.durationMs = 12_345.6;
    studio.end('peer', causes.peerHungUp);
    await sink.close();
    await running;
    const time = '2026-01-02T03:04:05.678Z';
    const of = { time, call: 'call-1' };
    expect(world.events).toEqual([
      { event: 'registering', time, address: 'sip:reporter@radio.example', server: null },
      { event: 'registered', time, address: 'sip:reporter@radio.example' },
      { event: 'calling', ...of, peer: 'sip:studio@radio.example' },
      { event: 'ringing', ...of, status: 180, early: false },
      { event: 'answered', ...of, peer: 'sip:studio@radio.example' },
      {
        event: 'media',
        ...of,
        codec: 'opus',
        rateHz: 48_000,
        channels: 2,
        sentChannels: 2,
        packetMs: 20,
        duplicateMs: null,
        bitsPerSecond: 128_000,
        profile: 'music-stereo',
        security: 'dtls-srtp',
        cipher: 'AES_CM_128_HMAC_SHA1_80',
        direction: 'sendrecv',
        path: 'direct',
        ice: true,
        local: '192.0.2.1:4000',
        localType: 'host',
        remote: '[2001:db8::2]:5004',
        remoteType: 'srflx',
      },
      {
        event: 'quality',
        ...of,
        mos: 4.32,
        lossRatio: 0.0123,
        silentMs: null,
        lost: 3,
        received: 250,
        sent: 251,
        jitterMs: 1.23,
        roundTripMs: null,
        bufferMs: 40,
        concealedRatio: 0,
        driftPpm: null,
        sentBitsPerSecond: 128_000,
        receivedBitsPerSecond: 127_000,
        peerLossRatio: null,
        peerJitterMs: null,
        sentRmsDbfs: [-20],
        receivedRmsDbfs: [-20, null],
      },
      { event: 'digit', ...of, digit: '5' },
      { event: 'held', ...of, by: 'peer' },
      {
        ...{ event: 'message', time, from: 'sip:bob@radio.example', fromName: 'Bob' },
        ...{ text: 'hi', contentType: 'text/plain' },
      },
      {
        event: 'ended',
        ...of,
        by: 'peer',
        cause: {
          status: null,
          what: 'The other side hung up.',
          next: 'Nothing is to be done.',
          retryAfterMs: null,
        },
        durationMs: 12_346,
      },
      { event: 'recorded', ...of, file: join(home, 'r.wav') },
      { event: 'unregistered', time, address: 'sip:reporter@radio.example', retrying: false, cause: null },
    ]);
    expect(world.phone.isClosed).toBe(true);
  });

  it('says what sounds again only when it is another', async () => {
    const running = start({ json: true, tone: '440' });
    const studio = await dialled();
    studio.establish();
    // Before the handshake is done.
    world.phone.tell({ kind: 'media', call: studio, media: { ...media, cipher: undefined } });
    world.phone.tell({ kind: 'path', call: studio, path });
    studio.flow();
    studio.flow();
    studio.media = { ...studio.media!, codec: 'PCMA', rateHz: 8_000, channels: 1 };
    world.phone.tell({ kind: 'media', call: studio, media: studio.media });
    studio.end('peer', causes.peerHungUp);
    await running;
    expect(world.events.filter(({ event }) => event === 'media').map(({ codec }) => codec)).toEqual([
      'opus',
      'PCMA',
    ]);
  });

  it('tells people in a few calm lines', async () => {
    const running = start({ tone: '440,880' });
    const studio = await dialled();
    world.phone.tell({ kind: 'ringing', call: studio, status: 180, early: false });
    world.phone.tell({ kind: 'ringing', call: studio, status: 183, early: true });
    world.phone.tell({ kind: 'quality', call: studio, quality });
    studio.establish();
    studio.flow();
    world.phone.tell({ kind: 'quality', call: studio, quality });
    world.phone.tell({
      kind: 'message',
      from: 'sip:eve@b.example',
      text: 'red\u001b[31m\nline\u202e',
      contentType: 'text/plain',
    });
    studio.durationMs = 3_723_000;
    studio.end('peer', causes.peerHungUp);
    await running;
    expect(world.terminal.printed).toEqual([
      'registering sip:reporter@radio.example …',
      'registered',
      'calling sip:studio@radio.example …',
      'ringing',
      'answered',
      'Opus 48 kHz stereo, DTLS-SRTP, direct 192.0.2.1:4000 ↔ [2001:db8::2]:5004',
      'sip:eve@b.example: red·[31m / line·',
      'ended after 1:02:03: the other side hung up',
    ]);
    expect(world.terminal.shown).toEqual([
      'quality 4.3 of 4.5, loss 1.2 %, jitter 1 ms, buffer 40 ms, heard -20 dB | silence',
    ]);
    expect(world.terminal.notes).toEqual([]);
  });

  it('says that nothing is heard where nothing was given', async () => {
    const running = start();
    (await dialled()).end('peer', causeOf(486));
    await expect(running).rejects.toThrow();
    expect(world.terminal.notes).toEqual([
      expect.stringContaining('nothing is played and what is heard is lost: --play FILE.wav'),
    ]);
  });

  it('says it to nobody whose call cannot be made', async () => {
    await expect(call('studio', { as: 'reporter@radio.example', home }, world)).rejects.toThrow('password');
    expect(world.terminal.notes).toEqual([]);
  });

  it('hangs up when all was played, unless it has a duration', async () => {
    const running = start({ play: wav(), json: true });
    const studio = await dialled();
    studio.establish();
    world.phone.tell({ kind: 'played', call: studio });
    // What is in the other side's buffer is heard before.
    await world.until(() => world.waits.includes(600));
    expect(studio.state).toBe('established');
    world.pass(600);
    await running;
    expect(world.events.find(({ event }) => event === 'ended')).toMatchObject({ by: 'us' });

    made.length = 0;
    world = new FakeWorld();
    world.phone.onDial = (one) => made.push(one);
    const longer = start({ play: wav(), duration: '60', json: true });
    const again = await dialled();
    again.establish();
    world.phone.tell({ kind: 'played', call: again });
    await world.until(() => world.events.some(({ event }) => event === 'played'));
    expect(again.state).toBe('established');
    expect(world.waits).toEqual([60_000]);
    world.pass(60_000);
    await longer;
    expect(again.state).toBe('ended');
  });

  it('counts its duration from the answer', async () => {
    const running = start({ duration: '1.5', tone: '440' });
    const studio = await dialled();
    expect(world.waits).toEqual([]);
    studio.establish();
    await world.until(() => world.waits.length > 0);
    expect(world.waits).toEqual([1_500]);
    world.pass(1_500);
    await running;
  });

  it('ends at its time though nobody answers the goodbye, and says so', async () => {
    const running = start({ duration: '9', record: join(home, 'r.wav') });
    const studio = await dialled();
    studio.isDeaf = true;
    studio.establish();
    studio.flow();
    const { record } = studio.sound!;
    const sink = typeof record === 'function' ? record({ sampleRateHz: 48_000, channels: 1 }) : record!;
    await world.until(() => world.waits.length > 0);
    studio.durationMs = 9_000;
    world.pass(9_000);
    expect(studio.hungUp).toBe(true);
    // The engine does so at once.
    await sink.close();
    await world.until(() => world.waits.includes(4_000));
    world.pass(4_000);
    await running;
    expect(world.terminal.printed.slice(-2)).toEqual([
      'ended after 0:09: we hung up, and nobody has answered that within 4 seconds',
      `recorded to ${join(home, 'r.wav')}`,
    ]);
  });

  it('says after five seconds whose answer is waited for', async () => {
    let answered = (): void => {};
    world.answer = () =>
      new Promise((resolve) => {
        answered = () => resolve(world.phone);
      });
    const running = start({ server: '127.0.0.1:15999', tone: '440' });
    await world.until(() => world.waits.includes(5_000));
    world.pass(5_000);
    expect(world.terminal.notes).toEqual([expect.stringMatching(/^no answer yet from 127\.0\.0\.1:15999: /)]);
    answered();
    (await dialled()).end('peer', causeOf(486));
    await expect(running).rejects.toThrow();
    expect(world.waits).toEqual([]);
  });

  it('says once what of the sound does not arrive', async () => {
    const running = start({ profile: 'lossless', tone: '440', json: true });
    const studio = await dialled();
    studio.establish();
    studio.flow();
    studio.flow();
    studio.end('peer', causes.peerHungUp);
    await running;
    expect(world.events.filter(({ event }) => event === 'reduced')).toMatchObject([
      { call: 'call-1', what: 'Lossless was asked for, and the call has Opus.' },
    ]);
  });

  it('says when nothing is heard any more, once, and when something is again', async () => {
    const running = start({ tone: '440' });
    const studio = await dialled();
    studio.establish();
    studio.flow();
    for (const silentMs of [1_000, 2_000, 3_020, 4_020])
      world.phone.tell({ kind: 'quality', call: studio, quality: { ...quality, silentMs } });
    world.phone.tell({ kind: 'quality', call: studio, quality });
    studio.end('peer', causes.peerHungUp);
    await running;
    expect(world.terminal.printed.slice(-3)).toEqual([
      'nothing is heard any more, for 3 seconds: the other side or the network may be gone',
      'they are heard again',
      'ended after 0:00: the other side hung up',
    ]);
  });

  it('presses keys when sound has a way, or after a while', async () => {
    const running = start({ dtmf: '12#a' });
    const studio = await dialled();
    studio.establish();
    await world.until(() => world.waits.length > 0);
    expect(studio.digits).toEqual([]);
    studio.flow();
    await world.until(() => studio.digits.length > 0);
    expect(studio.digits).toEqual(['12#A']);
    expect(world.waits).toEqual([]);
    studio.end('peer', causes.peerHungUp);
    await running;

    made.length = 0;
    world = new FakeWorld();
    world.phone.onDial = (one) => made.push(one);
    const blocked = start({ dtmf: '1' });
    const silent = await dialled();
    silent.establish();
    await world.until(() => world.waits.length > 0);
    world.pass(3_000);
    expect(silent.digits).toEqual(['1']);
    silent.end('peer', causes.peerHungUp);
    await blocked;
  });

  it('waits between keys where that is wanted, and no longer than the call goes on', async () => {
    const running = start({ dtmf: 'w12,,W3#w4' });
    const studio = await dialled();
    studio.establish();
    studio.flow();
    // Half a second; then four and a half, and the time that the keys before take.
    for (const [waitMs, pressed] of [
      [500, ['12']],
      [4_900, ['12', '3#']],
    ] as const) {
      await world.until(() => world.waits.includes(waitMs));
      world.pass(waitMs);
      await world.until(() => studio.digits.length === pressed.length);
      expect(studio.digits).toEqual(pressed);
    }
    studio.end('peer', causes.peerHungUp);
    await running;
    expect(world.waits).toEqual([]);
    expect(studio.digits).toEqual(['12', '3#']);
  });

  it('goes on with those whom the other side hands us over to', async () => {
    const running = start({ json: true, tone: '440' });
    const studio = await dialled();
    studio.establish();
    const desk = world.phone.dial('desk') as FakeCall;
    const target = '<sip:desk@radio.example;user=phone?Replaces=a%3Bto-tag%3D1>';
    world.phone.tell({ kind: 'transferred', call: studio, target, to: desk });
    await world.until(() => world.events.some(({ event }) => event === 'transferred'));
    desk.establish();
    studio.end('peer', causes.transferred);
    await world.until(() => world.events.some(({ event }) => event === 'ended'));
    expect(world.phone.isClosed).toBe(false);
    desk.end('peer', causes.peerHungUp);
    await running;
    expect(world.events.filter(({ event }) => event === 'ended').map((one) => one.call)).toEqual([
      'call-1',
      'call-2',
    ]);
  });

  it('prints SIP messages only where it is asked to', async () => {
    const ladder = {
      kind: 'signalling',
      direction: 'sent',
      transport: 'udp',
      peer: '192.0.2.9:5060',
      summary: 'BYE sip:studio@radio.example SIP/2.0',
      callId: 'abc',
      text: 'BYE …',
      at: 5,
    } as const;
    for (const verbose of [false, true]) {
      world = new FakeWorld();
      made.length = 0;
      world.phone.onDial = (one) => made.push(one);
      const { answer } = world;
      world.answer = () => {
        world.requests[0]?.observe?.({ ...ladder, summary: 'REGISTER sip:radio.example SIP/2.0' });
        return answer();
      };
      const running = start({ verbose, tone: '440' });
      const studio = await dialled();
      studio.establish();
      world.phone.tell(ladder);
      // Told by the phone's events from there on.
      world.requests[0]?.observe?.(ladder);
      studio.end('peer', causes.peerHungUp);
      await running;
      const said = ['REGISTER sip:radio.example SIP/2.0', 'BYE sip:studio@radio.example SIP/2.0'];
      expect(world.terminal.printed.filter((line) => line.includes('→ udp'))).toEqual(
        verbose ? said.map((line) => `  → udp 192.0.2.9:5060  ${line}`) : [],
      );
    }
  });
});

describe('what a call fails by', () => {
  it('says when to try again where the other side does', async () => {
    const running = start({ json: true });
    (await dialled()).end('peer', causeOf(486, 30));
    await expect(running).rejects.toThrow('was not answered: the user is busy; try again in 30 seconds');
    expect(world.events.find(({ event }) => event === 'ended')).toMatchObject({
      cause: { status: 486, retryAfterMs: 30_000 },
    });
  });

  it.each([
    [486, 'the call to sip:studio@radio.example was not answered: the user is busy; call again later'],
    [404, 'the call to sip:studio@radio.example was not answered: there is no such user; check the address'],
    [
      488,
      'was not answered: both sides have no codec or encryption in common; allow more of them on one side',
    ],
  ])('%d', async (status, sentence) => {
    const running = start({ json: true });
    (await dialled()).end('peer', causeOf(status));
    await expect(running).rejects.toThrow(sentence);
    expect(world.events.find(({ event }) => event === 'ended')).toMatchObject({
      by: 'peer',
      cause: { status },
      durationMs: null,
    });
  });

  it('is media that fail in the middle of it', async () => {
    const running = start();
    const studio = await dialled();
    studio.establish();
    studio.end('us', { what: 'Nothing has come for 30 seconds.', next: 'Call again.' });
    await expect(running).rejects.toThrow(
      'the call with sip:studio@radio.example broke off: nothing has come for 30 seconds; call again',
    );
  });

  it('is sound that finds no way, and nobody notices', async () => {
    const running = start();
    const studio = await dialled();
    studio.establish();
    studio.durationMs = 5_000;
    studio.end('peer', causes.peerHungUp);
    await expect(running).rejects.toThrow(
      'in the call with sip:studio@radio.example no sound got through: no way was found for it',
    );
  });

  it('is a registration that is refused', async () => {
    world.answer = () => Promise.reject(new PhoneError(causeOf(401)));
    await expect(start({ json: true })).rejects.toThrow(
      /^sip:reporter@radio\.example is not registered: user name or password are wrong; enter them anew$/,
    );
    expect(world.events.at(-1)).toMatchObject({
      event: 'unregistered',
      retrying: false,
      cause: { status: 401, what: 'User name or password are wrong.', next: 'Enter them anew.' },
    });
  });

  it.each([
    [
      {},
      { what: 'There is no server under the name radio.example.', next: 'Check how it is written.' },
      'there is no server under the name radio.example; name the server with --server HOST[:PORT], or check the domain',
    ],
    [
      { server: '192.0.2.1' },
      { what: 'The server does not answer.', next: 'Check the network.' },
      'the server does not answer; check the network',
    ],
    [
      { server: '192.0.2.1' },
      {
        what: "The server cannot be reached: the peer's certificate is self-signed.",
        next: 'Check the network.',
      },
      'certificate is self-signed; give the authority that signed it with --tls-ca FILE',
    ],
  ])('is a server that is not found: %j', async (options, cause, sentence) => {
    world.answer = () => Promise.reject(new PhoneError(cause));
    await expect(start(options)).rejects.toThrow(sentence);
    expect(world.terminal.printed.length).toBe(1);
  });

  it('is a machine that cannot do what is asked of it', async () => {
    world.answer = () => Promise.reject(new Error('No UDP port can be opened. Close a program.'));
    await expect(start()).rejects.toThrow('is not registered: no UDP port can be opened. Close a program');
  });

  it('is a recording that is not whole', async () => {
    world.recordingFault = new Error('ENOSPC: no space left');
    const running = start({ record: join(home, 'r.wav') });
    const studio = await dialled();
    studio.establish();
    const { record } = studio.sound!;
    const sink = typeof record === 'function' ? record({ sampleRateHz: 8_000, channels: 1 }) : record!;
    studio.end('peer', causes.peerHungUp);
    await sink.close();
    await expect(running).rejects.toThrow('is not whole: ENOSPC: no space left');
  });
});

describe('Ctrl-C', () => {
  it('hangs up, and all went well where it was answered', async () => {
    const running = start({ json: true });
    const studio = await dialled();
    studio.establish();
    world.interrupt();
    await running;
    expect(studio.state).toBe('ended');
    expect(world.phone.isClosed).toBe(true);
  });

  it('does not wait for a peer that has vanished', async () => {
    const running = start();
    const studio = await dialled();
    studio.establish();
    studio.hangUp = () => {
      studio.state = 'ending';
    };
    world.phone.close = () => new Promise(() => {});
    world.interrupt();
    await world.until(() => world.waits.includes(4_000));
    world.pass(4_000);
    await world.until(() => world.waits.includes(3_000));
    world.pass(3_000);
    await running;
  });

  it('takes a call back that was not', async () => {
    const running = start();
    await dialled();
    world.interrupt();
    await expect(running).rejects.toThrow(/was not answered: it was interrupted before$/);
  });

  it('ends a registration that nobody answers, and does not wait for it', async () => {
    world.answer = () => new Promise(() => {});
    const running = start();
    await world.until(() => world.requests.length > 0);
    world.interrupt();
    await world.until(() => world.waits.includes(3_000));
    world.pass(3_000);
    await expect(running).rejects.toThrow('is not registered: it was interrupted before the server answered');
    expect(world.isAbandoned).toBe(true);
  });

  it('does not wait for a farewell that nobody answers', async () => {
    world.phone.close = () => new Promise(() => {});
    const running = start();
    (await dialled()).establish();
    world.interrupt();
    await world.until(() => world.waits.includes(3_000));
    world.pass(3_000);
    await running;
    expect(world.isAbandoned).toBe(true);
  });
});

describe('before anything goes over the network', () => {
  const refusal = async (options: Partial<CallCommandOptions>, target = 'studio'): Promise<string> => {
    const words = await call(target, { ...account, home, ...options }, world).then(
      () => 'nothing was refused',
      (error: Error) => error.message,
    );
    expect(world.requests).toEqual([]);
    return words;
  };

  it.each<[Partial<CallCommandOptions>, string]>([
    [{ as: undefined }, 'which account? Name one with --account FILE'],
    [{ as: 'reporter' }, '--as must be a SIP address such as alice@radio.example, not "reporter"'],
    [{ password: undefined }, 'sip:reporter@radio.example has no password: give it with --password'],
    [{ password: '' }, '--password is empty'],
    [{ password: '-' }, 'standard input has no password on its first line'],
    [{ account: 'a.json' }, '--account and --as name two accounts'],
    [{ as: undefined, account: '/none.json' }, 'the account /none.json cannot be read (ENOENT'],
    [{ server: 'a b' }, '--server must be HOST, HOST:PORT or [IPV6]:PORT, not "a b"'],
    [{ server: '192.0.2.1:70000' }, '--server must be'],
    [{ turn: 'turn:x' }, '--turn must be'],
    [{ play: '/none.wav' }, 'the sound cannot be played: ENOENT'],
    [{ play: '/none.wav', tone: '440' }, '--play and --tone both say what the other side hears'],
    [{ tone: '440', device: true }, '--tone and --device both say'],
    [{ tone: '1' }, '--tone must be a frequency from 20 to 20000 Hz'],
    [{ tone: '440,' }, '--tone must be'],
    [{ tone: '1,2,3' }, '--tone must be'],
    [{ loop: true }, '--loop repeats what --play plays'],
    [{ record: '/none/r.wav' }, 'the recording /none/r.wav cannot be written (ENOENT'],
    [{ duration: '0' }, '--duration must be a number of seconds'],
    [{ duration: '1e9' }, '--duration must be a number of seconds'],
    [{ dtmf: '12x' }, '--dtmf must be up to 64 of 0-9, A-D, * and #, with w (half a second)'],
    [{ dtmf: ',w' }, '--dtmf must be'],
    [{ tlsCa: '/none.pem' }, 'the authorities /none.pem cannot be read'],
    [{ rtpPorts: '5000-4000' }, '--rtp-ports must be a range such as 4000-4100'],
    [{ duplicate: '501' }, '--duplicate must be 0 to 500 milliseconds'],
    [{ duplicate: 'soon' }, '--duplicate must be 0 to 500 milliseconds'],
    [{ ice: 'off', relayOnly: true }, '--relay-only needs ICE'],
    [{ home: '/proc/none' }, 'cannot be used (ENOENT'],
  ])('%j', async (options, sentence) => {
    expect(await refusal(options)).toContain(sentence);
  });

  it('refuses targets that are none', async () => {
    expect(await refusal({}, 'a b')).toBe(
      'the target must be USER@DOMAIN, a SIP URI, or a user of the own domain, not "a b"',
    );
    expect(await refusal({}, 'tel:+493012345')).toBe(
      'the target "tel:+493012345" is a number, not a SIP address: write +493012345 for one of the own domain, or +493012345@DOMAIN',
    );
    for (const other of ['http://radio.example/studio', 'mailto:bob@radio.example'])
      expect(await refusal({}, other)).toContain('is not reached by SIP: write USER@DOMAIN');
  });

  it('refuses a recording that would take the place of something, or be no WAV', async () => {
    const played = wav();
    writeFileSync(played, 'RIFF');
    symlinkSync(played, join(home, 'link.wav'));
    for (const overwrite of [false, true])
      expect(await refusal({ play: played, record: join(home, 'link.wav'), overwrite })).toBe(
        `${join(home, 'link.wav')} cannot be played and recorded to at once: give --record another name`,
      );
    expect(await refusal({ record: played })).toBe(
      `the recording ${played} is there already: give another name, or replace it with --overwrite`,
    );
    expect(await refusal({ record: join(home, 'talk.mp3') })).toBe(
      `the recording ${join(home, 'talk.mp3')} would be no mp3: WAV is written, so name it ${join(home, 'talk.wav')}`,
    );
    writeFileSync(join(home, 'none.wav'), 'no samples');
    expect(await refusal({ play: join(home, 'none.wav') })).toContain('there is no sound in it');
    expect(await refusal({ overwrite: true })).toContain('give a file with --record');
    expect(readFileSync(played, 'utf8')).toBe('RIFF');
    // Nothing is lost of an empty file, or where it is wanted: what is wrong is something else.
    writeFileSync(join(home, 'empty.wav'), '');
    expect(await refusal({ record: join(home, 'empty.wav'), as: 'x' })).toContain('--as');
    expect(await refusal({ record: played, overwrite: true, as: 'x' })).toContain('--as');
  });

  it('leaves a recording that is there as it is, and none where there was none', async () => {
    const old = wav();
    writeFileSync(old, 'old');
    await refusal({ record: join(home, 'new.wav'), dtmf: 'x' });
    await refusal({ record: old, as: 'x' });
    expect(existsSync(join(home, 'new.wav'))).toBe(false);
    expect(readdirSync(home)).toEqual(['sound.wav']);
  });

  it('says of a target that the phone refuses what it may be', async () => {
    await expect(call('sip:@', { ...account, home }, world)).rejects.toThrow(
      '"sip:@" cannot be called (it names nobody): write USER@DOMAIN',
    );
  });
});
