import assert from 'node:assert/strict';
import type { Trial } from '../harness/phone-trial.ts';
import { answered, callerSends, expect, reply, type Step, sdp, wait } from '../harness/sipp-script.ts';

const well = sdp();
const invite = (more: Partial<Parameters<typeof callerSends>[1]> = {}): Step =>
  callerSends('INVITE', { cseq: 1, body: well, ...more });
const progress = (...statuses: readonly number[]): readonly Step[] =>
  statuses.map((status) => expect(status, { optional: true }));
const rings = progress(100, 180, 183);
const ack = (more: Partial<Parameters<typeof callerSends>[1]> = {}): Step =>
  callerSends('ACK', { cseq: 1, ...more });
const bye = (cseq = 2): readonly Step[] => [callerSends('BYE', { cseq }), expect(200)];
const phone = 'is called' as const;
const endedWell = { status: 0, ended: { by: 'peer', status: null } } as const;
const taken = [invite(), rings, answered(200), ack(), wait(500)].flat();

const refused = (status: number, how: Parameters<typeof invite>[0]): Trial['steps'] => [
  invite(how),
  rings,
  answered(status),
  callerSends('ACK', { cseq: 1, branch: '[branch-5]', within: false }),
];

export const phoneIsCalled: readonly Trial[] = [
  {
    name: 'INVITE without an offer: the 200 has one, and the ACK its answer',
    phone,
    steps: [
      invite({ body: undefined }),
      rings,
      answered(200, { has: { 'Content-Type': 'application/sdp' } }),
      ack({ body: well }),
      wait(500),
      bye(),
    ],
    ...endedWell,
    afterwards: ({ phone }) => assert.equal(phone.all('media')[0]?.codec, 'PCMU'),
  },
  {
    name: 'INVITE without an offer, and an ACK without an answer: BYE, and why',
    phone,
    steps: [invite({ body: undefined }), rings, answered(200), ack(), expect('BYE'), reply('200 OK')],
    status: 1,
  },
  {
    name: 'INVITE without an offer, and an ACK with garbage: BYE, and why',
    phone,
    steps: [
      invite({ body: undefined }),
      rings,
      answered(200),
      ack({ body: 'v=1' }),
      expect('BYE'),
      reply('200 OK'),
    ],
    status: 1,
  },
  {
    name: 'the ACK is lost: the 200 comes again until 64 T1 are over, then BYE',
    phone,
    steps: [invite(), rings, answered(200), expect('BYE'), reply('200 OK')],
    withinMs: 40_000,
    status: 1,
    ended: { by: 'network', status: null },
    says: /we answered and the caller did not acknowledge it; call back/,
    afterwards: ({ post }) => assert.ok(post.count('phone', /200 OK/) >= 9, 'the 200 comes again'),
  },
  {
    name: 'BYE before the ACK: it was never a call, and the next one is waited for',
    phone,
    steps: [invite(), rings, answered(200), bye(), ack()],
    meanwhile: async ({ phone, sipp }) => {
      await sipp.succeeded();
      assert.equal(phone.process.exit, undefined);
      phone.interrupt();
    },
    status: 0,
    ended: { by: 'peer' },
  },
  {
    name: 'two ACKs, then BYE twice: one call that ends once',
    phone,
    steps: [taken, ack(), callerSends('BYE', { cseq: 2 }), expect(200)],
    ...endedWell,
  },
  {
    name: 'BYE with an old CSeq is refused, and the call goes on',
    phone,
    steps: [taken, callerSends('BYE', { cseq: 0 }), expect(500), bye()],
    ...endedWell,
  },
  {
    name: 'a re-INVITE that nobody can speak is refused, and the call goes on',
    phone,
    steps: [
      taken,
      callerSends('INVITE', {
        cseq: 2,
        body: sdp(['a=rtpmap:99 AMR/8000'], 'm=audio [media_port] RTP/AVP 99'),
      }),
      progress(100),
      expect(488),
      callerSends('ACK', { cseq: 2, branch: '[branch-2]' }),
      wait(300),
      bye(3),
    ],
    ...endedWell,
  },
  {
    name: 'a re-INVITE with port 0 is taken, without sound, and the call goes on',
    phone,
    steps: [
      taken,
      callerSends('INVITE', { cseq: 2, body: sdp([], 'm=audio 0 RTP/AVP 0') }),
      progress(100),
      answered(200),
      ack({ cseq: 2 }),
      wait(300),
      bye(3),
    ],
    ...endedWell,
  },
  {
    name: 'held by 0.0.0.0 of an old phone, and resumed',
    phone,
    steps: [
      taken,
      callerSends('INVITE', {
        cseq: 2,
        body: well.replace('IP4 [media_ip]', 'IP4 0.0.0.0').replace('1 1 IN', '1 2 IN'),
      }),
      progress(100),
      answered(200),
      ack({ cseq: 2 }),
      wait(300),
      callerSends('INVITE', { cseq: 3, body: well.replace('1 1 IN', '1 3 IN') }),
      progress(100),
      answered(200),
      ack({ cseq: 3 }),
      wait(300),
      bye(4),
    ],
    ...endedWell,
    afterwards: ({ phone }) => {
      assert.equal(phone.all('held').length, 1);
      assert.equal(phone.all('resumed').length, 1);
    },
  },
  {
    name: 're-INVITE without an offer: the 200 has one',
    phone,
    steps: [
      taken,
      callerSends('INVITE', { cseq: 2 }),
      progress(100),
      answered(200, { has: { 'Content-Type': 'application/sdp' } }),
      ack({ cseq: 2, body: well.replace('1 1 IN', '1 2 IN') }),
      wait(300),
      bye(3),
    ],
    ...endedWell,
  },
  ...(
    [
      ['an extension that nobody has', 420, { headers: ['Require: teleportation'] }],
      ['a body of another kind', 415, { body: 'hello', type: 'text/plain' }],
    ] as const
  ).map(
    ([name, status, how]): Trial => ({
      name: `INVITE with ${name}: ${status}, and it rings for nobody`,
      phone,
      steps: refused(status, how),
      meanwhile: async ({ phone, sipp }) => {
        await sipp.succeeded();
        assert.equal(phone.all('incoming').length, 0);
        phone.interrupt();
      },
      status: 0,
    }),
  ),
  ...(
    [
      [
        'no codec that is known',
        /no codec is known here/,
        sdp(['a=rtpmap:99 AMR/8000'], 'm=audio 4000 RTP/AVP 99'),
      ],
      ['a description that cannot be read', /its offer is malformed/, 'v=zero'],
    ] as const
  ).map(
    ([name, says, body]): Trial => ({
      name: `INVITE with ${name}: 488, and why`,
      phone,
      steps: refused(488, { body }),
      status: 1,
      ended: { by: 'network', status: 488 },
      says,
    }),
  ),
];
