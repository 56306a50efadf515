import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostPort } from '../harness/provider.ts';
import { expectTones } from '../harness/sound.ts';
import type { Stage, Suite } from '../harness/suite.ts';
import { TerminalPhone, type TerminalPhoneOptions } from '../harness/terminal-phone.ts';

const ringdown = fileURLToPath(new URL('../../apps/cli/bin/ringdown.js', import.meta.url));

/** What two terminals can do with each other, through our own server. */
const suite: Suite = {
  name: 'phone-cli',
  peers: ['ringdown'],
  shows:
    'The phone in the terminal calls itself: over every transport, busy, who may call, a recording for each call, transfers, presence, a reader that goes away, and a peer that vanishes.',
  withinMs: 300_000,
  async run(stage) {
    const provider = await stage.provider();
    for (const name of ['alice', 'bob', 'carol']) await provider.addAccount(name, `${name}-secret`);
    const hosts = { alice: 10, bob: 11, carol: 12 } as const;
    const phone = (
      user: keyof typeof hosts,
      command: readonly string[],
      more: Partial<TerminalPhoneOptions> = {},
    ) =>
      TerminalPhone.start(stage, { provider, user, address: stage.address(hosts[user]), command, ...more });
    await transports(stage, phone, await provider.certificate());
    await engaged(stage, phone);
    await transfers(stage, phone);
    await presence(stage, phone);
    await badEnds(stage, phone, [
      ...[process.execPath, ringdown, 'call', 'bob', '--tone', '880', '--json'],
      ...['--as', `alice@${provider.domain}`, '--password', 'alice-secret'],
      ...['--server', hostPort(provider.endpoint('udp')), '--host', stage.address(hosts.alice)],
      ...['--home', join(stage.folder, 'alice-behind-head')],
    ]);
  },
};
export default suite;

type StartPhone = (
  user: 'alice' | 'bob' | 'carol',
  command: readonly string[],
  more?: Partial<TerminalPhoneOptions>,
) => TerminalPhone;

/** One that waits for calls. */
const waiting = async (
  phone: StartPhone,
  user: Parameters<StartPhone>[0],
  command: readonly string[],
  more: Partial<TerminalPhoneOptions> = {},
): Promise<TerminalPhone> => {
  const waiter = phone(user, command, more);
  await waiter.event('registered', 20_000);
  return waiter;
};

const endsWell = async (...phones: readonly TerminalPhone[]): Promise<void> => {
  for (const phone of phones) {
    phone.interrupt();
    assert.equal(await phone.status(), 0, phone.process.name);
  }
};

const transports = async (stage: Stage, phone: StartPhone, certificate: string): Promise<void> => {
  for (const transport of ['udp', 'tcp', 'tls', 'ws', 'wss'] as const) {
    await stage.listen(`a call over ${transport}`, async () => {
      const isSecure = transport === 'tls' || transport === 'wss';
      const more = { transport, options: isSecure ? ['--tls-ca', certificate] : [] };
      const bob = await waiting(phone, 'bob', ['tone', '700'], more);
      const alice = phone('alice', ['call', 'bob', '--record', 'heard.wav', '--duration', '3'], more);
      assert.equal(await alice.status(), 0);
      expectTones(join(alice.folder, 'heard.wav'), { frequenciesHz: [700] });
      await endsWell(bob);
    });
  }
};

const engaged = async (stage: Stage, phone: StartPhone): Promise<void> => {
  await stage.check('who is in a call is busy for others, and goes on', async () => {
    const bob = await waiting(phone, 'bob', ['answer', '--auto', '--tone', '500']);
    const alice = phone('alice', ['call', 'bob', '--tone', '440']);
    await alice.event('sound', 20_000);
    const carol = phone('carol', ['call', 'bob']);
    assert.equal(await carol.status(), 1);
    assert.equal((await carol.event('ended')).cause.status, 486);
    assert.equal(alice.all('ended').length, 0);
    await endsWell(alice, bob);
  });
  await stage.check('who may not call is declined', async () => {
    const bob = await waiting(phone, 'bob', ['answer', '--auto', '--allow', 'carol@interop.test']);
    const alice = phone('alice', ['call', 'bob']);
    assert.equal(await alice.status(), 1);
    assert.equal((await alice.event('ended')).cause.status, 603);
    const carol = phone('carol', ['call', 'bob', '--tone', '440', '--duration', '1']);
    assert.equal(await carol.status(), 0);
    await endsWell(bob);
  });
  await stage.listen('each call of a patient phone has a recording of its own', async () => {
    const bob = await waiting(phone, 'bob', ['answer', '--auto', '--record', 'talk.wav']);
    for (const hz of ['440', '880'])
      assert.equal(await phone('alice', ['call', 'bob', '--tone', hz, '--duration', '3']).status(), 0);
    await bob.eventThat('recorded', ({ file }) => file === 'talk-2.wav');
    expectTones(join(bob.folder, 'talk.wav'), { frequenciesHz: [440] });
    expectTones(join(bob.folder, 'talk-2.wav'), { frequenciesHz: [880] });
    await endsWell(bob);
  });
};

const transfers = async (stage: Stage, phone: StartPhone): Promise<void> => {
  for (const kind of ['blind', 'attended'] as const) {
    await stage.check(`${kind} transfer: those two hear each other`, async () => {
      const bob = await waiting(phone, 'bob', ['answer', '--auto', '--tone', '500', '--record', 'bob.wav']);
      const carol = await waiting(phone, 'carol', [
        'answer',
        '--auto',
        '--tone',
        '900',
        '--record',
        'carol.wav',
      ]);
      const more = kind === 'attended' ? ['--attended'] : [];
      const alice = phone('alice', ['transfer', 'bob', 'carol', ...more]);
      assert.equal(await alice.status(30_000), 0);
      await alice.event('handed-over');
      const { to } = await bob.event('transferred');
      const agreed = await bob.eventThat('media', ({ call }) => call === to, 15_000);
      await carol.eventThat('media', ({ local }) => local === agreed.remote, 15_000);
      const mark = carol.mark();
      for (let second = 0; second < 3; second++) await carol.event('quality', 5_000, mark + second);
      const heard = (await carol.event('quality', 5_000, mark)).receivedRmsDbfs[0];
      assert.ok(typeof heard === 'number' && heard > -40, `carol hears ${heard} dBFS`);
      await endsWell(bob, carol);
    });
  }
};

const presence = async (stage: Stage, phone: StartPhone): Promise<void> => {
  await stage.check('presence is told as it changes', async () => {
    const alice = phone('alice', ['presence', 'bob', '--duration', '20']);
    await alice.eventThat('presence', ({ open }) => !open);
    const bob = await waiting(phone, 'bob', ['presence', '--publish', 'open', '--note', 'on air']);
    await alice.eventThat('presence', ({ open, note }) => open && note === 'on air');
    const mark = alice.mark();
    await endsWell(bob);
    await alice.eventThat('presence', ({ open }) => !open, 10_000, mark);
    await endsWell(alice);
  });
};

const badEnds = async (stage: Stage, phone: StartPhone, callOfAlice: readonly string[]): Promise<void> => {
  await stage.check('a reader that has seen enough ends the call, not only the program', async () => {
    const bob = await waiting(phone, 'bob', ['answer', '--auto', '--tone', '440']);
    const alice = stage.start({
      name: 'alice behind head',
      command: 'sh',
      // The last of five lines is that it was answered.
      args: ['-c', '"$@" | head -n 5', 'sh', ...callOfAlice],
    });
    await alice.exited;
    await bob.event('ended', 20_000);
    await endsWell(bob);
  });
  await stage.check('who vanishes is missed, and the call is said to have broken off', async () => {
    const bob = await waiting(phone, 'bob', ['answer', '--auto', '--tone', '440']);
    const alice = phone('alice', ['call', 'bob', '--tone', '880', '--record', 'heard.wav']);
    await alice.event('sound', 20_000);
    await bob.process.kill();
    // ICE misses it after 30 seconds (RFC 7675), looks for another way, and nobody answers the BYE.
    assert.equal(await alice.status(120_000), 1);
    assert.notEqual((await alice.event('ended')).by, 'peer');
    assert.match(alice.process.output, /broke off/);
    assert.ok(existsSync(join(alice.folder, 'heard.wav')));
  });
};
