import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type AgreedStream,
  type Answered,
  BundleOnly,
  Crypto,
  type Direction,
  DTMF_EVENTS,
  directionOf,
  Extmap,
  Fingerprint,
  find,
  Group,
  getAll,
  type LocalTransport,
  lineOf,
  Malformed,
  type MediaCapabilities,
  Mid,
  OfferAnswer,
  type OfferAnswerOptions,
  offerAnswerStates,
  opusParametersText,
  parseSdp,
  Rtcp,
  RtcpMux,
  RtpMap,
  type SessionDescription,
  Setup,
  Ssrc,
  writeSdp,
} from '../index.ts';

const read = (name: string): SessionDescription =>
  parsed(readFileSync(new URL(`../../vectors/${name}.sdp`, import.meta.url), 'utf8'));

const parsed = (text: string): SessionDescription => {
  const description = parseSdp(text);
  if (description instanceof Malformed) throw new Error(description.why);
  return description;
};

const stereo = opusParametersText({ stereo: true, spropStereo: true, maxaveragebitrateBps: 256_000 });
const opus = { name: 'opus', clockRateHz: 48_000, channels: 2, parameters: stereo, payloadType: 111 };
const l16 = { name: 'L16', clockRateHz: 48_000, channels: 2, parameters: '', ptimeMs: 5 };
const g722 = { name: 'G722', clockRateHz: 8_000, channels: 1, parameters: '' };
const pcma = { name: 'PCMA', clockRateHz: 8_000, channels: 1, parameters: '' };
const pcmu = { name: 'PCMU', clockRateHz: 8_000, channels: 1, parameters: '' };

const audio: MediaCapabilities = {
  media: 'audio',
  codecs: [opus, g722, pcma, pcmu],
  telephoneEvents: DTMF_EVENTS,
  security: ['dtls-srtp', 'sdes', 'none'],
};
const plain: MediaCapabilities = { ...audio, security: ['none'] };

const pairs = (byte: string) => Array(32).fill(byte).join(':');
const KEY = 'WuzmlXzWW7jJ9DZIYPeMR3pnd7DFlYhTPigdFKjp';
const transport: LocalTransport = {
  address: '192.0.2.1',
  port: 40_000,
  ice: [
    'ice-ufrag:Wq3f',
    'ice-pwd:8n2q6dZ9uYt5rE1wKb0xVc',
    'candidate:1 1 UDP 2130706431 192.0.2.1 40000 typ host',
  ],
  fingerprints: [{ hash: 'sha-256', value: pairs('AB') }],
  keys: { AES_CM_128_HMAC_SHA1_80: KEY, AES_CM_128_HMAC_SHA1_32: KEY },
};
const other: LocalTransport = {
  ...transport,
  address: '192.0.2.2',
  port: 50_000,
  fingerprints: [{ hash: 'sha-256', value: pairs('CD') }],
};
const source = { ssrc: 1_234, cname: 'alice@example.com' };

const phone = (
  media: readonly MediaCapabilities[] = [audio],
  more: Partial<OfferAnswerOptions> = {},
): OfferAnswer => new OfferAnswer({ origin: { sessionId: '77', address: '192.0.2.1' }, media, ...more });

const answerTo = (one: OfferAnswer, offer: SessionDescription, media = [{ transport }]): Answered => {
  const verdict = one.receiveOffer(offer);
  if (verdict.kind !== 'considered') throw new Error(verdict.why);
  const answer = one.answer(media);
  if (answer.kind !== 'answered') throw new Error(answer.why);
  return answer;
};

const streamOf = (one: OfferAnswer, index = 0): AgreedStream => {
  const media = one.session?.media[index];
  if (media?.kind !== 'agreed') throw new Error('it is not agreed');
  return media;
};

/** Offers with one, answers with the other, and what both made of it. */
const exchange = (caller: OfferAnswer, callee: OfferAnswer) => {
  const offer = parsed(writeSdp(caller.offer([{ transport, source }])));
  const answer = parsed(writeSdp(answerTo(callee, offer, [{ transport: other }]).description));
  const verdict = caller.receiveAnswer(answer);
  if (verdict.kind !== 'agreed') throw new Error(verdict.kind);
  return { offer, answer };
};

describe('towards Chromium 156', () => {
  const offer = read('chromium-156-offer-audio');

  it('the answer has what it demands: credentials, fingerprint, rtcp-mux, a role, its own numbers', () => {
    const one = phone();
    const { description } = answerTo(one, offer);
    const [media] = description.media;
    expect(media).toMatchObject({ media: 'audio', port: 40_000, protocol: 'UDP/TLS/RTP/SAVPF' });
    expect(media?.formats).toEqual(['111', '9', '0', '8', '110', '126']);
    expect(find(Setup, media!)).toBe('active');
    expect(find(RtcpMux, media!)).toBe(true);
    expect(find(Mid, media!)).toBe('0');
    expect(getAll(media!, Fingerprint)).toEqual(transport.fingerprints);
    const text = writeSdp(description);
    expect(text).toContain('a=ice-ufrag:Wq3f\r\na=ice-pwd:8n2q6dZ9uYt5rE1wKb0xVc\r\n');
    expect(text).toContain(`a=rtpmap:111 opus/48000/2\r\na=fmtp:111 ${stereo}\r\n`);
    expect(text).not.toContain('a=crypto');
  });

  it('the media engine is told all that it needs', () => {
    const one = phone();
    answerTo(one, offer);
    expect(streamOf(one)).toMatchObject({
      index: 0,
      capability: 0,
      mid: '0',
      direction: 'sendrecv',
      isHeldByPeer: false,
      rtcpMux: true,
      feedback: true,
      dtmf: { clockRateHz: 48_000, sendPayloadType: 110, receivePayloadType: 110 },
      security: { kind: 'dtls-srtp', role: 'client', fingerprints: [{ hash: 'sha-256' }] },
    });
    const [first] = streamOf(one).codecs;
    expect(first).toEqual({
      name: 'opus',
      clockRateHz: 48_000,
      channels: 2,
      sendPayloadType: 111,
      receivePayloadType: 111,
      sendParameters: 'minptime=10;useinbandfec=1',
      receiveParameters: stereo,
      ptimeMs: 20,
    });
    expect(streamOf(one).dtmf?.events).toHaveLength(16);
    expect(streamOf(one).ice?.media).toContain('ice-ufrag:4NXP');
    expect(streamOf(one).ssrcs[0]).toMatchObject({ ssrc: 1_718_249_543, attribute: 'cname' });
  });

  it('BUNDLE, extensions and feedback are answered where we have them', () => {
    const rich: MediaCapabilities = {
      ...audio,
      rtcpFeedback: ['transport-cc', 'nack'],
      headerExtensions: ['urn:ietf:params:rtp-hdrext:sdes:mid', 'urn:x-not-offered'],
    };
    const { description, session } = answerTo(phone([rich], { bundle: true }), offer);
    expect(session.groups).toEqual([{ semantics: 'BUNDLE', mids: ['0'] }]);
    expect(getAll(description.media[0]!, Extmap)).toEqual([
      { id: 4, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' },
    ]);
    expect(session.media[0]).toMatchObject({ rtcpFeedback: ['transport-cc'] });
    expect(answerTo(phone(), offer).session.groups).toEqual([]);
  });

  it('its re-offer finds the same numbers and roles, and our version does not move when nothing does', () => {
    const one = phone();
    const first = answerTo(one, offer);
    const second = answerTo(one, read('chromium-156-reoffer-audio'), []);
    expect(second.description).toEqual(first.description);
    expect(streamOf(one).security).toMatchObject({ role: 'client' });
  });

  it('video and data are refused with port 0, their protocol and their formats', () => {
    const all = read('chromium-156-offer-all');
    const { description, session } = answerTo(phone([audio], { bundle: true }), all);
    expect(description.media.map(({ media, port }) => [media, port])).toEqual([
      ['audio', 40_000],
      ['video', 0],
      ['application', 0],
    ]);
    expect(description.media.map(({ protocol }) => protocol)).toEqual(
      all.media.map(({ protocol }) => protocol),
    );
    expect(description.media[2]?.formats).toEqual(['webrtc-datachannel']);
    expect(session.media[1]).toEqual({ kind: 'refused', index: 1, media: 'video', mid: '1' });
    expect(session.groups).toEqual([{ semantics: 'BUNDLE', mids: ['0'] }]);
  });

  it('L16 goes both ways where the offer has it', () => {
    const text = writeSdp(offer)
      .replace('SAVPF 111', 'SAVPF 96 111')
      .replace('a=rtpmap:111', 'a=rtpmap:96 L16/48000/2\r\na=rtpmap:111');
    const one = phone([{ ...audio, codecs: [l16, opus] }]);
    answerTo(one, parsed(text));
    expect(streamOf(one).codecs[0]).toMatchObject({
      name: 'L16',
      channels: 2,
      sendPayloadType: 96,
      ptimeMs: 5,
    });
  });

  it('SDES alone is not acceptable to it, so nothing is answered with it', () => {
    const verdict = phone([{ ...audio, security: ['sdes'] }]).receiveOffer(offer);
    expect(verdict).toMatchObject({ kind: 'not acceptable', status: 488, warning: 399 });
  });

  it('its answer to an offer of ours is understood', () => {
    const one = phone([{ ...audio, codecs: [opus, g722, pcmu, pcma], feedback: true }]);
    one.offer([{ transport }]);
    expect(one.receiveAnswer(read('chromium-156-answer-audio')).kind).toBe('agreed');
    expect(streamOf(one)).toMatchObject({ security: { kind: 'dtls-srtp', role: 'server' }, feedback: true });
    expect(streamOf(one).codecs.map(({ name }) => name)).toEqual(['opus', 'G722', 'PCMU', 'PCMA']);
  });
});

describe('towards baresip 1.0.0', () => {
  it('a plain offer is answered plainly, with RTCP at the next port', () => {
    const one = phone();
    const { description } = answerTo(one, read('baresip-1.0.0-offer-plain'));
    expect(description.media[0]).toMatchObject({
      protocol: 'RTP/AVP',
      formats: ['96', '9', '0', '8', '105'],
    });
    expect(writeSdp(description)).not.toMatch(/a=(?:ice|fingerprint|setup|rtcp-mux|crypto)/);
    expect(streamOf(one)).toMatchObject({
      rtcpMux: false,
      remote: { rtp: { address: '192.0.2.2', port: 16_148 }, rtcp: { address: '192.0.2.2', port: 16_149 } },
      security: { kind: 'none' },
    });
    // Its telephone events have a clock of 8000 alone: there are no digits beside Opus.
    expect(streamOf(one).dtmf).toBeUndefined();
    expect(streamOf(one).telephoneEvents).toMatchObject([{ clockRateHz: 8_000, sendPayloadType: 105 }]);
  });

  it('its packet lengths of EBU Tech 3368 count before its ptime', () => {
    const one = phone([{ ...plain, codecs: [{ ...l16, ptimeMs: 10 }, opus] }], { codecOrder: 'ours' });
    answerTo(one, read('baresip-1.0.0-offer-plain'));
    expect(streamOf(one).codecs.map(({ name, ptimeMs }) => [name, ptimeMs])).toEqual([
      ['L16', 4],
      ['opus', 20],
    ]);
    expect(streamOf(one).ebuAcip).toMatchObject({ dscp: 46, jitterBuffers: [{ kind: 'fixed', ms: 20 }] });
  });

  it('fingerprint, setup and credentials of the session hold for its medium', () => {
    const one = phone();
    const { description } = answerTo(one, read('baresip-1.0.0-offer-browser'));
    expect(description.media[0]?.protocol).toBe('UDP/TLS/RTP/SAVPF');
    expect(streamOf(one)).toMatchObject({ rtcpMux: true, security: { kind: 'dtls-srtp', role: 'client' } });
    expect(streamOf(one).ice?.session).toContain('ice-ufrag:X9gB6CH');
  });

  it('SDES is answered with its tag and suite, and our key', () => {
    const one = phone();
    const { description } = answerTo(one, read('baresip-1.0.0-offer-sdes'));
    expect(description.media[0]?.protocol).toBe('RTP/SAVP');
    expect(getAll(description.media[0]!, Crypto)).toEqual([
      { tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', key: KEY },
    ]);
    expect(streamOf(one).security).toMatchObject({ kind: 'sdes', local: { key: KEY }, remote: { tag: 1 } });
  });
});

describe('towards Linphone 5.1.65', () => {
  it('two components without rtcp-mux, SAVP echoed, and a role', () => {
    const one = phone([{ ...audio, codecs: [opus, pcma] }]);
    const rtcp = { port: 40_001 };
    const { description } = answerTo(one, read('linphone-5.1.65-offer-dtls'), [
      { transport: { ...transport, rtcp } },
    ]);
    expect(description.media[0]).toMatchObject({
      protocol: 'UDP/TLS/RTP/SAVP',
      formats: ['96', '8', '99', '101'],
    });
    expect(find(RtcpMux, description.media[0]!)).toBeUndefined();
    expect(find(Rtcp, description.media[0]!)).toEqual(rtcp);
    expect(streamOf(one)).toMatchObject({ rtcpMux: false, feedback: false, dtmf: { sendPayloadType: 99 } });
    expect(streamOf(one).ice?.session).toContain('ice-ufrag:f8bb2c6d');
  });

  it('is refused where RTCP has no port', () => {
    const verdict = phone([{ ...audio, rtcpMux: 'require' }]).receiveOffer(
      read('linphone-5.1.65-offer-dtls'),
    );
    expect(verdict).toMatchObject({ kind: 'not acceptable', why: expect.stringContaining('RTCP') });
  });
});

describe('an offer of ours', () => {
  it.each([
    [{ security: ['dtls-srtp'], feedback: true }, 'UDP/TLS/RTP/SAVPF', /a=fingerprint.*\r\na=setup:actpass/],
    [{ security: ['sdes', 'none'] }, 'RTP/SAVP', /a=crypto:1 .*\r\na=crypto:2 /],
    [{ security: ['none'] }, 'RTP/AVP', /a=sendrecv/],
    [{ security: ['sdes', 'none'], opportunistic: true }, 'RTP/AVP', /a=crypto:1 /],
    [
      { security: ['dtls-srtp', 'sdes', 'none'], opportunistic: true, feedback: true },
      'RTP/AVPF',
      /a=setup:actpass\r\na=crypto/,
    ],
  ] as const)('with %j is %s', (capabilities, protocol, lines) => {
    const offer = phone([{ ...audio, ...capabilities }]).offer([{ transport }]);
    expect(offer.media[0]?.protocol).toBe(protocol);
    expect(writeSdp(offer)).toMatch(lines);
  });

  it('has telephone events at each clock, and 101 for 8000', () => {
    const [media] = phone().offer([{ transport }]).media;
    expect(getAll(media!, RtpMap).filter(({ name }) => name === 'telephone-event')).toEqual([
      { payloadType: 96, name: 'telephone-event', clockRateHz: 48_000, channels: 1 },
      { payloadType: 101, name: 'telephone-event', clockRateHz: 8_000, channels: 1 },
    ]);
  });

  it('is agreed with what the answer says, under the numbers of both', () => {
    const caller = phone([plain]);
    caller.offer([{ transport }]);
    const answer = parsed(
      'v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 6000 RTP/AVP 97 98\r\na=rtpmap:97 opus/48000/2\r\na=fmtp:97 useinbandfec=1;maxptime=10\r\na=rtpmap:98 telephone-event/48000\r\na=rtcp:7000\r\na=recvonly\r\n',
    );
    expect(caller.receiveAnswer(answer).kind).toBe('agreed');
    expect(streamOf(caller)).toMatchObject({
      direction: 'sendonly',
      codecs: [
        {
          sendPayloadType: 97,
          receivePayloadType: 111,
          sendParameters: 'useinbandfec=1;maxptime=10',
          ptimeMs: 10,
        },
      ],
      dtmf: { sendPayloadType: 98, receivePayloadType: 96 },
      remote: { rtp: { port: 6_000 }, rtcp: { address: '192.0.2.9', port: 7_000 } },
      rtcpMux: false,
    });
  });

  it('without the transport that it needs is the programmer’s mistake', () => {
    expect(() => phone().offer([{}])).toThrow(TypeError);
    const { address, port } = transport;
    expect(() => phone().offer([{ transport: { address, port } }])).toThrow(/fingerprint/);
    expect(() => phone([{ ...audio, security: ['sdes'] }]).offer([{ transport: { address, port } }])).toThrow(
      /key/,
    );
    expect(() => phone().offer([{ transport }, { transport }])).toThrow(RangeError);
  });
});

describe('RTCP', () => {
  const never: MediaCapabilities = { ...plain, rtcpMux: 'never' };
  const only: MediaCapabilities = { ...plain, rtcpMux: 'require' };

  it('has a port of its own as soon as one of the two wants it so', () => {
    for (const [one, two] of [
      [never, plain],
      [plain, never],
    ] as const) {
      const [caller, callee] = [phone([one]), phone([two])];
      const { answer } = exchange(caller, callee);
      expect(find(RtcpMux, answer.media[0]!)).toBeUndefined();
      expect(streamOf(caller)).toMatchObject({ rtcpMux: false, remote: { rtcp: { port: 50_001 } } });
      expect(streamOf(callee)).toMatchObject({ rtcpMux: false, remote: { rtcp: { port: 40_001 } } });
    }
  });

  it('may have no port of its own, which who never multiplexes refuses (RFC 8858)', () => {
    const offer = phone([only]).offer([{ transport: { ...transport, rtcp: { port: 40_001 } } }]);
    expect(writeSdp(offer)).toContain('a=rtcp-mux-only\r\na=rtcp-mux\r\n');
    expect(find(Rtcp, offer.media[0]!)).toBeUndefined();
    expect(phone([never]).receiveOffer(offer)).toMatchObject({ status: 488, warning: 399 });
  });
});

describe('for broadcast', () => {
  const codec: MediaCapabilities = {
    media: 'audio',
    codecs: [l16, { ...opus, ptimeMs: 20 }, pcma],
    security: ['none'],
    ebuAcip: { version: 0, jitterBuffers: [{ option: 0, kind: 'fixed', ms: 40 }], dscp: 46 },
    bandwidth: [{ type: 'AS', value: 1_600 }],
    attributes: [{ name: 'ts-refclk', value: 'ntp=/traceable/' }],
  };

  it('the profile of the EBU is offered for the codecs, and read by the other end', () => {
    const [caller, callee] = [phone([codec]), phone([codec])];
    const { offer } = exchange(caller, callee);
    const text = writeSdp(offer);
    expect(text).toContain('b=AS:1600\r\n');
    expect(text).toContain(
      'a=ebuacip:version 0\r\na=ebuacip:jb 0\r\na=ebuacip:jbdef 0 fixed 40\r\na=ebuacip:qosrec 46\r\na=ebuacip:plength 96 5\r\na=ebuacip:plength 111 20\r\na=ts-refclk:ntp=/traceable/\r\n',
    );
    expect(streamOf(callee)).toMatchObject({
      ebuAcip: { dscp: 46, packetLengthsMs: { 96: 5, 111: 20 } },
      bandwidth: [{ type: 'AS', value: 1_600 }],
      codecs: [{ name: 'L16', ptimeMs: 5 }, { name: 'opus' }, { name: 'PCMA' }],
    });
  });

  it('one codec in two qualities keeps two numbers on either side, in their order', () => {
    const twice: MediaCapabilities = {
      ...plain,
      codecs: [opus, { ...opus, parameters: '', payloadType: 112 }],
    };
    const caller = phone([twice]);
    caller.offer([{ transport }]);
    const answer = parsed(
      'v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 6000 RTP/AVP 120 121\r\na=rtpmap:120 opus/48000/2\r\na=rtpmap:121 opus/48000/2\r\n',
    );
    caller.receiveAnswer(answer);
    expect(streamOf(caller).codecs).toMatchObject([
      { sendPayloadType: 120, receivePayloadType: 111 },
      { sendPayloadType: 121, receivePayloadType: 112 },
    ]);
  });
});

describe('an answer that its offer does not allow', () => {
  const answered = (change: (text: string) => string, capabilities: MediaCapabilities = audio) => {
    const caller = phone([capabilities]);
    const offer = caller.offer([{ transport }]);
    const answer = writeSdp(answerTo(phone([capabilities]), offer, [{ transport: other }]).description);
    return [caller, caller.receiveAnswer(parsed(change(answer)))] as const;
  };

  it.each([
    ['more lines', (text: string) => `${text}m=video 0 RTP/AVP 31\r\n`],
    ['another medium', (text: string) => text.replace('m=audio', 'm=video')],
    ['actpass', (text: string) => text.replace('setup:active', 'setup:actpass')],
    ['no fingerprint', (text: string) => text.replace(/a=fingerprint.*\r\n/, '')],
    ['unknown codecs alone', (text: string) => text.replace(/SAVP .*\r\n/, 'SAVP 3\r\n')],
    [
      'plain RTP',
      (text: string) => text.replace('UDP/TLS/RTP/SAVP', 'RTP/AVP').replace(/a=fingerprint.*\r\n/, ''),
    ],
    ['no address', (text: string) => text.replace(/c=.*\r\n/, '')],
    ['another protocol', (text: string) => text.replace('UDP/TLS/RTP/SAVP', 'TCP/MSRP')],
  ])('%s: a value, and the offer still stands', (_, change) => {
    const [caller, verdict] = answered(change);
    expect(verdict).toBeInstanceOf(Malformed);
    expect(caller.state).toBe('have-local-offer');
    caller.rollback();
    expect(caller.state).toBe('stable');
  });

  it('RTCP at a port of its own, where there is none', () => {
    const [, verdict] = answered((text) => text.replace('a=rtcp-mux\r\n', ''), {
      ...audio,
      rtcpMux: 'require',
    });
    expect(verdict).toMatchObject({ kind: 'malformed', clause: 'RFC 8858 §4' });
  });

  it('a tag or suite of SDES that was not offered', () => {
    const sdes: MediaCapabilities = { ...audio, security: ['sdes'] };
    expect(answered((text) => text, sdes)[1].kind).toBe('agreed');
    expect(answered((text) => text.replace('crypto:1', 'crypto:2'), sdes)[1]).toBeInstanceOf(Malformed);
  });
});

describe('within a session', () => {
  let caller: OfferAnswer;
  let callee: OfferAnswer;

  beforeEach(() => {
    caller = phone();
    callee = phone();
    exchange(caller, callee);
  });

  const reoffer = (
    from: OfferAnswer,
    to: OfferAnswer,
    media: Parameters<OfferAnswer['offer']>[0],
    back: Parameters<OfferAnswer['answer']>[0] = [],
  ) => {
    const offer = parsed(writeSdp(from.offer(media)));
    const verdict = to.receiveOffer(offer);
    if (verdict.kind !== 'considered') throw new Error(verdict.why);
    const answer = to.answer(back);
    if (answer.kind !== 'answered') throw new Error(answer.why);
    expect(from.receiveAnswer(parsed(writeSdp(answer.description))).kind).toBe('agreed');
    return { offer, answer: answer.description };
  };

  it('both saw the same: roles and directions mirror each other', () => {
    expect(streamOf(caller).security).toMatchObject({ role: 'server' });
    expect(streamOf(callee).security).toMatchObject({ role: 'client' });
  });

  it('hold and resume are directions, with numbers, SSRC, roles and the ID of o= as they were', () => {
    const before = { caller: streamOf(caller), callee: streamOf(callee) };
    const held = reoffer(caller, callee, [{ direction: 'sendonly' }]);
    expect(streamOf(caller)).toMatchObject({ direction: 'sendonly', isHeldByPeer: false });
    expect(streamOf(callee)).toMatchObject({ direction: 'recvonly', isHeldByPeer: true });
    expect(held.offer.origin).toMatchObject({ sessionId: '77', sessionVersion: '2' });
    expect(getAll(held.offer.media[0]!, Ssrc)).toMatchObject([{ ssrc: 1_234 }]);
    expect(find(Setup, held.offer.media[0]!)).toBe('passive');
    const resumed = reoffer(caller, callee, [{ direction: 'sendrecv' }]);
    expect(resumed.offer.origin.sessionVersion).toBe('3');
    expect({ caller: streamOf(caller), callee: streamOf(callee) }).toMatchObject({
      caller: { ...before.caller, remoteAttributes: expect.anything() },
      callee: { ...before.callee, remoteAttributes: expect.anything() },
    });
  });

  it('both may hold: nothing flows', () => {
    reoffer(caller, callee, [{ direction: 'sendonly' }]);
    reoffer(callee, caller, [{ direction: 'sendonly' }]);
    expect(streamOf(callee).direction).toBe('inactive');
  });

  it('the other side may offer, and keeps its role whatever is asked', () => {
    const { offer, answer } = reoffer(callee, caller, []);
    expect(find(Setup, offer.media[0]!)).toBe('active');
    expect(find(Setup, answer.media[0]!)).toBe('passive');
    expect(offer.media[0]?.formats).toEqual(expect.arrayContaining(['111', '9', '8', '0', '96', '101']));
    const open = parsed(writeSdp(callee.offer([])).replace('setup:active', 'setup:actpass'));
    expect(find(Setup, answerTo(caller, open, []).description.media[0]!)).toBe('passive');
  });

  it('a new certificate makes a new association, open to either role', () => {
    const fresh = { ...transport, fingerprints: [{ hash: 'sha-256', value: pairs('EF') }] };
    const { offer } = reoffer(caller, callee, [{ transport: fresh }]);
    expect(find(Setup, offer.media[0]!)).toBe('actpass');
  });

  it('the same said again has the same version', () => {
    const { offer } = reoffer(caller, callee, [{ direction: 'sendonly' }]);
    expect(reoffer(caller, callee, []).offer.origin).toEqual(offer.origin);
  });

  it('zeros in c= hold as RFC 2543 did, but not beside ICE', () => {
    const hold = (offer: SessionDescription) =>
      parsed(writeSdp(offer).replaceAll(/c=IN IP4 .*/g, 'c=IN IP4 0.0.0.0'));
    const [old, callee2] = [phone([plain]), phone([plain])];
    const bare = { address: '192.0.2.1', port: 40_000 };
    old.receiveAnswer(answerTo(callee2, old.offer([{ transport: bare }]), [{ transport: bare }]).description);
    answerTo(callee2, hold(old.offer([])), []);
    expect(streamOf(callee2)).toMatchObject({ direction: 'recvonly', isHeldByPeer: true });
    answerTo(callee, hold(caller.offer([])), []);
    expect(streamOf(callee).isHeldByPeer).toBe(false);
  });

  it('a refused re-offer leaves all as it was, and the next one has a version of its own', () => {
    const before = caller.session;
    caller.offer([{ direction: 'inactive' }]);
    caller.rollback();
    expect(caller.session).toBe(before);
    const offer = caller.offer([]);
    expect(directionOf(offer.media[0]!)).toBe('sendrecv');
    expect(offer.origin.sessionVersion).toBe('3');
  });

  it('offers at once are glare, offers in haste are told so, and neither changes anything', () => {
    const mine = caller.offer([]);
    const theirs = callee.offer([]);
    expect(caller.receiveOffer(theirs)).toMatchObject({ kind: 'out of turn', status: 491 });
    callee.rollback();
    expect(callee.receiveOffer(mine).kind).toBe('considered');
    expect(callee.receiveOffer(mine)).toMatchObject({ kind: 'out of turn', status: 500 });
    expect(() => callee.offer([])).toThrow('have-remote-offer');
    expect(() => caller.answer([])).toThrow('have-local-offer');
    expect([caller.state, callee.state]).toEqual(['have-local-offer', 'have-remote-offer']);
  });

  it('an offer with fewer lines than the session has is not acceptable', () => {
    const offer = caller.offer([]);
    expect(callee.receiveOffer({ ...offer, media: [] })).toMatchObject({ status: 488 });
    expect(callee.state).toBe('stable');
  });

  it('an answer that comes again is ignored', () => {
    expect(caller.receiveAnswer(read('chromium-156-answer-audio'))).toEqual({ kind: 'ignored' });
    expect(streamOf(caller).remote.rtp.port).toBe(50_000);
  });

  it('a medium goes, and its line is used again', () => {
    const two = phone([audio, { ...audio, attributes: [{ name: 'content', value: 'alt' }] }]);
    const peer = phone([audio, audio]);
    reoffer(
      two,
      peer,
      [{ transport }, { transport: { ...transport, port: 40_002 } }],
      [{ transport: other }, { transport: { ...other, port: 50_002 } }],
    );
    const gone = reoffer(two, peer, [undefined]);
    expect(gone.offer.media.map(({ port }) => port)).toEqual([0, 40_002]);
    expect(gone.answer.media.map(({ port }) => port)).toEqual([0, 50_002]);
    expect(two.session?.media.map(({ kind }) => kind)).toEqual(['refused', 'agreed']);
    const back = reoffer(two, peer, [{ transport }]);
    expect(back.offer.media.map(({ port }) => port)).toEqual([40_000, 40_002]);
    expect(peer.session?.media.map(({ kind }) => kind)).toEqual(['agreed', 'agreed']);
  });

  it('a line that we refused stays in our own offers, with port 0 and its formats', () => {
    const one = phone();
    answerTo(one, read('chromium-156-offer-all'));
    const offer = one.offer([]);
    expect(offer.media.map(({ media, port }) => [media, port])).toEqual([
      ['audio', 40_000],
      ['video', 0],
      ['application', 0],
    ]);
    expect(offer.media[1]?.formats).toEqual(read('chromium-156-offer-all').media[1]?.formats);
  });
});

describe('forks', () => {
  it('have an answer each to the same offer', () => {
    const caller = phone([plain]);
    const offer = caller.offer([{ transport }]);
    const early = caller.fork();
    caller.receiveAnswer(
      answerTo(phone([{ ...plain, codecs: [pcma] }]), offer, [{ transport: other }]).description,
    );
    expect(early.state).toBe('have-local-offer');
    early.receiveAnswer(
      answerTo(phone([{ ...plain, codecs: [g722] }]), offer, [{ transport: { ...other, port: 6_000 } }])
        .description,
    );
    expect(streamOf(caller).codecs.map(({ name }) => name)).toEqual(['PCMA']);
    expect(streamOf(early)).toMatchObject({ codecs: [{ name: 'G722' }], remote: { rtp: { port: 6_000 } } });
  });
});

describe('policy', () => {
  const offered = (lines: string, protocol: string) =>
    parsed(
      `v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 6000 ${protocol} 8\r\n${lines}`,
    );
  const crypto = `a=crypto:7 AES_CM_128_HMAC_SHA1_32 inline:${KEY}\r\n`;
  const fingerprint = `a=fingerprint:sha-256 ${pairs('AB')}\r\na=setup:actpass\r\n`;

  it.each([
    [['none'], 'RTP/AVP', '', 'none'],
    [['dtls-srtp', 'sdes'], 'RTP/AVP', '', undefined],
    [['sdes', 'none'], 'RTP/SAVP', crypto, 'sdes'],
    [['none'], 'RTP/SAVP', crypto, undefined],
    [['dtls-srtp', 'sdes'], 'RTP/SAVP', crypto + fingerprint, 'dtls-srtp'],
    [['sdes', 'dtls-srtp'], 'RTP/SAVPF', crypto + fingerprint, 'sdes'],
    [['sdes', 'dtls-srtp'], 'UDP/TLS/RTP/SAVPF', crypto + fingerprint, 'dtls-srtp'],
    [['dtls-srtp', 'sdes', 'none'], 'RTP/AVP', crypto, 'none'],
  ] as const)('%j takes of %s with %j: %s', (security, protocol, lines, taken) => {
    const verdict = phone([{ ...audio, security }]).receiveOffer(offered(lines, protocol));
    if (taken === undefined) expect(verdict).toMatchObject({ status: 488, warning: 399 });
    else expect(verdict).toMatchObject({ media: [{ kind: 'acceptable', security: { kind: taken } }] });
  });

  it('opportunistic security beside plain RTP is taken and agreed (RFC 8643)', () => {
    const best: MediaCapabilities = { ...audio, opportunistic: true };
    const [caller, callee] = [phone([best]), phone([best])];
    const { answer } = exchange(caller, callee);
    expect(answer.media[0]?.protocol).toBe('RTP/AVP');
    expect(streamOf(caller).security.kind).toBe('dtls-srtp');
    const [careful, old] = [phone([best]), phone([plain])];
    exchange(careful, old);
    expect(streamOf(careful).security.kind).toBe('none');
  });

  it.each([
    ['m=audio 6000 RTP/AVP 3\r\n', 305],
    ['m=video 6000 RTP/AVP 31\r\n', 304],
    ['m=image 6000 udptl t38\r\n', 301],
  ])('%j is refused with warning %i', (line, warning) => {
    const offer = parsed(`v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n${line}`);
    expect(phone([plain]).receiveOffer(offer)).toMatchObject({
      kind: 'not acceptable',
      status: 488,
      warning,
    });
  });

  it('answers with one codec, in our order, where that is wanted', () => {
    const one = phone([{ ...plain, codecs: [g722, opus] }], { codecOrder: 'ours', answerWith: 'one' });
    const { description } = answerTo(one, read('baresip-1.0.0-offer-plain'));
    expect(description.media[0]?.formats).toEqual(['9', '105']);
    expect(streamOf(one).dtmf).toMatchObject({ clockRateHz: 8_000, sendPayloadType: 105 });
  });
});

describe('groups', () => {
  const two = (more: Partial<OfferAnswerOptions>) => phone([plain, plain], more);
  const transports = [{ transport: other }, { transport: { ...other, port: 50_002 } }];

  it('BUNDLE shares the transport of the first line that lives', () => {
    const caller = two({ bundle: true });
    const offer = caller.offer([{ transport }, { transport: { ...transport, port: 40_002 } }]);
    expect(getAll(offer, Group)).toEqual([{ semantics: 'BUNDLE', mids: ['0', '1'] }]);
    const callee = two({ bundle: true });
    const { description } = answerTo(callee, offer, transports);
    expect(description.media.map(({ port }) => port)).toEqual([50_000, 50_000]);
    caller.receiveAnswer(description);
    expect(streamOf(caller, 1)).toMatchObject({ bundledWith: 0, remote: { rtp: { port: 50_000 } } });
    expect(streamOf(callee, 1)).toMatchObject({ bundledWith: 0, remote: { rtp: { port: 40_000 } } });
  });

  it('BUNDLE goes on with the next line where the application refuses the first', () => {
    const three = phone([plain, plain, plain], { bundle: true });
    const offer = phone([plain, plain, plain], { bundle: true }).offer([
      { transport },
      { transport },
      { transport },
    ]);
    three.receiveOffer(offer);
    expect(three.answer([undefined, ...transports])).toMatchObject({
      description: { media: [{ port: 0 }, { port: 50_000 }, { port: 50_000 }] },
      session: { groups: [{ semantics: 'BUNDLE', mids: ['1', '2'] }] },
    });
    expect(streamOf(three, 2).bundledWith).toBe(1);
  });

  it('BUNDLE keeps the transport that is shared when a line before it comes back', () => {
    const [caller, callee] = [two({ bundle: true }), two({ bundle: true })];
    caller.receiveAnswer(
      answerTo(callee, caller.offer([{ transport }, { transport }]), transports).description,
    );
    caller.receiveAnswer(answerTo(callee, caller.offer([undefined]), transports).description);
    expect(streamOf(caller, 1).bundledWith).toBeUndefined();
    const offer = caller.offer([{ transport }]);
    expect(getAll(offer, Group)).toEqual([{ semantics: 'BUNDLE', mids: ['1', '0'] }]);
    caller.receiveAnswer(answerTo(callee, offer, transports).description);
    expect(streamOf(caller, 0).bundledWith).toBe(1);
    expect(streamOf(callee, 0).bundledWith).toBe(1);
  });

  it('a bundle-only line is no refused one, unless we do not bundle', () => {
    const offer = two({ bundle: true }).offer([{ transport }, { transport }]);
    const only = {
      ...offer,
      media: [
        offer.media[0]!,
        {
          ...offer.media[1]!,
          port: 0,
          attributes: [...offer.media[1]!.attributes, lineOf(BundleOnly, true)],
        },
      ],
    };
    const bundled = two({ bundle: true });
    expect(answerTo(bundled, only, transports).description.media[1]?.port).toBe(50_000);
    expect(streamOf(bundled, 1).remote.rtp.port).toBe(40_000);
    expect(answerTo(two({}), only, transports).description.media[1]?.port).toBe(0);
  });

  it('duplication is answered with the lines that live (RFC 7104)', () => {
    const offer = two({ bundle: true }).offer([{ transport }, { transport }]);
    const dup = { ...offer, attributes: [lineOf(Group, { semantics: 'DUP', mids: ['0', '1'] })] };
    const { session } = answerTo(two({ groups: ['DUP'] }), dup, transports);
    expect(session.groups).toEqual([{ semantics: 'DUP', mids: ['0', '1'] }]);
    expect(answerTo(two({}), dup, transports).session.groups).toEqual([]);
  });
});

describe('the table of states', () => {
  it('is reached in every row', () => {
    const tried = new Set<string>();
    const note = (state: string, stimulus: string) => tried.add(`${state}: ${stimulus}`);
    const offer = phone([plain]).offer([{ transport }]);
    const answer = answerTo(phone([plain]), offer).description;
    const inState = {
      stable: () => phone([plain]),
      'have-local-offer': offering,
      'have-remote-offer': asked,
    };
    function offering() {
      const one = phone([plain]);
      one.offer([{ transport }]);
      return one;
    }
    function asked() {
      const one = phone([plain]);
      one.receiveOffer(offer);
      return one;
    }
    const stimuli = {
      'local offer': (one: OfferAnswer) => one.offer([{ transport }]),
      'remote offer': (one: OfferAnswer) => one.receiveOffer(offer),
      'local answer': (one: OfferAnswer) => one.answer([{ transport }]),
      'remote answer': (one: OfferAnswer) => one.receiveAnswer(answer),
      rollback: (one: OfferAnswer) => one.rollback(),
    };
    for (const state of ['stable', 'have-local-offer', 'have-remote-offer'] as const) {
      for (const [stimulus, act] of Object.entries(stimuli)) {
        const one = inState[state]();
        expect(one.state).toBe(state);
        const row = (offerAnswerStates[state] as Readonly<Record<string, readonly [string, string]>>)[
          stimulus
        ];
        if (row === undefined) expect(() => act(one)).toThrow(`in the state ${state}`);
        else {
          act(one);
          expect(one.state).toBe(row[0]);
          note(state, stimulus);
        }
      }
    }
    const rows = Object.entries(offerAnswerStates).flatMap(([state, row]) =>
      Object.keys(row).map((stimulus) => `${state}: ${stimulus}`),
    );
    expect([...tried].sort()).toEqual(rows.sort());
  });

  it('directions come out as RFC 3264 §6.1 has them', () => {
    const said = (offered: Direction, wanted: Direction) => {
      const offer = phone([plain]).offer([{ transport, direction: offered }]);
      const one = phone([plain]);
      one.receiveOffer(offer);
      one.answer([{ transport, direction: wanted }]);
      return streamOf(one).direction;
    };
    expect(said('sendrecv', 'sendrecv')).toBe('sendrecv');
    expect(said('sendonly', 'sendrecv')).toBe('recvonly');
    expect(said('recvonly', 'sendrecv')).toBe('sendonly');
    expect(said('sendonly', 'sendonly')).toBe('inactive');
    expect(said('inactive', 'sendrecv')).toBe('inactive');
  });
});
