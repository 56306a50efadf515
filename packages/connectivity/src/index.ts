/**
 * Finds a way between two devices and keeps it: sockets on the host's addresses, STUN (RFC 8489), TURN (RFC 8656) and ICE
 * (RFC 8445) put together, without any I/O of its own.
 *
 * @example
 * const connectivity = createConnectivity(
 *   { role: 'controlling', servers: [{ kind: 'turn', address: '192.0.2.1', port: 3478, username, password }] },
 *   { sockets, timers, clock, random, hashes, deliver },
 * );
 * connectivity.start(); // delivers parameters, candidates, gathered: tell the peer
 * connectivity.setRemote({ ufrag, pwd }); // what the peer tells
 * connectivity.addRemoteCandidate(candidate);
 * connectivity.send(bytes); // true once a pair is usable
 */
export { type Connectivity, createConnectivity } from './connectivity.ts';
export {
  type ConnectivityOptions,
  type ConnectivityOutput,
  type ConnectivityPorts,
  type ConnectivityServer,
  connectivityDefaults,
  type ResolveName,
} from './options.ts';
