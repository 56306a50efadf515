import { beforeEach, describe, expect, it } from 'vitest';
import { worldWithPasswords } from '../world/passwords.ts';
import { answersAll, gathered, Stage } from '../world/stage.ts';
import { World } from '../world/world.ts';

let world: World;
let stage: Stage;

beforeEach(() => {
  world = new World({ users: ['alice', 'bob'] });
  stage = new Stage(world);
});

/** All that phones had opened is given back. */
const nothingIsOpen = (): void => {
  for (const { device } of stage.platforms) {
    expect(device?.isOpen).toBe(false);
    expect(device?.leftOpen).toBe(0);
  }
};

describe('connect', () => {
  it('is done when the phone is registered, and says who it is', async () => {
    const { phone, platform } = await stage.phone('sip:alice@home.example', { displayName: 'Alice' });
    expect(phone.registration).toBe('registered');
    expect(phone.address).toBe('sip:alice@home.example');
    expect(phone.calls).toEqual([]);
    expect(platform.request).toEqual({
      account: { username: 'alice', domain: 'home.example', password: 'secret', displayName: 'Alice' },
      server: undefined,
      transports: ['udp'],
    });
    expect(platform.sent('REGISTER').at(-1)?.text('Contact')).toContain(platform.opened.instance);
  });

  it('keeps to the instance and the time that it is given', async () => {
    const { platform } = await stage.phone('alice', { instance: 'urn:uuid:mine', registerSeconds: 600 });
    expect(platform.sent('REGISTER')[0]?.text('Contact')).toContain('<urn:uuid:mine>');
    expect(platform.sent('REGISTER')[0]?.text('Expires')).toBe('600');
  });

  it('goes to the server that is named', async () => {
    const platform = stage.platform({ domains: ['sip.elsewhere.example'] });
    const { phone } = await stage.phone('alice', { platform, server: 'sip.elsewhere.example' });
    expect(phone.registration).toBe('registered');
    expect(platform.request?.server).toEqual({ host: 'sip.elsewhere.example' });
  });

  it('tells who observes all of it, in order, from the first REGISTER on', async () => {
    const kinds: string[] = [];
    const { phone } = await stage.phone('alice', {
      observe: (event) =>
        kinds.push(event.kind === 'signalling' ? `${event.direction} ${event.summary}` : event.kind),
    });
    expect(kinds).toEqual([
      'sent REGISTER sip:home.example SIP/2.0',
      'received SIP/2.0 401 Unauthorized',
      'sent REGISTER sip:home.example SIP/2.0',
      'received SIP/2.0 200 OK',
      'registration',
    ]);
    const told = gathered(phone.events());
    const before = kinds.length;
    await stage.settled(phone.close());
    expect(kinds.slice(before).map((kind) => kind.split(' ')[0])).toEqual(
      told.map((event) => (event.kind === 'signalling' ? event.direction : event.kind)),
    );
  });

  it('tells who observes what came of it where nothing did', async () => {
    world = worldWithPasswords(['alice']);
    stage = new Stage(world);
    const answers: string[] = [];
    await stage.refusal(
      stage.connects('alice', {
        password: 'guessed',
        observe: (event) => {
          if (event.kind === 'signalling' && event.direction === 'received') answers.push(event.summary);
        },
      }),
    );
    expect(answers).toEqual(['SIP/2.0 401 Unauthorized', 'SIP/2.0 401 Unauthorized']);
  });

  it('goes on where who observes fails', async () => {
    let times = 0;
    const { phone } = await stage.phone('alice', {
      observe: () => {
        times++;
        throw new Error('mine');
      },
    });
    const told = gathered(phone.events());
    await stage.settled(phone.message('bob', 'hello').catch(() => undefined));
    expect([times, phone.registration, told.length > 0]).toEqual([1, 'registered', true]);
  });

  it('fails where the password is wrong, and gives everything back', async () => {
    world = worldWithPasswords(['alice']);
    stage = new Stage(world);
    const error = await stage.refusal(stage.connects('alice', { password: 'guessed' }));
    expect(error.cause).toEqual({
      status: 401,
      what: 'User name or password are wrong.',
      next: 'Enter them anew.',
    });
    expect(error.message).toBe('User name or password are wrong. Enter them anew.');
    nothingIsOpen();
    const { phone } = await stage.phone('alice', { password: "alice's" });
    expect(phone.registration).toBe('registered');
  });

  it.each([403, 404])('fails where the registrar says %i', async (status) => {
    const platform = stage.platform();
    platform.answers = (request) => (request.method === 'REGISTER' ? status : undefined);
    expect((await stage.refusal(stage.connects('alice', { platform }))).cause.status).toBe(status);
    nothingIsOpen();
  });

  it('fails where nobody answers', async () => {
    const platform = stage.platform();
    platform.loses = () => true;
    const error = await stage.refusal(stage.connects('alice', { platform }));
    expect(error.cause.what).toBe('The server does not answer.');
    nothingIsOpen();
  });

  it('fails where the name is not found, and names it', async () => {
    const error = await stage.refusal(stage.connects('alice@hoem.example'));
    expect(error.cause).toEqual({
      what: 'There is no server under the name hoem.example.',
      next: 'Check how it is written.',
    });
    nothingIsOpen();
  });

  it('fails where the connection breaks, and says how', async () => {
    const platform = stage.platform({ transport: 'tcp' });
    const connecting = stage.connects('alice', { platform });
    platform.loses = () => true;
    await stage.rests();
    platform.opened.losesFlows();
    const error = await stage.refusal(connecting);
    expect(error.cause.what).toBe('The server cannot be reached: the connection was reset.');
    nothingIsOpen();
  });

  it('fails as the platform does', async () => {
    await expect(stage.connects('alice', { fails: 'no sound card: plug one in' })).rejects.toThrow(
      'no sound card: plug one in',
    );
  });

  it('fails at once where the options are wrong', async () => {
    await expect(stage.connects('alice@home.example:5060')).rejects.toThrow(TypeError);
    await expect(stage.connects('alice', { transports: ['wss'] })).rejects.toThrow(TypeError);
    expect(stage.platforms.map(({ device }) => device)).toEqual([undefined, undefined]);
  });
});

describe('a registration', () => {
  it('that is lost comes back by itself, and both are told', async () => {
    const { phone, platform } = await stage.phone('alice', { transport: 'tcp' });
    await stage.passes(200_000);
    const events = gathered(phone.events());
    platform.loses = () => true;
    platform.opened.losesFlows();
    await stage.passes(60_000);
    expect(phone.registration).toBe('waiting');
    platform.loses = () => false;
    await stage.passes(2_000_000);
    expect(phone.registration).toBe('registered');
    const told = events.filter((event) => event.kind === 'registration');
    expect(told.map(({ state }) => state).slice(0, 2)).toEqual(['registering', 'waiting']);
    expect(told.at(-1)).toEqual({ kind: 'registration', state: 'registered' });
    expect(told[1]?.cause?.what).toBe('The server does not answer.');
  });

  it('is made anew where the server answers no STUN any more', async () => {
    const { phone, platform } = await stage.phone('alice');
    await stage.passes(200_000);
    const before = platform.sent('REGISTER').length;
    expect(before).toBe(2);
    platform.answersStun = false;
    await stage.passes(70_000);
    expect(platform.sent('REGISTER').length).toBeGreaterThan(before);
    expect(phone.registration).toBe('registered');
  });

  it('is made anew where the device says that it has moved, or its user does', async () => {
    const { phone, platform } = await stage.phone('alice');
    const before = platform.sent('REGISTER').length;
    platform.opened.moves();
    await stage.passes(100);
    expect(platform.sent('REGISTER')).toHaveLength(before + 1);
    phone.moved();
    await stage.passes(100);
    expect(platform.sent('REGISTER')).toHaveLength(before + 2);
    expect(phone.registration).toBe('registered');
  });
});

describe('phones of one process', () => {
  it('are of two domains, and call each other', async () => {
    world = new World({ domains: ['home.example', 'studio.example'], users: ['alice'] });
    world.addUser('bob', 'studio.example');
    stage = new Stage(world, ['home.example', 'studio.example']);
    const alice = await stage.phone('alice');
    const bob = await stage.phone('bob@studio.example');
    const incoming = bob.phone.incoming();
    const calling = alice.phone.call('bob@studio.example');
    const { value: ringing } = await stage.settled(incoming.next());
    expect(ringing?.peer.uri).toBe('sip:alice@home.example');
    ringing?.answer();
    const call = await stage.settled(calling);
    expect([call.state, ringing?.state]).toEqual(['established', 'established']);
  });

  it('are many', async () => {
    const users = Array.from({ length: 20 }, (_, index) => `user${index}`);
    world = new World({ users });
    stage = new Stage(world);
    const staged = await Promise.all(users.map((user) => stage.phone(user)));
    const calls = staged.slice(0, 10).map(({ phone }, index) => phone.call(`user${index + 10}`));
    for (const { phone } of staged.slice(10)) answersAll(phone);
    for (const call of calls) expect((await stage.settled(call)).state).toBe('established');
    await Promise.all(staged.map(({ phone }) => stage.settled(phone.close())));
    nothingIsOpen();
  });
});
