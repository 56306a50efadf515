/**
 * Interactive Connectivity Establishment (RFC 8445), with trickle (RFC 8838), patience (RFC 8863) and consent (RFC 7675).
 * Relayed candidates are given to the agent as bases, as sockets are; server-reflexive ones it gathers itself.
 *
 * What is not here: candidates over TCP are read and ignored, an agent is never lite itself, and one agent has one data
 * stream with its components, so that foundations are frozen within it alone.
 *
 * @example
 * const agent = createIceAgent(
 *   { role: 'controlling', stunServers: [{ address: '192.0.2.10', port: 3478 }] },
 *   {
 *     timers, clock, random, hashes,
 *     deliver: (output) => {
 *       if (output.kind === 'transmit') sockets.get(output.base)?.send(output.bytes, output.to);
 *       else if (output.kind === 'candidate') signal(iceAttributeText(output));
 *       else if (output.kind === 'gathered') signal('end-of-candidates');
 *       else if (output.kind === 'usable' || output.kind === 'selected') path = output.pair;
 *     },
 *   },
 * );
 * agent.addBase({ id: 'wifi', component: 1, kind: 'host', address: '10.0.0.2', port: 40000 });
 * agent.endOfBases();
 * agent.setRemote({ ufrag: '9uB6', pwd: 'YH75Fviy6338Vbrhrlp8Yh', options: ['ice2', 'trickle'] });
 * const told = parseIceAttribute('candidate:1 1 UDP 2130706431 192.0.2.1 40000 typ host');
 * if (told?.kind === 'candidate') agent.addRemoteCandidate(told.candidate);
 * agent.endOfRemoteCandidates();
 * // For each datagram: data, unless it was the agent's.
 * if (!agent.received('wifi', bytes, from)) play(bytes);
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
