/**
 * Interactive Connectivity Establishment (RFC 8445), with trickle (RFC 8838), patience (RFC 8863) and consent (RFC 7675).
 *
 * @example
 * const agent = createIceAgent({ role: 'controlling' }, { timers, clock, random, hashes, deliver });
 * agent.addBase({ id: 'wifi', component: 1, kind: 'host', address: '192.0.2.1', port: 40000 });
 */
export { createIceAgent } from './agent.ts';
export type { Base, Candidate, CandidateType, LocalCandidate, TcpType } from './candidate.ts';
export type { IceAgent, IceParameters } from './ice-agent.ts';
export { defaultNomination, type NominationPolicy } from './nomination.ts';
export { defaultIceOptions, type IceAgentOptions, type IcePorts } from './options.ts';
export type { IceOutput, IceState, PairReport } from './output.ts';
export type { PairState } from './pair-state.ts';
export type { IceRole } from './role.ts';
export {
  type IceAttribute,
  iceAttributeText,
  type NamedRemote,
  parseIceAttribute,
} from './sdp/ice-attribute.ts';
export { type IceDescription, iceDescriptionLines, readIceDescription } from './sdp/ice-description.ts';
export {
  parseTrickleFragment,
  type TrickledMedia,
  type TrickleFragment,
  trickleFragmentText,
} from './sdp/trickle-fragment.ts';
