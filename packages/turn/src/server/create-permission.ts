import { Malformed, successTo } from '@ringdown/stun';
import { XorPeerAddress } from '../attributes/addresses.ts';
import { type Admitted, admit, permitAll } from './admission.ts';
import { type AllocationHandler, refused } from './requests.ts';

/** RFC 8656 §10.2: permits one address or several, all or none. */
export const createPermission: AllocationHandler = (request, allocation, desk) => {
  const peers = request.message.all(XorPeerAddress);
  if (peers.length === 0) return refused(400, 'no XOR-PEER-ADDRESS');
  const admitted: Admitted[] = [];
  for (const peer of peers) {
    if (peer instanceof Malformed) return refused(400, peer.why);
    const one = admit(peer, allocation, desk);
    if (one.kind === 'refused') return one;
    admitted.push(one);
  }
  const tooMany = permitAll(admitted, allocation, request.now, desk);
  return tooMany ?? { kind: 'success', answer: successTo(request.message) };
};
