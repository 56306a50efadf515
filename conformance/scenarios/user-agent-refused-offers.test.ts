import type { HeaderLines } from '@ringdown/sip';
import type { MediaSecurity } from '@ringdown/user-agent';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Phone } from '../world/phone.ts';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

/** Peers that refuse what we offer (RFC 3261 §8.1.3.5, §20.43; RFC 8643): the same call with the next that is allowed. */
let world: World;
let alice: UserAgentPhone;
let carol: Phone;
const pass = (milliseconds: number): void => passes(world, [alice], milliseconds);

beforeEach(() => {
  world = new World({ users: ['alice', 'carol'] });
  alice = new UserAgentPhone(world, 'alice').registers();
  carol = world.phone('carol');
  carol.registers();
});

/** The medium's line of the next INVITE that comes, and how it is refused. */
const refuses = (status: number, headers: HeaderLines = []): string => {
  const asked = carol.takes('INVITE').answers(status, { headers });
  pass(100);
  return lineOf(asked.request.body);
};
const lineOf = (body: Uint8Array): string =>
  /m=audio \d+ (\S+)/.exec(String.fromCharCode(...body))?.[1] ?? 'none';
const protects = (body: Uint8Array): string[] =>
  ['fingerprint', 'crypto'].filter((name) => String.fromCharCode(...body).includes(`a=${name}:`));

const calls = (security: readonly MediaSecurity[]) => {
  const call = alice.does((agent) => agent.call('carol', { security }));
  pass(100);
  return call;
};
const answer = (body: string) => ({ headers: [['Content-Type', 'application/sdp']] as HeaderLines, body });
const SECURE = `v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 5000 UDP/TLS/RTP/SAVPF 8\r\na=setup:active\r\na=fingerprint:sha-256 ${Array(32).fill('CD').join(':')}\r\n`;

describe('an offer of protection beside plain RTP that is refused', () => {
  it('is made once more with that protection alone, in the same call', () => {
    const call = calls(['dtls-srtp', 'sdes', 'none']);
    const first = carol.asked[0]!;
    expect([lineOf(first.request.body), protects(first.request.body)]).toEqual([
      'RTP/AVP',
      ['fingerprint', 'crypto'],
    ]);
    refuses(488);
    expect(alice.last('call offered again')).toMatchObject({ call, status: 488, security: 'dtls-srtp' });
    const second = carol.takes('INVITE');
    expect([lineOf(second.request.body), protects(second.request.body)]).toEqual([
      'UDP/TLS/RTP/SAVPF',
      ['fingerprint'],
    ]);
    const same = (name: string) => second.request.text(name) === first.request.text(name);
    expect(['Call-ID', 'From', 'CSeq'].map(same)).toEqual([true, true, false]);
    expect(second.request.text('To')).not.toContain('tag=');
    second.answers(200, answer(SECURE));
    pass(100);
    expect(call.state).toBe('established');
    alice.does(() => call.hangUp());
    carol.takes('BYE').answers(200);
    pass(100);
    expect(alice.agent.kept).toMatchObject({ dialogs: 0, mediaSessions: 0 });
  });

  it('goes through all that is allowed, plain RTP last, and then ends as the last one says', () => {
    const call = calls(['dtls-srtp', 'sdes', 'none']);
    const tried = [488, 606, 415, 488].map((status) => refuses(status));
    expect(tried).toEqual(['RTP/AVP', 'UDP/TLS/RTP/SAVPF', 'RTP/SAVP', 'RTP/AVP']);
    expect(
      protects(carol.asked.filter(({ request }) => request.method === 'INVITE')[3]!.request.body),
    ).toEqual([]);
    expect(call.state).toBe('ended');
    expect(alice.last('call ended')).toMatchObject({ by: 'peer', cause: { status: 488 } });
    expect(alice.agent.kept).toMatchObject({ dialogs: 0, mediaSessions: 0 });
  });

  it('is never made weaker than what is allowed', () => {
    calls(['dtls-srtp', 'sdes']);
    expect([refuses(488), refuses(488)]).toEqual(['UDP/TLS/RTP/SAVP', 'RTP/SAVP']);
    expect(carol.untaken).not.toContain('INVITE');
    calls(['dtls-srtp']);
    refuses(488);
    expect(carol.untaken).not.toContain('INVITE');
    expect(alice.last('call ended').cause.status).toBe(488);
  });

  it('is not made again where the reason is another one', () => {
    calls(['dtls-srtp', 'none']);
    refuses(488, [['Warning', '305 carol.example "No codec, 399 of them", 370 carol.example "Narrow"']]);
    expect(carol.untaken).not.toContain('INVITE');
    expect(alice.last('call ended').cause).toMatchObject({
      status: 488,
      what: 'Both sides have no codec in common.',
    });
    for (const [status, headers] of [
      [486, []],
      [603, []],
      [415, [['Accept', 'text/plain']]],
    ] as const) {
      calls(['dtls-srtp', 'none']);
      refuses(status, headers);
      expect(carol.untaken, String(status)).not.toContain('INVITE');
    }
  });

  it('is made again where one of several reasons may be the protection', () => {
    calls(['dtls-srtp', 'none']);
    refuses(488, [['Warning', '305 carol.example "Codec", 302 carol.example "Transport"']]);
    expect(lineOf(carol.takes('INVITE').request.body)).toBe('UDP/TLS/RTP/SAVPF');
  });

  it('is made again without copies, which may be what was refused; where none are wanted none are answered later', () => {
    for (const [duplicate, then] of [
      [{ delayMs: 50 }, undefined],
      [false, false],
    ] as const) {
      alice.does((agent) => agent.call('carol', { security: ['dtls-srtp', 'none'], duplicate }));
      pass(100);
      refuses(488);
      const offers = alice.media.requests.filter((one) => one.kind === 'offer').slice(-2);
      expect(offers.map(({ wishes }) => wishes?.duplicate)).toEqual([duplicate, then]);
      refuses(603);
    }
  });

  it('ends where its user hangs up meanwhile', () => {
    const call = calls(['dtls-srtp', 'none']);
    alice.media.isSlow = true;
    refuses(488);
    expect(call.state).toBe('preparing');
    alice.does(() => call.hangUp());
    alice.media.catchesUp();
    pass(100);
    expect(call.state).toBe('ended');
    expect(carol.untaken).not.toContain('INVITE');
    expect(alice.agent.kept).toMatchObject({ dialogs: 0, mediaSessions: 0 });
  });

  it('is not made again where the call was taken back', () => {
    const call = calls(['dtls-srtp', 'none']);
    const asked = carol.takes('INVITE').answers(180);
    pass(100);
    alice.does(() => call.hangUp());
    asked.answers(488);
    pass(100);
    expect([call.state, alice.kinds.includes('call offered again')]).toEqual(['ended', false]);
  });

  it('says what was refused where the next cannot be made', () => {
    calls(['dtls-srtp', 'none']);
    alice.media.fails = 'no socket';
    refuses(606);
    expect(alice.last('call ended')).toMatchObject({ by: 'peer', cause: { status: 606 } });
  });
});

it('a refusal says whether the domain is not found, or the user', () => {
  const whatOf = (reason?: string) => {
    calls(['none']);
    carol.takes('INVITE').answers(404, reason === undefined ? {} : { reason });
    pass(100);
    return alice.last('call ended').cause.what;
  };
  expect(whatOf()).toBe('There is no such user.');
  expect(whatOf('No Such Domain')).toBe('The server finds no such domain, or no way to it.');
});
