import { ChangeRequest } from '../behaviour-attributes.ts';
import type { TransportAddress } from '../transport-address.ts';
import type { Behaviour } from './nat-report.ts';
import type { Prober } from './prober.ts';

/** What has been heard directly: a port that is silent when asked itself proves nothing by its silence. */
export interface Reachable {
  readonly otherAddress: boolean;
  readonly otherPort: boolean;
}

type Passed = 'passed' | 'stopped' | 'unknown';

/**
 * From where answers come in to a socket that has asked the primary address only (RFC 5780 §4.4): each question has a fresh
 * socket, and both go at once.
 */
export const filteringOf = async (
  prober: Prober,
  primary: TransportAddress,
  reachable: Reachable,
): Promise<Behaviour> => {
  const [both, port] = await Promise.all([
    passes(prober, primary, true, reachable.otherAddress),
    passes(prober, primary, false, reachable.otherPort),
  ]);
  if (both === 'passed') return 'endpoint-independent';
  if (both === 'unknown') return 'unknown';
  if (port === 'passed') return 'address-dependent';
  return port === 'stopped' ? 'address-and-port-dependent' : 'dependent';
};

const passes = async (
  prober: Prober,
  primary: TransportAddress,
  changeAddress: boolean,
  reachable: boolean,
): Promise<Passed> => {
  const socket = await prober.open(primary);
  if (socket === undefined) return 'unknown';
  const change = { changeAddress, changePort: true };
  const answer = await prober.ask(socket, primary, {
    write: (request) => request.add(ChangeRequest, change),
  });
  socket.close();
  if (answer.kind === 'silence') return reachable ? 'stopped' : 'unknown';
  if (answer.kind === 'error') return 'unknown';
  // Some servers say that they can, and answer from where they were asked.
  const changed = changeAddress
    ? answer.from.address !== primary.address
    : answer.from.port !== primary.port && answer.from.address === primary.address;
  return changed ? 'passed' : 'unknown';
};
