/**
 * Session descriptions (RFC 8866) as values, and the offer/answer model (RFC 3264, RFC 6337) without I/O: for SIP phones,
 * browsers and broadcast codecs. What a media engine needs comes out as plain data.
 *
 * @example
 * const phone = new OfferAnswer({ origin: { sessionId: '1', address: '192.0.2.1' }, media: [audio] });
 * const offer = parseSdp(text);
 * if (offer instanceof Malformed) return refuse(400, offer.why);
 *
 * const verdict = phone.receiveOffer(offer);
 * if (verdict.kind !== 'considered') return refuse(verdict.status, verdict.why);
 *
 * const answer = phone.answer([{ transport: { address: '192.0.2.1', port: 40_000 } }]);
 * if (answer.kind === 'answered') send(writeSdp(answer.description));
 * phone.session?.media[0]; // { kind: 'agreed', direction: 'sendrecv', codecs: [{ name: 'opus', … }], … }
 */

export { type Attribute, find, flag, get, getAll, lineOf } from './attribute.ts';
export { MediaClk, type MediaClkValue, TsRefclk, type TsRefclkValue } from './attributes/clock.ts';
export { Content, Label } from './attributes/content.ts';
export { Crypto, type CryptoSuite, type CryptoValue } from './attributes/crypto-attribute.ts';
export {
  type Direction,
  directionFrom,
  directionLine,
  directionOf,
  narrowed,
  receives,
  reversed,
  sends,
} from './attributes/direction.ts';
export { Fingerprint, type FingerprintValue, Setup, type SetupRole, TlsId } from './attributes/dtls.ts';
export {
  EbuAcip,
  type EbuAcipLine,
  type EbuAcipProfile,
  type EbuJitterBuffer,
  ebuAcipLines,
  ebuAcipProfile,
} from './attributes/ebuacip.ts';
export { Extmap, type ExtmapValue } from './attributes/extmap.ts';
export { BundleOnly, Group, type GroupValue, Mid } from './attributes/grouping.ts';
export { Maxptime, Ptime } from './attributes/packet-time.ts';
export {
  Rtcp,
  RtcpFeedback,
  type RtcpFeedbackValue,
  RtcpMux,
  RtcpMuxOnly,
  RtcpRsize,
  type RtcpValue,
} from './attributes/rtcp.ts';
export { Fmtp, type FmtpValue, RtpMap, type RtpMapValue } from './attributes/rtp-map.ts';
export {
  DuplicationDelay,
  Msid,
  type MsidValue,
  Ssrc,
  SsrcGroup,
  type SsrcGroupValue,
  type SsrcValue,
} from './attributes/source.ts';
export { type Codec, type Format, formatLines, formatsOf, isSameCodec } from './codec/format.ts';
export { formatParameters } from './codec/format-parameters.ts';
export { matchedParameters } from './codec/matching.ts';
export { type OpusParameters, opusParameters, opusParametersText } from './codec/opus.ts';
export type { WantedCodec } from './codec/payload-numbers.ts';
export { DTMF_EVENTS, telephoneEvents, telephoneEventsText } from './codec/telephone-events.ts';
export { iceLinesOf, speaksIce } from './ice-lines.ts';
export { type SdpLimits, sdpLimits } from './limits.ts';
export { Malformed } from './malformed.ts';
export type {
  AgreedCodec,
  AgreedMedia,
  AgreedPayload,
  AgreedSecurity,
  AgreedSession,
  AgreedStream,
  AgreedTelephoneEvents,
  RefusedMedia,
  RemoteTransport,
} from './offer-answer/agreed.ts';
export {
  defaultSuites,
  type LocalMedia,
  type LocalSource,
  type LocalTransport,
  type MediaCapabilities,
  type Security,
} from './offer-answer/capabilities.ts';
export type { AcceptableMedia, OfferedMedia, UnacceptableMedia } from './offer-answer/consider.ts';
export type { DuplicatedSources } from './offer-answer/duplication.ts';
export { OfferAnswer, type OfferAnswerOptions, offerAnswerDefaults } from './offer-answer/offer-answer.ts';
export type { DtlsAlternative, DtlsRole, SecurityChoice } from './offer-answer/security.ts';
export {
  type OfferAnswerAction,
  type OfferAnswerState,
  type OfferAnswerStimulus,
  offerAnswerStates,
} from './offer-answer/state-table.ts';
export type {
  Answered,
  AnswerVerdict,
  Considered,
  NotAcceptable,
  OfferVerdict,
  OutOfTurn,
} from './offer-answer/verdict.ts';
export { attributeLine, parseSdp } from './parse.ts';
export {
  type AddressType,
  type AttributeLine,
  addressTypeOf,
  type Bandwidth,
  type ConnectionData,
  connectionOf,
  type MediaDescription,
  type Origin,
  type Section,
  type SessionDescription,
} from './session-description.ts';
export { writeSdp } from './write.ts';
