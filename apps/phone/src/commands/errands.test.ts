import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { causeOf } from '@ringdown/user-agent';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FakeCall } from '../testing/fake-phone.ts';
import { FakeWorld } from '../testing/fake-world.ts';
import { message } from './message.ts';
import { presence } from './presence.ts';
import { transfer } from './transfer.ts';

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

const account = () => ({ as: 'reporter@radio.example', password: 'secret', json: true, home });

describe('ringdown message', () => {
  it('sends a text', async () => {
    await message('studio', 'hello', account(), world);
    expect(world.phone.messages).toEqual([{ target: 'studio', text: 'hello' }]);
    expect(world.events.find(({ event }) => event === 'message-sent')).toMatchObject({
      to: 'studio',
      text: 'hello',
    });
  });

  it('reads it from standard input', async () => {
    world.terminal.input = 'two\nlines\n';
    await message('studio', '-', account(), world);
    expect(world.phone.messages).toEqual([{ target: 'studio', text: 'two\nlines' }]);
  });

  it('says why it was not taken', async () => {
    world.phone.messageRefused = causeOf(480);
    await expect(message('studio', 'hello', account(), world)).rejects.toThrow(
      /^studio did not get the text: the user is not reachable at present; call again later$/,
    );
    expect(world.events.some(({ event }) => event === 'message-sent')).toBe(false);
  });

  it('ends when it is interrupted', async () => {
    world.phone.message = () => new Promise(() => {});
    const running = message('studio', 'hello', account(), world);
    await world.until(() => world.requests.length > 0);
    world.interrupt();
    await expect(running).rejects.toThrow('whether studio got the text is not known');
  });

  it.each([
    ['', account, 'there is no text to send'],
    ['-', () => ({ ...account(), password: '-' }), 'both read standard input'],
  ] as const)('refuses %j', async (text, options, sentence) => {
    await expect(message('studio', text, options(), world)).rejects.toThrow(sentence);
    expect(world.requests).toEqual([]);
  });
});

describe('ringdown presence', () => {
  it('prints states as they come, until the time is up', async () => {
    const running = presence('studio', { ...account(), duration: '10' }, world);
    await world.until(() => world.phone.watched.length > 0);
    world.phone.show('studio', { isOpen: false, isThere: false });
    world.phone.show('studio', { isOpen: false, isThere: true });
    world.phone.show('studio', { isOpen: true, isThere: true, note: 'on air' });
    await world.until(() => world.events.length >= 5);
    world.pass(10_000);
    await running;
    const told = { event: 'presence', time: '2026-01-02T03:04:05.678Z', of: 'studio' };
    expect(world.events.filter(({ event }) => event === 'presence')).toEqual([
      { ...told, open: false, there: false, note: null },
      { ...told, open: false, there: true, note: null },
      { ...told, open: true, there: true, note: 'on air' },
    ]);
  });

  it('leaves no timer behind when it is interrupted', async () => {
    const running = presence('studio', { ...account(), duration: '10' }, world);
    await world.until(() => world.waits.includes(10_000));
    world.interrupt();
    await running;
    expect(world.waits).toEqual([]);
  });

  it('fails where nothing was told', async () => {
    const running = presence('studio', { ...account(), duration: '10' }, world);
    running.catch(() => {});
    await world.until(() => world.waits.includes(10_000));
    world.pass(10_000);
    await expect(running).rejects.toThrow('nothing was told of studio in that time');
  });

  it('says where the server takes no presence', async () => {
    world.phone.refusesPublications = causeOf(489);
    const running = presence(undefined, { ...account(), publish: 'open' }, world);
    await expect(running).rejects.toThrow(
      'others are not told how we are: the server has no presence; ask its operator for it',
    );
    expect(world.events.map(({ event }) => event)).not.toContain('published');
  });

  it('takes a note of blanks for none', async () => {
    const running = presence(undefined, { ...account(), publish: 'open', note: '  ' }, world);
    await world.until(() => world.phone.published.length > 0);
    expect(world.phone.published).toEqual([{ isOpen: true }]);
    world.interrupt();
    await running;
  });

  it('tells how we are, and withdraws it with the phone', async () => {
    const running = presence(undefined, { ...account(), publish: 'closed', note: 'asleep' }, world);
    await world.until(() => world.phone.published.length > 0);
    expect(world.phone.published).toEqual([{ isOpen: false, note: 'asleep' }]);
    world.interrupt();
    await running;
    expect(world.events.find(({ event }) => event === 'published')).toMatchObject({
      open: false,
      note: 'asleep',
    });
    expect(world.phone.isClosed).toBe(true);
  });

  it('is of somebody', async () => {
    await expect(presence(undefined, account(), world)).rejects.toThrow('whose presence?');
    await expect(presence('studio', { ...account(), note: 'x' }, world)).rejects.toThrow(
      '--note goes with --publish',
    );
  });
});

describe('ringdown transfer', () => {
  const answered = async (index: number): Promise<FakeCall> => {
    await world.until(() => made.length > index);
    made[index]!.establish();
    return made[index]!;
  };

  it('hands over to somebody who was not asked', async () => {
    const running = transfer('studio', 'desk', account(), world);
    const studio = await answered(0);
    await running;
    expect(studio.transfers).toEqual(['desk']);
    expect(made.length).toBe(1);
    expect(world.events.find(({ event }) => event === 'handed-over')).toMatchObject({ target: 'desk' });
  });

  it('asks first, while the one who was called waits', async () => {
    const running = transfer('studio', 'desk', { ...account(), attended: true }, world);
    const studio = await answered(0);
    await world.until(() => studio.isHeld);
    const desk = await answered(1);
    await running;
    expect(studio.transfers).toEqual([desk]);
    expect(world.events.at(-1)).toMatchObject({ event: 'unregistered' });
    expect(desk.state).toBe('ended');
  });

  it.each([
    ['studio does not answer', 0, 'the call to studio was not answered: the user is busy; call again later'],
    ['desk does not answer', 1, 'the call to desk was not answered: the user is busy; call again later'],
  ])('says that %s', async (_, index, sentence) => {
    const running = transfer('studio', 'desk', { ...account(), attended: true }, world);
    running.catch(() => {});
    for (let before = 0; before < index; before++) await answered(before);
    await world.until(() => made.length > index);
    made[index]!.end('peer', causeOf(486));
    await expect(running).rejects.toThrow(sentence);
    expect(world.phone.calls).toEqual([]);
  });

  it('says that it was refused, and hangs up', async () => {
    const running = transfer('studio', 'desk', account(), world);
    running.catch(() => {});
    await world.until(() => made.length > 0);
    made[0]!.transferRefused = causeOf(603);
    await answered(0);
    await expect(running).rejects.toThrow(
      'sip:studio@radio.example was not handed over to desk: the user declined; do not call again at once',
    );
    expect(made[0]!.state).toBe('ended');
  });

  it('hangs up when it is interrupted', async () => {
    const running = transfer('studio', 'desk', account(), world);
    running.catch(() => {});
    await world.until(() => made.length > 0);
    world.interrupt();
    await expect(running).rejects.toThrow('studio was not handed over: it was interrupted');
    expect(made[0]!.state).toBe('ended');
  });
});

describe('the account', () => {
  const request = async (options: Parameters<typeof message>[2]) => {
    await message('studio', 'hello', options, world);
    return world.requests.at(-1)!;
  };

  it('comes from what "account add --json" prints, and options go before it', async () => {
    const file = join(home, 'reporter.json');
    writeFileSync(
      file,
      JSON.stringify({
        address: 'sip:reporter@radio.example',
        domain: 'radio.example',
        realm: 'radio.example',
        username: 'reporter',
        authUsername: 'r-1',
        displayName: null,
        password: 'from the file',
      }),
    );
    world.environment.RINGDOWN_PASSWORD = 'from the environment';
    expect(await request({ account: file, home })).toEqual({
      account: 'sip:reporter@radio.example',
      password: 'from the file',
      takesCalls: false,
      authUsername: 'r-1',
      realm: 'radio.example',
      device: { home: join(home, 'phone', '1') },
    });
    world.terminal.input = 'from standard input\n';
    expect(
      await request({
        account: file,
        password: '-',
        server: '192.0.2.1:5062',
        transport: ['tls', 'tcp'],
        displayName: 'Zoë',
        turn: 'turn.example',
        security: ['sdes', 'none'],
        profile: 'telephone',
        ice: 'off',
        host: ['192.0.2.7'],
        sipPort: 5070,
        rtpPorts: '4000-4100',
        dns: ['192.0.2.53'],
        home,
      }),
    ).toEqual({
      account: 'sip:reporter@radio.example',
      takesCalls: false,
      password: 'from standard input',
      authUsername: 'r-1',
      displayName: 'Zoë',
      realm: 'radio.example',
      server: '192.0.2.1:5062',
      transports: ['tls', 'tcp'],
      profile: 'telephone',
      security: ['sdes', 'none'],
      ice: false,
      device: {
        addresses: ['192.0.2.7'],
        turnServer: 'turn.example',
        dnsServers: ['192.0.2.53'],
        sipPort: 5070,
        rtpPorts: [4000, 4100],
        home: join(home, 'phone', '1'),
      },
    });
  });

  it('has no keys that nobody knows', async () => {
    const file = join(home, 'reporter.txt');
    writeFileSync(file, 'address = "sip:reporter@radio.example"\npasswort = "secret"\n');
    await expect(request({ account: file, home })).rejects.toThrow(
      `the account ${file}: there is no "passwort"; write one of address, username, domain`,
    );
  });

  it('takes its password from the environment where nothing else has one', async () => {
    world.environment.RINGDOWN_PASSWORD = 'from the environment';
    expect(await request({ as: 'sip:alice@b.example', home })).toMatchObject({
      account: 'sip:alice@b.example',
      password: 'from the environment',
    });
  });

  it.each([
    ['TOML', 'address = "reporter@radio.example"\npassword = "a \\"b\\" # c" # mine\nserver = "192.0.2.1"\n'],
    [
      'INI',
      '; mine\n[account]\nusername: reporter\ndomain: radio.example\npassword = a "b" # c\nserver=192.0.2.1',
    ],
  ])('may be written by hand, as %s', async (_, text) => {
    world.terminal.input = text;
    expect(await request({ account: '-', home })).toMatchObject({
      account: 'sip:reporter@radio.example',
      password: 'a "b" # c',
      server: '192.0.2.1',
    });
  });

  it.each([
    ['{"address": 5, "password": "x"}', '"address" must be a text, not 5'],
    ['{"address": ', 'is no JSON'],
    ['[{"address": "a@b"}]', 'must be one account'],
    ['{"password": "x"}', 'has no SIP address'],
    ['{"address": "reporter", "password": "x"}', '"reporter" is no SIP address'],
    ['{"address": "a@b.example"}', 'has no password'],
    ['{"address": "a@b.example", "password": "x", "transport": "sctp"}', '"sctp" is no transport'],
    ['address = "a@b.example"\nwhat is this', 'line 2: write "key = value"'],
    ['password = "\\x"', 'line 1: what stands in quotes cannot be read'],
  ])('is not %j', async (text, sentence) => {
    world.terminal.input = text;
    await expect(request({ account: '-', home })).rejects.toThrow(sentence);
  });

  it('is kept for the next time, for its owner alone', async () => {
    await expect(request({ home })).rejects.toThrow('which account?');
    await request({ ...account(), server: '192.0.2.1', transport: ['tcp'], save: true });
    const file = join(home, 'phone.json');
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      address: 'sip:reporter@radio.example',
      password: 'secret',
      server: '192.0.2.1',
      transport: ['tcp'],
    });
    expect(world.terminal.notes).toEqual([`the account is kept in ${file}`]);
    expect(await request({ home })).toMatchObject({
      account: 'sip:reporter@radio.example',
      password: 'secret',
      server: '192.0.2.1',
      transports: ['tcp'],
    });
    expect(await request({ as: 'reporter@radio.example', home })).toMatchObject({
      password: 'secret',
      server: '192.0.2.1',
    });
    await expect(request({ as: 'studio@radio.example', home })).rejects.toThrow('has no password');
  });

  it('is not kept where the server does not know it', async () => {
    world.answer = () => Promise.reject(new Error('no'));
    await expect(request({ ...account(), save: true })).rejects.toThrow();
    world = new FakeWorld();
    await expect(request({ home })).rejects.toThrow('which account?');
  });

  it('is another device for each phone that runs at once, and the same for those that follow', async () => {
    const other = new FakeWorld();
    other.phone.message = () => new Promise(() => {});
    const first = message('studio', 'x', account(), other);
    first.catch(() => {});
    await other.until(() => other.requests.length > 0);
    expect(other.requests[0]!.device.home).toBe(join(home, 'phone', '1'));
    expect((await request(account())).device.home).toBe(join(home, 'phone', '2'));
    other.interrupt();
    await expect(first).rejects.toThrow();
    expect((await request(account())).device.home).toBe(join(home, 'phone', '1'));
  });
});
