import assert from 'node:assert/strict';
import type { Trial } from '../harness/phone-trial.ts';
import { type Answer, answer, expect, invited, reply, request, sdp, wait } from '../harness/sipp-script.ts';

const answeredWith = (name: string, says: RegExp, said: Answer): Trial => ({
  name: `a 200 with ${name}: ACK, BYE, and why`,
  phone: 'calls',
  steps: [
    invited(),
    answer('200 OK', said),
    expect('ACK'),
    expect('BYE', { has: { Reason: 'SIP ;cause=488 ;text=.No sound' } }),
    reply('200 OK'),
  ],
  status: 1,
  ended: { by: 'network', status: 488 },
  says,
});
/** SIPp hangs up. */
const peerEnds = (cseq = 1) => [wait(500), request('BYE', { cseq }), expect(200)];
const endedWell = { status: 0, ended: { by: 'peer', status: null } } as const;
const well = sdp();

/** Answers that nobody can speak with. */
const unspeakable: readonly Trial[] = [
  answeredWith('no codec in common', /no sound: an answer without a codec of its offer; allow more codecs/, {
    body: sdp(['a=rtpmap:99 AMR/8000'], 'm=audio [media_port] RTP/AVP 99'),
  }),
  answeredWith('no address', /no sound: no c= for a medium/, {
    body: well.replace('c=IN IP4 [media_ip]\n', ''),
  }),
  answeredWith('port 0', /no sound: its answer takes no sound/, { body: sdp([], 'm=audio 0 RTP/AVP 0') }),
  answeredWith('another protocol', /no sound: an answer/, {
    body: sdp([], 'm=audio [media_port] RTP/SAVPF 0'),
  }),
  answeredWith('two lines of sound where one was offered', /more or fewer m= lines than its offer/, {
    body: sdp(['m=audio 4000 RTP/AVP 8']),
  }),
  answeredWith('garbage', /no sound: its answer is malformed/, { body: 'this is no description, {}' }),
  answeredWith('a text', /no sound: the other side described none/, { body: 'hello', type: 'text/plain' }),
  answeredWith('no body', /no sound: the other side described none/, {}),
  answeredWith('an unknown version', /no sound: its answer is malformed/, {
    body: well.replace('v=0', 'v=7'),
  }),
];

const dialogs: readonly Trial[] = [
  {
    name: 'the first answer counts: another one in the 200 after a 183 is passed over (RFC 3261 §13.2.1)',
    phone: 'calls',
    steps: [
      invited(),
      answer('183 Session Progress', { body: well }),
      wait(300),
      answer('200 OK', {
        body: sdp(['a=rtpmap:8 PCMA/8000'], 'm=audio [media_port] RTP/AVP 8'),
      }),
      expect('ACK'),
      peerEnds(),
    ],
    ...endedWell,
    afterwards: ({ phone }) => assert.equal(phone.all('media').at(-1)?.codec, 'PCMU'),
  },
  {
    name: 'two 200s of forks: both get their ACK, and the second its BYE',
    phone: 'calls',
    steps: [
      invited(),
      answer('180 Ringing', { tag: '1' }),
      answer('180 Ringing', { tag: '2' }),
      answer('200 OK', { tag: '1', body: well }),
      expect('ACK', { has: { To: 'tag=1' } }),
      answer('200 OK', { tag: '2', body: well }),
      expect('ACK', { has: { To: 'tag=2' } }),
      expect('BYE', { has: { To: 'tag=2' } }),
      reply('200 OK'),
      peerEnds(),
    ],
    ...endedWell,
  },
  {
    name: 'thirty forks ring, and one answers',
    phone: 'calls',
    steps: [
      invited(),
      Array.from({ length: 30 }, (_, fork) => answer('180 Ringing', { tag: `f${fork}` })),
      answer('200 OK', { tag: '1', body: well }),
      expect('ACK', { has: { To: 'tag=1$' } }),
      peerEnds(),
    ],
    ...endedWell,
  },
  {
    name: 'the 200 crosses the CANCEL: ACK and BYE',
    phone: 'calls',
    steps: [
      invited(),
      answer('180 Ringing'),
      expect('CANCEL'),
      reply('200 OK'),
      answer('200 OK', { body: well }),
      expect('ACK'),
      expect('BYE'),
      reply('200 OK'),
    ],
    meanwhile: async ({ phone }) => {
      await phone.event('ringing', 20_000);
      phone.interrupt();
    },
    status: 1,
    ended: { by: 'us' },
  },
  {
    name: 'BYE before the ACK: both are answered, and the call was one',
    phone: 'calls',
    steps: [
      invited(),
      answer('200 OK', { body: well }),
      request('BYE', { cseq: 1 }),
      expect('ACK', { optional: true }),
      expect(200),
    ],
    ...endedWell,
    afterwards: ({ post }) => assert.ok(post.count('phone', /^ACK/) >= 1, 'an ACK'),
  },
  {
    name: 'BYE crosses BYE: both are answered, and the call ends once',
    phone: 'calls',
    options: ['--duration', '1'],
    steps: [
      invited(),
      answer('200 OK', { body: well }),
      expect('ACK'),
      expect('BYE'),
      request('BYE', { cseq: 1 }),
      expect(200),
    ],
    status: 0,
    ended: { by: 'us' },
  },
  {
    name: 'a 200 that comes again is acknowledged each time',
    phone: 'calls',
    steps: [
      invited(),
      Array.from({ length: 5 }, () => [answer('200 OK', { body: well }), expect('ACK')]).flat(),
      peerEnds(),
    ],
    ...endedWell,
    afterwards: ({ post, phone }) => {
      assert.equal(post.count('phone', /^ACK/), 5);
      assert.equal(phone.all('answered').length, 1);
    },
  },
];

const provisional: readonly Trial[] = [
  {
    name: 'a reliable 183 gets its PRACK, one out of its turn none; the 200 needs no second answer',
    phone: 'calls',
    steps: [
      invited({ has: { Supported: '100rel' } }),
      answer('183 Session Progress', { headers: ['Require: 100rel', 'RSeq: 7'], body: well }),
      expect('PRACK', { has: { RAck: '7 ' } }),
      reply('200 OK'),
      answer('183 Session Progress', { headers: ['Require: 100rel', 'RSeq: 9'] }),
      answer('183 Session Progress', { headers: ['Require: 100rel', 'RSeq: 8'] }),
      expect('PRACK', { has: { RAck: '8 ' } }),
      reply('200 OK'),
      answer('200 OK'),
      expect('ACK'),
      peerEnds(),
    ],
    ...endedWell,
    afterwards: ({ phone }) => {
      assert.equal(phone.all('ringing').at(-1)?.early, true);
      assert.ok(phone.all('media').length >= 1, 'what was agreed');
    },
  },
  {
    name: 'UPDATE before the answer changes what was agreed in 183',
    phone: 'calls',
    steps: [
      invited({ has: { Allow: 'UPDATE' } }),
      answer('183 Session Progress', { headers: ['Require: 100rel', 'RSeq: 1'], body: well }),
      expect('PRACK'),
      reply('200 OK'),
      request('UPDATE', {
        cseq: 1,
        body: sdp(['a=rtpmap:8 PCMA/8000'], 'm=audio [media_port] RTP/AVP 8').replace('1 1 IN', '1 2 IN'),
      }),
      expect(200, { has: { 'Content-Type': 'application/sdp' } }),
      answer('200 OK'),
      expect('ACK'),
      peerEnds(2),
    ],
    ...endedWell,
    afterwards: ({ phone }) => assert.equal(phone.all('media').at(-1)?.codec, 'PCMA'),
  },
  {
    name: 'UPDATE with an offer while ours is open: 491, and the call comes about',
    phone: 'calls',
    steps: [
      invited(),
      answer('180 Ringing'),
      request('UPDATE', { cseq: 1, body: well }),
      expect(491),
      answer('200 OK', { body: well }),
      expect('ACK'),
      peerEnds(2),
    ],
    ...endedWell,
  },
  {
    name: 'three hundred 180s in a storm, and it is answered',
    phone: 'calls',
    steps: [
      invited(),
      Array.from({ length: 300 }, () => answer('180 Ringing')),
      answer('200 OK', { body: well }),
      expect('ACK'),
      peerEnds(),
    ],
    ...endedWell,
  },
];

/** Responses that are not of this request, and one that is. */
const wrong: readonly Trial[] = [
  ['another method', { cseq: '1 OPTIONS' }],
  ['another branch', { via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKnobody' }],
].map(([name, how]) => ({
  name: `a 486 with ${name} is nobody’s; the 200 after it counts`,
  phone: 'calls',
  steps: [
    invited(),
    answer('486 Busy Here', how as Answer),
    wait(300),
    answer('200 OK', { body: well }),
    expect('ACK'),
    peerEnds(),
  ],
  ...endedWell,
}));

const refusal = (name: string, status: string, says: RegExp, how: Answer = {}): Trial => ({
  name,
  phone: 'calls',
  steps: [invited(), answer(status, how), expect('ACK')],
  status: 1,
  ended: { status: Number(status.slice(0, 3)) },
  says,
});
const again = (status: string, how: Answer) => [answer(status, how), expect('ACK')];
const challenge = (nonce: string, stale: boolean): string =>
  `WWW-Authenticate: Digest realm="interop.test", nonce="${nonce}", algorithm=MD5, qop="auth"${stale ? ', stale=true' : ''}`;

const refusals: readonly Trial[] = [
  refusal('500 with Retry-After', '500 Server Internal Error', /server made a mistake/, {
    headers: ['Retry-After: 5'],
  }),
  refusal('503 with Retry-After', '503 Service Unavailable', /overloaded or under repair/, {
    headers: ['Retry-After: 5'],
  }),
  refusal('606 with a Warning', '606 Not Acceptable', /no codec in common/, {
    headers: ['Warning: 305 peer "no such codec"'],
  }),
  refusal('a status that nobody has defined', '477 Whatever', /the request was refused \(477\)/),
  refusal('302 to where it was', '302 Moved Temporarily', /reached elsewhere/, {
    contacts: '<sip:peer@interop.test>',
  }),
  refusal('302 to nowhere', '302 Moved Temporarily', /reached elsewhere/, { contacts: '' }),
  refusal('302 to a telephone', '302 Moved Temporarily', /reached elsewhere/, {
    contacts: '<tel:+4930123456>',
  }),
  {
    name: 'each 302 leads to another: it is followed a few times, not for ever',
    phone: 'calls',
    steps: Array.from({ length: 6 }, (_, turn) => [
      invited(),
      ...again('302 Moved Temporarily', { contacts: `<sip:peer${turn}@{CONTACT}>` }),
    ]).flat(),
    status: 1,
    says: /reached elsewhere/,
  },
  {
    name: 'every answer to a challenge is refused: the password is not tried for ever',
    phone: 'calls',
    steps: [
      invited(),
      again('401 Unauthorized', { headers: [challenge('one', false)] }),
      invited({ has: { Authorization: 'nonce="one"' } }),
      again('401 Unauthorized', { headers: [challenge('two', false)] }),
    ],
    status: 1,
    ended: { status: 401 },
    says: /user name or password are wrong/,
  },
  {
    name: 'a nonce is stale once: the next one is answered, and the call comes about',
    phone: 'calls',
    steps: [
      invited(),
      again('401 Unauthorized', { headers: [challenge('one', false)] }),
      invited({ has: { Authorization: 'nonce="one"' } }),
      again('401 Unauthorized', { headers: [challenge('two', true)] }),
      invited({ has: { Authorization: 'nonce="two"' } }),
      answer('200 OK', { body: well }),
      expect('ACK'),
      peerEnds(),
    ],
    ...endedWell,
  },
  {
    name: '422 with Min-SE: asked again with that, and the call comes about',
    phone: 'calls',
    steps: [
      invited({ has: { 'Session-Expires': '[0-9]' } }),
      again('422 Session Interval Too Small', { headers: ['Min-SE: 3600'] }),
      invited({ has: { 'Session-Expires': '3600', 'Min-SE': '3600' } }),
      answer('200 OK', {
        body: well,
        headers: ['Session-Expires: 3600;refresher=uas', 'Require: timer'],
      }),
      expect('ACK'),
      peerEnds(),
    ],
    ...endedWell,
  },
  {
    name: 'BYE with a Reason: the reason is told',
    phone: 'calls',
    steps: [
      invited(),
      answer('200 OK', { body: well }),
      expect('ACK'),
      wait(300),
      request('BYE', {
        cseq: 1,
        headers: ['Reason: Q.850 ;cause=27, SIP ;cause=500 ;text="the line was cut"'],
      }),
      expect(200),
    ],
    status: 0,
    ended: { by: 'peer', status: 500 },
    afterwards: ({ phone }) => assert.match(phone.all('ended')[0]?.cause.what ?? '', /the line was cut/),
  },
];

export const phoneCalls: readonly Trial[] = [
  ...unspeakable,
  ...dialogs,
  ...provisional,
  ...wrong,
  ...refusals,
];
