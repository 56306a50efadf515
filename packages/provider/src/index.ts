/**
 * The SIP server as a library: registrar, location, identity, proxy and presence, without I/O.
 *
 * @example
 * const store = new MemoryAccountStore();
 * store.addDomain({ name: 'radio.example', realm: 'radio.example', algorithms: ['MD5'] });
 * store.byAddress('alice', 'radio.example'); // undefined until an account is added
 */
export type { Account, Accounts, Domain } from './accounts/account.ts';
export { whyNoAuthUsername, whyNoDisplayName, whyNoUsername } from './accounts/account-name.ts';
export type {
  AccountChange,
  AccountConflict,
  AccountPage,
  AccountStore,
  AddResult,
  ImportResult,
  NewAccount,
} from './accounts/account-store.ts';
export { MemoryAccountStore } from './accounts/memory-account-store.ts';
export { canonicalDomain, DEFAULT_DOMAIN, realmFor, whyNoDomain } from './accounts/realm.ts';
export { Domains, type Listeners } from './domains.ts';
export type { ProviderEvent } from './events.ts';
export { Authenticator, type AuthenticatorParts, isFailedAttempt } from './identity/authenticate.ts';
export { NonceCounts } from './identity/nonce-counts.ts';
export { Nonces } from './identity/nonces.ts';
export { owns } from './identity/ownership.ts';
export {
  type Addressed,
  type Authenticated,
  type FlowToken,
  type Incoming,
  refuse,
  type Target,
  type Verdict,
  type Way,
} from './incoming.ts';
export type { BindingChange, BindingStore, StoredBinding } from './location/binding-store.ts';
export { Location } from './location/location.ts';
export { MemoryBindingStore } from './location/memory-binding-store.ts';
export { type Handler, type Pipeline, pipeline, type Routes, type Step } from './pipeline.ts';
export { type PipelineParts, type PresenceHandlers, pipelines } from './pipelines.ts';
export { FloodLimit } from './policy/flood.ts';
export { OVERLOADED, Overload, type OverloadOptions } from './policy/overload.ts';
export { FailureThrottle } from './policy/throttle.ts';
export {
  createPresence,
  defaultPresenceOptions,
  type Presence,
  type PresenceOptions,
} from './presence/presence.ts';
export { Provider, type ProviderOptions, type ProviderParts } from './provider.ts';
export { FlowTokens } from './proxy/flow-token.ts';
export { defaultRelayTimes, type MayReach, type RelayOutcome, type RelayTimes } from './proxy/relay.ts';
export { type HouseServices, Routing, type Standing } from './proxy/routing.ts';
export { defaultRegistrarOptions, Registrar, type RegistrarOptions } from './registrar/registrar.ts';
export { defaultScreeningLimits, Screening, type ScreeningLimits } from './screening.ts';
