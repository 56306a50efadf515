import type { Candidate, LocalCandidate } from '@ringdown/ice';
import type { SocketAddress } from '@ringdown/sans-io';

/** Below server-reflexive candidates that STUN has found, which are known to work (RFC 8445 §5.1.2). */
const PRIORITY_STEP = 1;

/**
 * The candidates as the peer is told of them. Where a router forwards to us, each host candidate has one more: the address by
 * which others reach it, as STUN would have found it.
 */
export const advertised = (
  candidates: readonly LocalCandidate[],
  advertise: (local: SocketAddress) => SocketAddress,
): readonly Candidate[] =>
  candidates.flatMap((candidate): readonly Candidate[] => {
    if (candidate.type !== 'host') return [candidate];
    const { address, port, foundation } = candidate;
    const outside = advertise({ address, port });
    if (outside.address === address && outside.port === port) return [candidate];
    return [
      candidate,
      {
        ...candidate,
        ...outside,
        foundation: `${foundation}a`,
        type: 'srflx',
        // The type preference of a reflexive candidate instead of a host's.
        priority: candidate.priority - (126 - 100) * 2 ** 24 - PRIORITY_STEP,
        related: { address, port },
      },
    ];
  });
