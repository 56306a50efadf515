import { readdirSync, readFileSync } from 'node:fs';
import type { Random } from '@ringdown/sans-io';
import {
  directionOf,
  Fingerprint,
  find,
  Group,
  getAll,
  type LocalMedia,
  Malformed,
  type MediaCapabilities,
  Mid,
  narrowed,
  OfferAnswer,
  parseSdp,
  RtcpMux,
  reversed,
  type SessionDescription,
  Setup,
  writeSdp,
} from '@ringdown/sdp';
import { below, mutate, pick } from '../mutate.ts';
import { must, type Target } from '../target.ts';

/** What baresip, Chromium and Linphone said. */
const folder = new URL('../../packages/sdp/vectors/', import.meta.url);
const DESCRIPTIONS = readdirSync(folder)
  .filter((file) => file.endsWith('.sdp'))
  .sort()
  .map((file) => new Uint8Array(readFileSync(new URL(file, folder))));

/** What negotiation hangs on, and what has broken others. */
const LINES = [
  'm=audio 0 RTP/AVP 0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'm=audio 5004/2 RTP/AVP 0 8 0 8 256 -1',
  'm=video 9 RTP/AVP 96',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'm=audio 70000 RTP/AVP 0',
  'c=IN IP4 0.0.0.0',
  'c=IN IP6 ::',
  'c=IN IP4 224.2.1.1/127/3',
  'a=sendonly',
  'a=inactive',
  'a=mid:0',
  'a=mid:1',
  'a=group:BUNDLE 0 1 1 2',
  'a=group:DUP 0',
  'a=setup:holdconn',
  'a=setup:passive',
  'a=fingerprint:sha-256 00:11',
  'a=fingerprint:md5 00',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WuzmlXzWW7jJ9DZIYPeMR3pnd7DFlYhTPigdFKjp|2^20|1:4',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:111 opus/48000/2',
  'a=rtpmap:96 opus/48000',
  'a=rtpmap:0 opus/48000/2',
  'a=rtpmap:99 L16/44100/2',
  'a=rtpmap:9 G722/16000',
  'a=rtpmap:101 telephone-event/4294967295',
  'a=fmtp:101 0-15,16-4294967295',
  'a=fmtp:111 maxaveragebitrate=99999999999;stereo=1;stereo=0;maxptime=1;ptime=0',
  'a=ptime:0',
  'a=ptime:99999',
  'a=maxptime:1',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=rtcp-mux',
  'a=rtcp-mux-only',
  'a=extmap:0 x',
  'a=extmap:4096/sendonly y',
  'a=ssrc:4294967296 cname:x',
  'a=ssrc-group:DUP 1 1',
  'a=__proto__:1',
  'a=constructor:x',
  'b=AS:-1',
  't=0 0',
  'v=0',
].map((line) => Uint8Array.from(Buffer.from(`${line}\r\n`)));

const CAPABILITIES: readonly MediaCapabilities[] = [
  {
    media: 'audio',
    codecs: [
      { name: 'opus', clockRateHz: 48_000, channels: 2, parameters: 'useinbandfec=1' },
      { name: 'L16', clockRateHz: 48_000, channels: 2, parameters: '', ptimeMs: 5 },
      { name: 'G722', clockRateHz: 8_000, channels: 1, parameters: '' },
      { name: 'PCMA', clockRateHz: 8_000, channels: 1, parameters: '' },
      { name: 'PCMU', clockRateHz: 8_000, channels: 1, parameters: '' },
      { name: 'CN', clockRateHz: 8_000, channels: 1, parameters: '' },
    ],
    telephoneEvents: '0-15',
    security: ['dtls-srtp', 'sdes', 'none'],
    opportunistic: true,
  },
];
const KEY = 'WuzmlXzWW7jJ9DZIYPeMR3pnd7DFlYhTPigdFKjp';
const LOCAL: readonly LocalMedia[] = [
  {
    direction: 'sendrecv',
    transport: {
      address: '192.0.2.1',
      port: 40_000,
      ice: ['ice-ufrag:abcd', 'ice-pwd:0123456789012345678901'],
      fingerprints: [{ hash: 'sha-256', value: new Array(32).fill('AB').join(':') }],
      keys: { AES_CM_128_HMAC_SHA1_80: KEY, AES_CM_128_HMAC_SHA1_32: KEY },
    },
  },
];

/** A description with lines put in, doubled, changed and taken out. */
const changed = (random: Random): Uint8Array => {
  let bytes = pick(random, DESCRIPTIONS);
  for (let left = below(random, 6); left > 0; left--) {
    const at = bytes.indexOf(0x0a, below(random, bytes.length)) + 1;
    bytes = Uint8Array.from([...bytes.subarray(0, at), ...pick(random, LINES), ...bytes.subarray(at)]);
  }
  return random.fraction() < 0.4 ? bytes : mutate(bytes, random, DESCRIPTIONS);
};

const endpoint = (): OfferAnswer =>
  new OfferAnswer({ origin: { sessionId: '1', address: '192.0.2.1' }, media: CAPABILITIES, bundle: true });

/** What a peer says first, again and again, and in answer to us: it is read or refused, and what we answer is right. */
export const sdpTarget: Target = {
  name: 'sdp',
  generate: (random) => Array.from({ length: 1 + below(random, 4) }, () => changed(random)),
  check: (inputs) => {
    const session = endpoint();
    for (const bytes of inputs) {
      const description = parseSdp(Buffer.from(bytes).toString('latin1'));
      if (description instanceof Malformed) continue;
      must(
        !(parseSdp(writeSdp(description)) instanceof Malformed),
        'what was read cannot be written and read',
      );
      answerTo(endpoint(), description);
      answerTo(session, description);
      answered(endpoint(), description);
      answered(session.fork(), description);
    }
  },
};

const answerTo = (session: OfferAnswer, offer: SessionDescription): void => {
  const verdict = session.receiveOffer(offer);
  if (verdict.kind !== 'considered') {
    must(session.state === 'stable', `an offer that was refused leaves ${session.state}`);
    return;
  }
  const answer = session.answer(LOCAL);
  if (answer.kind === 'answered') mustBeValid(offer, answer.description);
  else session.rollback();
  must(session.state === 'stable', `an answer leaves ${session.state}`);
};

const answered = (session: OfferAnswer, answer: SessionDescription): void => {
  session.offer(LOCAL);
  const verdict = session.receiveAnswer(answer);
  if (verdict instanceof Malformed) session.rollback();
  must(session.state === 'stable', `an answer of the peer's leaves ${session.state}`);
};

/** RFC 3264 §6, RFC 5888 §9.2, RFC 8842 §5.3. */
const mustBeValid = (offer: SessionDescription, said: SessionDescription): void => {
  const answer = parseSdp(writeSdp(said));
  if (answer instanceof Malformed) throw new Error(`our answer cannot be read: ${answer.why}`);
  must(answer.media.length === offer.media.length, 'our answer has another number of lines');
  for (const [index, ours] of answer.media.entries()) {
    const theirs = offer.media[index]!;
    must(ours.media === theirs.media && ours.protocol === theirs.protocol, 'a line of another kind');
    must(find(Mid, ours) === find(Mid, theirs), 'a line of another name');
    must(
      ours.formats.every((format) => theirs.formats.includes(format)),
      'a format that was not offered',
    );
    // A line that is refused says what the offer said.
    if (ours.port === 0) continue;
    must(new Set(ours.formats).size === ours.formats.length, 'a format twice');
    must(theirs.port !== 0, 'a line that was closed is open');
    const direction = directionOf(ours, answer);
    must(narrowed(direction, reversed(directionOf(theirs, offer))) === direction, 'a direction too much');
    must(
      find(RtcpMux, ours) === undefined || find(RtcpMux, theirs) !== undefined,
      'mux that was not offered',
    );
    const setup = find(Setup, ours);
    const isDtls = getAll(ours, Fingerprint).length > 0;
    must(isDtls === (setup === 'active' || setup === 'passive'), `a=setup:${setup} in an answer`);
  }
  const alive = new Set(answer.media.flatMap((ours) => (ours.port === 0 ? [] : (find(Mid, ours) ?? []))));
  for (const { mids } of getAll(answer, Group))
    must(
      mids.every((mid) => alive.has(mid)),
      'a group of lines that do not live',
    );
};
