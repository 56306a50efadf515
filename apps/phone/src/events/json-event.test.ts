import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { JsonEvent } from './json-event.ts';
import { lineOf } from './lines.ts';

/** One of each, as docs/phone.md shows them. Whoever changes a name here changes what scripts rely on. */
const examples = {
  registering: { event: 'registering', address: 'sip:reporter@radio.example', server: '192.168.1.10' },
  registered: { event: 'registered', address: 'sip:reporter@radio.example' },
  unregistered: {
    event: 'unregistered',
    address: 'sip:reporter@radio.example',
    retrying: false,
    cause: {
      status: 401,
      what: 'User name or password are wrong.',
      next: 'Enter them anew.',
      retryAfterMs: null,
    },
  },
  calling: { event: 'calling', call: 'a7', peer: 'sip:studio@radio.example' },
  incoming: {
    event: 'incoming',
    call: 'b2',
    peer: 'sip:studio@radio.example',
    peerName: 'Studio 1',
    direct: false,
    replaces: null,
  },
  ringing: { event: 'ringing', call: 'a7', status: 180, early: false },
  redirected: { event: 'redirected', call: 'a7', target: 'sip:desk@radio.example' },
  'way-lost': { event: 'way-lost', call: 'a7', why: 'consent has expired: no answer for 30 seconds' },
  'offered-again': { event: 'offered-again', call: 'a7', status: 488, security: 'dtls-srtp' },
  answered: { event: 'answered', call: 'a7', peer: 'sip:studio@radio.example' },
  media: {
    event: 'media',
    call: 'a7',
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
    local: '192.0.2.1:40000',
    localType: 'srflx',
    remote: '198.51.100.2:50004',
    remoteType: 'host',
  },
  reduced: {
    event: 'reduced',
    call: 'a7',
    what: 'report.wav is stereo, the call is mono.',
    next: 'Take --profile music-stereo; the other side follows where it names none.',
  },
  sound: { event: 'sound', call: 'a7' },
  quality: {
    event: 'quality',
    call: 'a7',
    mos: 4.4,
    lossRatio: 0,
    silentMs: null,
    lost: 0,
    received: 1_500,
    sent: 1_498,
    jitterMs: 1.31,
    roundTripMs: 23.9,
    bufferMs: 37.5,
    concealedRatio: 0,
    driftPpm: null,
    sentBitsPerSecond: 128_400,
    receivedBitsPerSecond: 127_900,
    peerLossRatio: 0,
    peerJitterMs: 1.2,
    sentRmsDbfs: [-23, -23],
    receivedRmsDbfs: [-19.4, null],
  },
  silent: { event: 'silent', call: 'a7', silentMs: 3_012 },
  'heard-again': { event: 'heard-again', call: 'a7' },
  played: { event: 'played', call: 'a7' },
  digit: { event: 'digit', call: 'a7', digit: '5' },
  'digits-sent': { event: 'digits-sent', call: 'a7', digits: '12#' },
  held: { event: 'held', call: 'a7', by: 'peer' },
  resumed: { event: 'resumed', call: 'a7', by: 'peer' },
  transferred: { event: 'transferred', call: 'a7', target: 'sip:desk@radio.example', to: 'c9' },
  'handed-over': { event: 'handed-over', call: 'a7', target: 'desk' },
  ended: {
    event: 'ended',
    call: 'a7',
    by: 'peer',
    cause: {
      status: null,
      what: 'The other side hung up.',
      next: 'Nothing is to be done.',
      retryAfterMs: null,
    },
    durationMs: 30_012,
  },
  recorded: { event: 'recorded', call: 'a7', file: 'studio.wav' },
  message: {
    event: 'message',
    from: 'sip:studio@radio.example',
    fromName: 'Studio 1',
    text: 'on air in two',
    contentType: 'text/plain',
  },
  'message-sent': { event: 'message-sent', to: 'studio', text: 'understood' },
  presence: { event: 'presence', of: 'studio', open: true, there: true, note: 'on air' },
  published: { event: 'published', open: false, note: null },
  dropped: { event: 'dropped', why: 'a response that belongs to nothing' },
  signalling: {
    event: 'signalling',
    direction: 'sent',
    transport: 'udp',
    peer: '192.168.1.10:5060',
    summary: 'BYE sip:studio@192.168.1.20 SIP/2.0',
    callId: 'a7',
    text: 'BYE sip:studio@192.168.1.20 SIP/2.0\r\n…',
    at: 81_234.5,
  },
} as const satisfies { readonly [Name in JsonEvent['event']]: Extract<JsonEvent, { readonly event: Name }> };

const page = readFileSync(new URL('../../../../docs/phone.md', import.meta.url), 'utf8');

it('docs/phone.md shows every event as it is', () => {
  const shown = page.split('\n').filter((line) => line.startsWith('{"event":'));
  const time = '2026-11-23T09:36:26.088Z';
  expect(shown).toEqual(
    Object.values(examples).map(({ event, ...rest }) => JSON.stringify({ event, time, ...rest })),
  );
});

it('every event is a line for people, or on purpose none', () => {
  const lines = Object.values(examples).map((event) => [event.event, lineOf(event)?.text]);
  expect(lines.filter(([, text]) => text === undefined)).toEqual([['sound', undefined]]);
  expect(Object.fromEntries(lines)).toMatchObject({
    incoming: 'Studio 1 sip:studio@radio.example calls',
    unregistered: 'not registered: user name or password are wrong; enter them anew',
    media: 'Opus 48 kHz stereo, DTLS-SRTP, direct 192.0.2.1:40000 ↔ 198.51.100.2:50004',
    ended: 'ended after 0:30: the other side hung up',
    presence: 'studio open: on air',
    published: 'we are told to be closed',
  });
});

it('names a person where a peer hands us over, not the whole of a header', () => {
  const target = '<sip:desk@radio.example;user=phone?Replaces=a%3Bto-tag%3D1>';
  const event: JsonEvent = { event: 'transferred', call: 'a7', target, to: 'c9' };
  expect(lineOf(event)?.text).toBe('handed over to sip:desk@radio.example …');
  expect(lineOf({ ...event, target: 'sip:desk@radio.example?X=1' })?.text).toContain(
    'sip:desk@radio.example …',
  );
});
