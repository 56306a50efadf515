import type { MediaReport, PathReport, PhoneCall, Quality } from '@ringdown/user-agent';
import { beforeEach, describe, expect, it } from 'vitest';
import { gathered, Stage, type StagedPhone } from '../world/stage.ts';
import { World } from '../world/world.ts';

let stage: Stage;
let alice: StagedPhone;
let bob: StagedPhone;

beforeEach(async () => {
  stage = new Stage(new World({ users: ['alice', 'bob', 'carol'] }));
  alice = await stage.phone('alice');
  bob = await stage.phone('bob');
});

const media: MediaReport = {
  codec: 'opus',
  rateHz: 48_000,
  channels: 2,
  packetMs: 20,
  bitsPerSecond: 128_000,
  profile: 'interview',
  security: 'dtls-srtp',
  cipher: 'AES_CM_128_HMAC_SHA1_80',
  direction: 'sendrecv',
};

const end = { address: '192.0.2.9', port: 4_000, type: 'host' } as const;
const path: PathReport = { kind: 'direct', local: end, remote: end, ice: true };

const quality = (mos: number): Quality => ({
  mos,
  lossRatio: 0,
  lost: 0,
  received: 50,
  sent: 50,
  jitterMs: 1,
  roundTripMs: 20,
  bufferMs: 40,
  concealedRatio: 0,
  driftPpm: undefined,
  sentBitsPerSecond: 80_000,
  receivedBitsPerSecond: 80_000,
  peer: undefined,
});

/** The session that is heard, as the media engine knows it: the one that was established last. */
const sessionOf = ({ platform }: StagedPhone): string => {
  const session = platform.media.requests.findLast(({ kind }) => kind === 'establish')?.session;
  if (session === undefined) throw new Error('no session is established');
  return session;
};

const whatOf = async (call: PhoneCall): Promise<string> => (await stage.settled(call.ended)).cause.what;

describe('a media engine', () => {
  it('tells what was agreed and the way that packets go, and how it sounds', async () => {
    const { call, taken } = await stage.talk(alice, bob);
    const told = gathered(alice.phone.events());
    expect([call.media, call.path, call.pairs()]).toEqual([undefined, undefined, []]);
    const session = sessionOf(alice);
    const sounds = call.quality();
    alice.platform.opened.tells({ kind: 'media', session, media });
    alice.platform.opened.tells({ kind: 'path', session, path });
    alice.platform.opened.tells({ kind: 'sound', session });
    alice.platform.opened.tells({ kind: 'played', session });
    for (const mos of [4.1, 4.2, 4.3])
      alice.platform.opened.tells({ kind: 'quality', session, quality: quality(mos) });
    await stage.rests();
    expect([call.media, call.path, call.levels()]).toEqual([media, path, { sent: [], received: [] }]);
    expect((await sounds.next()).value?.mos).toBe(4.3);
    expect(told.filter((event) => 'call' in event && event.call === call)).toMatchObject([
      { kind: 'media', media },
      { kind: 'path', path },
      { kind: 'sound' },
      { kind: 'played' },
      // Who reads no faster than it is told gets the newest.
      { kind: 'quality', quality: { mos: 4.3 } },
    ]);
    taken.hangUp();
    await stage.settled(call.ended);
    expect((await sounds.next()).done).toBe(true);
    expect([call.media, call.path, call.levels()]).toEqual([media, path, undefined]);
    alice.platform.opened.tells({ kind: 'quality', session, quality: quality(1) });
    await stage.rests();
    expect(told.at(-1)?.kind).not.toBe('quality');
  });

  it('is told to mute, from the first moment on', async () => {
    const { call, taken } = await stage.rings(alice, bob);
    call.mute(true);
    taken.answer();
    await stage.settled(call.answered);
    expect([call.isMuted, alice.platform.media.muted.get(sessionOf(alice))]).toEqual([true, true]);
    call.mute(false);
    expect([call.isMuted, alice.platform.media.muted.get(sessionOf(alice))]).toEqual([false, false]);
  });

  it('that wants a new way gets it over signalling', async () => {
    const { call } = await stage.talk(alice, bob);
    const before = alice.platform.sent('INVITE').length;
    alice.platform.opened.tells({ kind: 'restart wanted', session: sessionOf(alice), why: 'silence' });
    await stage.passes(100);
    expect(alice.platform.sent('INVITE')).toHaveLength(before + 1);
    expect(alice.platform.media.requests.findLast(({ kind }) => kind === 'offer')).toMatchObject({
      restart: true,
    });
    expect(call.state).toBe('established');
  });

  it('finds a new way when the device has moved', async () => {
    const { call, taken } = await stage.talk(alice, bob);
    const before = alice.platform.sent('INVITE').length;
    alice.platform.opened.moves();
    await stage.passes(1_000);
    expect(alice.platform.sent('INVITE')).toHaveLength(before + 1);
    expect(alice.platform.media.requests.findLast(({ kind }) => kind === 'offer')).toMatchObject({
      restart: true,
    });
    expect([call.state, taken.state]).toEqual(['established', 'established']);
  });

  it('that finds more candidates has them told to the peer', async () => {
    await stage.talk(alice, bob);
    const fragment = 'a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=end-of-candidates\r\n';
    alice.platform.opened.tells({ kind: 'fragment', session: sessionOf(alice), fragment });
    await stage.passes(1_000);
    const taken = bob.platform.media.requests.find(({ kind }) => kind === 'take fragment');
    expect(taken).toMatchObject({
      session: sessionOf(bob),
      fragment: expect.stringContaining('ice-ufrag:abcd'),
    });
  });

  it('that fails ends the call, and nobody meant it', async () => {
    const { call, taken } = await stage.talk(alice, bob);
    const failure = { why: 'No way to the other side was found.', next: 'Allow relays.' };
    alice.platform.opened.tells({ kind: 'failed', session: sessionOf(alice), ...failure });
    expect(await stage.settled(call.ended)).toMatchObject({
      by: 'network',
      cause: { what: failure.why, next: failure.next },
    });
    expect(await whatOf(taken)).not.toBe('');
    expect(taken.state).toBe('ended');
  });

  it('that fails where nobody answers any more ends the call at once: the BYE is on its way', async () => {
    const { call } = await stage.talk(alice, bob);
    alice.platform.loses = () => true;
    const failure = { why: 'The other side does not answer any more.', next: 'Call again.' };
    alice.platform.opened.tells({ kind: 'failed', session: sessionOf(alice), ...failure });
    await stage.passes(100);
    expect(call.state).toBe('ended');
    expect(alice.phone.calls).toEqual([]);
    expect(await stage.settled(call.ended)).toMatchObject({ by: 'network', cause: { what: failure.why } });
    await stage.passes(40_000);
    expect(alice.platform.sent('BYE').length).toBeGreaterThan(0);
  });

  it('that loses the way tells of it, and the call goes on', async () => {
    const { call } = await stage.talk(alice, bob);
    const told = gathered(alice.phone.events());
    const why = 'no answer for 30 seconds';
    alice.platform.opened.tells({ kind: 'way lost', session: sessionOf(alice), why });
    await stage.rests();
    expect(told).toEqual([{ kind: 'way lost', call, why }]);
    expect(call.state).toBe('established');
  });

  it('tells of no session that is not heard', async () => {
    const { call } = await stage.talk(alice, bob);
    const told = gathered(alice.phone.events());
    alice.platform.opened.tells({ kind: 'sound', session: 'nobody knows it' });
    alice.platform.opened.tells({ kind: 'failed', session: 'nobody knows it', why: '', next: '' });
    await stage.passes(1_000);
    expect([told, call.state]).toEqual([[], 'established']);
  });
});

describe('digits', () => {
  it('go as telephone-events where these were agreed upon', async () => {
    const { call } = await stage.talk(alice, bob);
    alice.platform.media.speaksDigits = true;
    call.sendDigits('12#');
    await stage.passes(1_000);
    expect(alice.platform.media.digits).toEqual(['12#']);
    expect(alice.platform.sent('INFO')).toEqual([]);
  });

  it('go by INFO otherwise, and are told there', async () => {
    const { call, taken } = await stage.talk(alice, bob);
    const told = gathered(bob.phone.events());
    call.sendDigits('1A#');
    await stage.passes(1_000);
    const digits = told.flatMap((event) => (event.kind === 'digit' ? [[event.call, event.digit]] : []));
    expect(digits).toEqual([
      [taken, '1'],
      [taken, 'A'],
      [taken, '#'],
    ]);
  });

  it('of the peer come from the media engine, too', async () => {
    const { taken } = await stage.talk(alice, bob);
    const told = gathered(bob.phone.events());
    bob.platform.opened.tells({ kind: 'digit', session: sessionOf(bob), digit: '5' });
    await stage.rests();
    expect(told).toEqual([{ kind: 'digit', call: taken, digit: '5' }]);
  });

  it('that are none, or come too soon, are refused', async () => {
    const { call } = await stage.rings(alice, bob);
    expect(() => call.sendDigits('1')).toThrow('The call is not established.');
    expect(() => call.sendDigits('12x')).toThrow(RangeError);
    expect(() => call.sendDigits('')).toThrow(RangeError);
  });
});

describe('an offer that is refused', () => {
  it('is made otherwise, which is told, with the same sound and for one who is muted', async () => {
    for (const { platform } of [alice, bob]) platform.media.security = ['dtls-srtp', 'none'];
    let invites = 0;
    alice.platform.answers = ({ method }) => (method === 'INVITE' && ++invites === 1 ? 488 : undefined);
    const told = gathered(alice.phone.events());
    const incoming = bob.phone.incoming();
    const call = alice.phone.dial('bob', { sound: 'a microphone' });
    call.mute(true);
    const { value: taken } = await stage.settled(incoming.next());
    taken?.answer();
    await stage.settled(call.answered);
    expect(told.filter(({ kind }) => kind === 'offered again')).toEqual([
      { kind: 'offered again', call, status: 488, security: 'dtls-srtp' },
    ]);
    const offers = alice.platform.media.requests.filter(({ kind }) => kind === 'offer');
    expect(offers).toMatchObject([
      { wishes: { sound: 'a microphone' } },
      { wishes: { sound: 'a microphone', security: ['dtls-srtp'] } },
    ]);
    expect(alice.platform.media.muted.get(sessionOf(alice))).toBe(true);
    expect(alice.platform.media.sessions.has(offers[0]?.session ?? '')).toBe(false);
  });
});

describe('a call that rings', () => {
  const isEarly = (staged: StagedPhone): boolean =>
    staged.platform.media.requests.some((request) => request.kind === 'answer' && request.early);

  it('is made ready for its own domain', async () => {
    const { call, taken } = await stage.rings(alice, bob);
    await stage.passes(100);
    expect(isEarly(bob)).toBe(true);
    taken.answer({ sound: 'a microphone' });
    await stage.settled(call.answered);
    expect(bob.platform.media.requests.find(({ kind }) => kind === 'establish')).toMatchObject({
      wishes: { sound: 'a microphone' },
    });
  });

  it.each([
    ['nobody', false],
    ['own domain', false],
    ['everyone', true],
  ] as const)('from elsewhere is made ready for %s: %s', async (early, isReady) => {
    const world = new World({ domains: ['home.example', 'studio.example'], users: ['alice'] });
    world.addUser('bob', 'studio.example');
    stage = new Stage(world, ['home.example', 'studio.example']);
    alice = await stage.phone('alice');
    bob = await stage.phone('bob@studio.example', { early });
    await stage.rings(alice, bob);
    await stage.passes(100);
    expect(isEarly(bob)).toBe(isReady);
  });

  it('is not answered where what was made ready is not what is wanted, and rings on', async () => {
    const { taken } = await stage.rings(alice, bob);
    await stage.passes(100);
    const session = bob.platform.media.requests.find(({ kind }) => kind === 'answer')?.session ?? '';
    bob.platform.opened.tells({ kind: 'media', session, media: { ...media, security: 'sdes' } });
    await stage.rests();
    const refused = await stage.refusal(taken.answer({ security: ['dtls-srtp'] }));
    expect(refused.cause.what).toBe(
      'The call was made ready while it rang, with sdes, and only dtls-srtp is wanted.',
    );
    expect((await stage.refusal(taken.answer({ relayOnly: true }))).cause.what).toContain(
      'knows our addresses',
    );
    expect(taken.state).toBe('ringing');
    await stage.settled(taken.answer({ security: ['dtls-srtp', 'sdes'] }));
    expect(taken.state).toBe('established');
  });

  it('is made ready for nobody where that is wanted', async () => {
    const { phone, platform } = await stage.phone('carol', { early: 'nobody' });
    await stage.rings(alice, { phone, platform });
    await stage.passes(100);
    expect(isEarly({ phone, platform })).toBe(false);
  });

  it('goes on as the phone says that its calls are', async () => {
    const dave = await stage.phone('carol', { relayOnly: true, profile: 'voice' });
    const call = dave.phone.dial('bob', { profile: 'lossless' });
    await stage.rests();
    expect(dave.platform.media.requests[0]).toMatchObject({
      wishes: { relayOnly: true, profile: 'lossless' },
    });
    call.hangUp();
    await stage.settled(call.ended);
  });
});
