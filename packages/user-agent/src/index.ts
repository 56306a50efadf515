/**
 * A SIP phone without I/O (RFC 3261 and what a phone needs besides): it registers, calls and is called. `connect` makes one
 * of promises and async iterators over a platform: `node()` of `@ringdown/media`, or `browser()` of `@ringdown/web`. Below it stands
 * `createUserAgent`, whose transport, DNS, time, chance, hashes and media engine are handed in, and which tells what happens as
 * events.
 *
 * @example
 * import { node } from '@ringdown/media';
 *
 * const phone = await connect({ account: 'reporter@radio.example', password: 'secret', platform: node() });
 * const call = await phone.call('studio', { profile: 'interview' }); // rejects with a PhoneError that says why not, and what to do
 * for await (const { mos } of call.quality()) if (mos < 3) call.hangUp();
 * (await call.ended).cause.what; // 'We hung up.'
 * await phone.close();
 *
 * @example
 * const phone = createUserAgent(
 *   { account: { username: 'alice', domain: 'radio.example', password: 'secret' }, instance: 'urn:uuid:…' },
 *   { transport, dns, clock, timers, random, hashes, text, media, deliver: (event) => show(event) },
 * );
 * phone.register(); // { kind: 'registration', state: 'registered' }
 * const call = phone.call('bob'); // { kind: 'call progress', status: 180, … }, { kind: 'call established', … }
 * call.hangUp(); // { kind: 'call ended', by: 'us', cause: { what: 'We hung up.', … } }
 */
export type { Account } from './account.ts';
export type { Call, IncomingCall } from './call/call.ts';
export {
  type CallAction,
  type CallState,
  type CallStimulus,
  callStates,
} from './call/call-table.ts';
export { type Cause, causeOf, causes, type EndedBy } from './cause.ts';
export { type PresenceStatus, presenceDocument, readPresence, type WatchedStatus } from './event/presence.ts';
export {
  type SubscriptionAction,
  type SubscriptionPhase,
  type SubscriptionStimulus,
  subscriptionPhases,
} from './event/subscription-table.ts';
export type { Watch } from './event/watch.ts';
export type { UserAgentEvent } from './events.ts';
export type { MediaAnswer, MediaEngine, MediaRequest } from './media/media-engine.ts';
export type {
  ChannelLevel,
  Levels,
  MediaEvent,
  MediaReport,
  PairRow,
  PathEnd,
  PathReport,
  Quality,
} from './media/media-event.ts';
export {
  type Duplicate,
  type MediaProfile,
  type MediaSecurity,
  type MediaWishes,
  MOST_COPY_DELAY_MS,
} from './media/wishes.ts';
export { type UserAgentOptions, type UserAgentPorts, userAgentDefaults } from './options.ts';
export type { CallDefaults, CallOptions } from './phone/call-options.ts';
export { connect } from './phone/connect.ts';
export type { Capabilities, ConnectOptions, Phone } from './phone/phone.ts';
export type { CallEnd, IncomingPhoneCall, PhoneCall } from './phone/phone-call.ts';
export { PhoneError } from './phone/phone-error.ts';
export type { PhoneEvent } from './phone/phone-event.ts';
export type {
  OpenPlatform,
  PhoneMedia,
  Platform,
  PlatformRequest,
  PlatformUser,
} from './phone/platform.ts';
export {
  type RegistrationAction,
  type RegistrationState,
  type RegistrationStimulus,
  registrationStates,
} from './registration/registration-table.ts';
export { createUserAgent, type Kept, type UserAgent } from './user-agent.ts';
