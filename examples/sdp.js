// A browser's offer is answered by a phone with Opus in stereo; what a media engine needs comes out as data.
import { Malformed, OfferAnswer, opusParametersText, parseSdp, writeSdp } from '@ringdown/sdp';

const fingerprint = { hash: 'sha-256', value: Array(32).fill('AB').join(':') };
const offer = parseSdp(`v=0
o=- 3361927914598292307 2 IN IP4 127.0.0.1
s=-
t=0 0
m=audio 9 UDP/TLS/RTP/SAVPF 111 0 110
c=IN IP4 0.0.0.0
a=ice-ufrag:4NXP
a=ice-pwd:WghHWbiJoHzIlZ8EOg96Mh/5
a=fingerprint:${fingerprint.hash} ${fingerprint.value}
a=setup:actpass
a=mid:0
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtpmap:110 telephone-event/48000
`);
if (offer instanceof Malformed) throw new Error(offer.why);

const stereo = opusParametersText({ stereo: true, spropStereo: true, maxaveragebitrateBps: 256_000 });
const phone = new OfferAnswer({
  origin: { sessionId: '1', address: '192.0.2.1' },
  media: [
    {
      media: 'audio',
      codecs: [{ name: 'opus', clockRateHz: 48_000, channels: 2, parameters: stereo }],
      telephoneEvents: '0-15',
      security: ['dtls-srtp'],
    },
  ],
});
const verdict = phone.receiveOffer(offer);
if (verdict.kind !== 'considered') throw new Error(verdict.why);
const answer = phone.answer([
  {
    transport: {
      address: '192.0.2.1',
      port: 40_000,
      ice: ['ice-ufrag:Wq3f', 'ice-pwd:8n2q6dZ9uYt5rE1wKb0xVc'],
      fingerprints: [fingerprint],
    },
  },
]);
if (answer.kind !== 'answered') throw new Error(answer.why);
console.log(writeSdp(answer.description).split('\r\n').slice(5, 7).join(' / '));
const [audio] = answer.session.media;
if (audio?.kind !== 'agreed') throw new Error('it is agreed');
console.log(audio.codecs[0]?.name, audio.direction, audio.security.kind, audio.dtmf?.sendPayloadType);
// prints: m=audio 40000 UDP/TLS/RTP/SAVPF 111 110 / a=mid:0
// prints: opus sendrecv dtls-srtp 110
