import { PassThrough } from 'node:stream';
import { causes } from '@ringdown/user-agent';
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeCall, FakePhone } from '../testing/fake-phone.ts';
import { runScreen } from './run-screen.ts';
import { ScreenTerminal } from './testing/screen-terminal.ts';
import { CTRL_C, DOWN, ENTER, ESCAPE, ScreenWorld } from './testing/screen-world.ts';
import { directPath, levelsAt, qualityAt, stereoOpus, threePairs } from './testing/scripted-sound.ts';

const open: ScreenWorld[] = [];
const screen = (...options: ConstructorParameters<typeof ScreenWorld>): ScreenWorld => {
  const world = new ScreenWorld(...options);
  open.push(world);
  return world;
};

afterEach(async () => {
  for (const world of open.splice(0)) {
    await world.press(ESCAPE, CTRL_C);
    await world.status;
  }
});

/** Everybody who is called answers. */
const answered = (world: ScreenWorld): FakeCall[] => {
  const calls: FakeCall[] = [];
  const up = (call: FakeCall): void => {
    calls.push(call);
    call.candidates = threePairs;
    call.loudness = levelsAt(500);
    call.establish();
    call.flow(stereoOpus, directPath);
    call.sounds(qualityAt(5));
  };
  world.phone.onDial = up;
  world.phone.onAnswer = up;
  return calls;
};

describe('the full-screen phone', () => {
  it('shows who we are, our contacts with their presence, and the sound program', async () => {
    const world = screen();
    await world.shows('● registered');
    await world.shows('reporter@radio.example');
    await world.shows('Sound through pw-cat (PipeWire)');
    await world.asks('watch alice@radio.example');
    world.phone.show('alice@radio.example', { isOpen: true, isThere: true, note: 'in the studio' });
    world.phone.show('sip:bob@radio.example', { isOpen: false, isThere: true });
    await world.shows('● can be called: in the studio');
    await world.shows('○ Bob');
    world.phone.show('sip:bob@radio.example', { isOpen: false, isThere: false });
    await world.shows('× Bob');
    world.phone.tell({ kind: 'registration', state: 'waiting', cause: causes.noNetwork });
    await world.shows('· not known: we are not registered');
    await world.shows('· Bob');
    world.phone.tell({ kind: 'registration', state: 'registered' });
    await world.shows('× Bob');
    await world.asks('publish open');
  });

  it('says what to install where there is no sound', async () => {
    const world = screen({ device: { why: 'No program for sound was found.', install: 'apt install sox.' } });
    await world.shows('There is no sound');
    await world.shows('No sound. apt install sox.');
  });

  it('calls the chosen contact, shows all about the call, and hangs up', async () => {
    const world = screen();
    await world.shows('Alice');
    const calls = answered(world);
    await world.press(DOWN, ENTER);
    await world.asks('dial sip:bob@radio.example');
    await world.shows(/Bob {2}bob@radio\.example +▶ talking 00:00/);
    await world.shows('opus 48 kHz stereo, 128 kbit/s, 20 ms, interview');
    await world.shows('dtls-srtp, AEAD_AES_128_GCM');
    await world.shows('theirs +3.2 ppm');
    await world.shows(/Sent {5}L [█▒]+/);
    await world.shows('MOS');
    calls[0]!.durationMs = 83_000;
    await world.shows('talking 01:23');
    await world.press('x');
    await world.asks('hang up call-1');
    await world.shows('Bob: We hung up.');
    await world.shows('Calls before');
  });

  it('says why a call did not come about, and what to do next', async () => {
    const world = screen();
    await world.shows('Alice');
    world.phone.onDial = (call) =>
      call.end('peer', { status: 486, what: 'The user is busy.', next: 'Call again later.' });
    await world.press('d', 'carol@elsewhere.example', ENTER);
    await world.asks('dial carol@elsewhere.example');
    await world.shows('carol@elsewhere.example: The user is busy. Call again later.');
    await world.press('d', 'not somebody', ENTER);
    await world.shows('The call could not be made');
  });

  it('holds, mutes, and sends digits from the keys of a telephone and from the keypad', async () => {
    const world = screen();
    await world.shows('Alice');
    const calls = answered(world);
    await world.press(ENTER);
    await world.shows('talking');
    await world.press('h');
    await world.asks('hold call-1');
    await world.shows('HELD: h takes it back');
    await world.press('h');
    await world.asks('resume call-1');
    await world.hides('HELD');
    await world.press('m');
    await world.asks('mute call-1');
    await world.shows('MUTED: nothing of ours is heard');
    await world.press('m');
    await world.asks('unmute call-1');
    await world.press('5');
    await world.asks('digits 5 to call-1');
    await world.press('k', '#', 'c', ESCAPE);
    await world.asks('digits C to call-1');
    await world.shows('digits sent 5#C');
    expect(calls).toHaveLength(1);
    world.phone.tell({ kind: 'digit', call: calls[0]!, digit: '7' });
    await world.shows('received 7');
  });

  it('answers a call that comes, holds it for another one, and hands one over to the other', async () => {
    const world = screen();
    await world.shows('Alice');
    answered(world);
    world.phone.ring('sip:carol@elsewhere.example', { name: 'Carol' });
    await world.shows('Carol is calling: a answers, r refuses');
    expect(world.terminal.bells).toBe(1);
    await world.press('a');
    await world.asks('answer call-1');
    await world.shows('talking');
    await world.press(ENTER);
    await world.asks('hold call-1');
    await world.asks('dial alice@radio.example');
    await world.shows('Calls (2, Tab: next)');
    await world.press('t');
    await world.shows('Hand over to: Carol, whom we speak with in the other call');
    await world.press(ENTER);
    await world.asks('transfer call-2 to call-1');
    await world.shows('The call was handed over.');
    await world.press('\t', 't', 'studio@tokyo.example', ENTER);
    await world.asks('transfer call-1 to studio@tokyo.example');
  });

  it('refuses a call', async () => {
    const world = screen();
    await world.shows('Alice');
    world.phone.ring('sip:carol@elsewhere.example', { name: 'Carol' });
    await world.shows('Carol is calling');
    await world.press('r');
    await world.asks('refuse call-1 with 603');
    await world.hides('is calling');
  });

  it('draws the ladder of SIP messages, and all of one of them', async () => {
    const world = screen();
    await world.shows('Alice');
    const base = { kind: 'signalling', transport: 'tls', peer: '192.0.2.10:5061', callId: 'x@y' } as const;
    world.phone.tell({
      ...base,
      direction: 'sent',
      summary: 'INVITE sip:alice@radio.example SIP/2.0',
      text: 'INVITE sip:alice@radio.example SIP/2.0\r\nCSeq: 1 INVITE\r\nX-Mark: \u001b[31mred\r\n\r\n',
      at: 1000,
    });
    world.phone.tell({
      ...base,
      direction: 'received',
      summary: 'SIP/2.0 180 Ringing',
      text: 'SIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\n\r\n',
      at: 1250,
    });
    await world.press('l');
    await world.shows(/0\.000 │── INVITE sip:alice@radio\.example ─+▶│/);
    await world.shows(/0\.250 │◀─+ 180 Ringing \(INVITE\) ──│/);
    await world.press('\u001b[A', ENTER);
    await world.shows('Sent to 192.0.2.10:5061 over tls');
    await world.shows('X-Mark:  [31mred');
    await world.press(ESCAPE, ESCAPE);
    await world.shows('Contacts');
  });

  it('begins the ladder with what was said before there was a phone', async () => {
    const message = { kind: 'signalling', transport: 'udp', peer: '192.0.2.10:5060', callId: 'r@y' } as const;
    const summary = 'REGISTER sip:radio.example SIP/2.0';
    const text = `${summary}\r\nCSeq: 1 REGISTER\r\n\r\n`;
    const world = screen({ earlier: [{ ...message, direction: 'sent', summary, text, at: 900 }] });
    await world.shows('Alice');
    await world.press('l');
    await world.shows(/REGISTER sip:radio\.example/);
  });

  it('shows the pairs of ICE, which one was taken and why one failed', async () => {
    const world = screen({ columns: 120, rows: 40 });
    await world.shows('Alice');
    answered(world);
    await world.press(ENTER);
    await world.shows('talking');
    await world.press('i');
    await world.shows(/● host {2}192\.168\.1\.23:50120.*selected +31 ms/);
    await world.shows(/failed .*no answer/);
    await world.press(DOWN, DOWN);
    await world.shows('failed: no answer to 7 checks');
  });

  it('writes texts and reads them', async () => {
    const world = screen();
    await world.shows('Alice');
    world.phone.tell({
      kind: 'message',
      from: '"Alice" <sip:alice@radio.example>',
      text: 'On air in five',
      contentType: 'text/plain',
    });
    await world.shows('Alice writes: On air in five');
    await world.shows(/Alice +\(1\)/);
    await world.press('w');
    await world.shows('they On air in five');
    await world.press('ready', ENTER);
    await world.asks('text to alice@radio.example: ready');
    await world.shows(/you {2}ready$/m);
    world.phone.messageRefused = {
      what: 'The user is not reachable at present.',
      next: 'Call again later.',
    };
    await world.press('and now?', ENTER);
    await world.shows('Not delivered: The user is not reachable');
  });

  it('adds and removes contacts, and saves them', async () => {
    const world = screen();
    await world.shows('Alice');
    await world.press('+', 'studio@tokyo.example', ENTER);
    await world.shows('Name for studio@tokyo.example: studio');
    await world.press('\u0015', 'Tokyo 東京', ENTER);
    await world.asks('watch studio@tokyo.example');
    await world.shows('Tokyo 東京');
    expect(world.saved.at(-1)?.map(({ name }) => name)).toEqual(['Alice', 'Bob', 'Tokyo 東京']);
    await world.press('-');
    await world.shows('Remove Tokyo 東京 from the contacts?');
    await world.press('y');
    await world.until(
      () => world.saved.at(-1)?.length === 2,
      () => 'The contact was not removed.',
    );
  });

  it('says what is wrong with the registration and what to do', async () => {
    const world = screen();
    await world.shows('● registered');
    world.phone.tell({ kind: 'registration', state: 'waiting', cause: causes.noNetwork });
    await world.shows('○ not registered, tries again');
    await world.shows('The server cannot be reached. Check the network and the name of the domain.');
  });
});

describe('the terminal', () => {
  it('is given back when the user quits, and asks before that while a call is up', async () => {
    const world = new ScreenWorld();
    await world.shows('Alice');
    expect(world.terminal.modes).toEqual(new Set(['1049', '2004']));
    expect(world.terminal.isRaw).toBe(true);
    answered(world);
    await world.press(ENTER);
    await world.shows('talking');
    await world.press('q');
    await world.shows('Hang up and quit?');
    await world.press('n');
    await world.hides('Hang up and quit?');
    await world.press('q', 'y');
    expect(await world.status).toBe(0);
    expect(world.phone.asked.slice(-2)).toEqual(['hang up call-1', 'close']);
    expect(world.terminal.modes).toEqual(new Set(['25']));
    expect(world.terminal.isRaw).toBe(false);
  });

  it('is given back at Ctrl-C, which hangs up without a question', async () => {
    const world = new ScreenWorld();
    await world.shows('Alice');
    answered(world);
    await world.press(ENTER);
    await world.shows('talking');
    await world.press(CTRL_C);
    expect(await world.status).toBe(0);
    expect(world.phone.asked.slice(-2)).toEqual(['hang up call-1', 'close']);
    expect(world.terminal.modes).toEqual(new Set(['25']));
  });

  it('is left at once at the second Ctrl-C, however long the phone takes', async () => {
    const world = new ScreenWorld();
    await world.shows('Alice');
    world.phone.close = () => new Promise(() => {});
    await world.press(CTRL_C);
    await world.shows('Hanging up and signing off');
    await world.press(CTRL_C);
    expect(await world.status).toBe(130);
    expect(world.terminal.modes).toEqual(new Set(['25']));
  });

  it('is given back at a signal, too, with its status', async () => {
    const world = new ScreenWorld();
    await world.shows('Alice');
    process.emit('SIGTERM');
    expect(await world.status).toBe(143);
    expect(world.phone.asked.at(-1)).toBe('close');
    expect(world.terminal.modes).toEqual(new Set(['25']));
  });

  it('is given back when what the phone tells breaks off', async () => {
    const world = new ScreenWorld();
    await world.shows('Alice');
    await world.phone.close();
    expect(await world.status).toBe(0);
    expect(world.terminal.modes).toEqual(new Set(['25']));
  });

  it('may change its size, and is told when it is too small', async () => {
    const world = screen();
    await world.shows('Alice');
    world.terminal.resize(120, 40);
    await world.shows(/^─{120}$/m);
    expect(world.terminal.rows).toHaveLength(40);
    expect(world.terminal.rows.at(-1)).toContain('Enter call');
    world.terminal.resize(60, 15);
    await world.shows('The phone needs 80 columns and 24 rows; this window has 60');
    world.terminal.resize(80, 24);
    await world.shows('Contacts');
    expect(world.terminal.rows[1]).toBe('─'.repeat(80));
  });

  it('gets ASCII where its locale knows no more', async () => {
    const world = screen({ surroundings: { LANG: 'C', TERM: 'vt100' } });
    await world.shows('* registered');
    answered(world);
    await world.press(ENTER);
    await world.shows(/Sent {5}L [#=]+/);
    expect(world.terminal.text).toMatch(/^[ -~\n]*$/);
  });

  it('must be one: else a sentence says so', async () => {
    const terminal = new ScreenTerminal(80, 24, false);
    const stderr = new PassThrough();
    const phone = new FakePhone();
    const status = await runScreen({
      phone,
      contacts: { load: async () => [], save: async () => {} },
      device: { tool: 'sox' },
      stdin: terminal.stdin,
      stdout: terminal.stdout,
      stderr,
      now: Date.now,
    });
    expect(status).toBe(1);
    expect(String(stderr.read())).toMatch(/^The full-screen phone needs a terminal.*\n$/);
    expect(phone.asked).toEqual(['close']);
  });
});
