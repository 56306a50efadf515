import { Malformed } from '../malformed.ts';
import type { AgreedSecurity } from './agreed.ts';
import { type DtlsAlternative, type DtlsRole, type Side, securityAlternatives } from './security.ts';

/** The strongest that stands on both sides: an answer says one thing only, unless it is opportunistic. */
export const agreedSecurity = (
  ours: Side,
  theirs: Side,
  weAre: 'offerer' | 'answerer',
): AgreedSecurity | Malformed => {
  const [local, remote] = [securityAlternatives(ours), securityAlternatives(theirs)];
  if (local.dtls !== undefined && remote.dtls !== undefined) {
    const role = dtlsRole(weAre === 'answerer' ? local.dtls : remote.dtls, weAre);
    if (role instanceof Malformed) return role;
    const { fingerprints, tlsId } = remote.dtls;
    return { kind: 'dtls-srtp', role, fingerprints, ...(tlsId === undefined ? {} : { tlsId }) };
  }
  for (const remoteCrypto of remote.sdes ?? []) {
    // RFC 4568 §5.1.3: the answer repeats tag and suite of what it takes.
    const localCrypto = local.sdes?.find(
      ({ tag, suite }) => tag === remoteCrypto.tag && suite === remoteCrypto.suite,
    );
    if (localCrypto !== undefined) return { kind: 'sdes', local: localCrypto, remote: remoteCrypto };
  }
  if (local.none && remote.none) return { kind: 'none' };
  const offered = weAre === 'offerer' ? local : remote;
  const what = offered.none
    ? 'an answer that secures what its offer does not'
    : 'an answer that does not secure what its offer secures';
  return new Malformed(what, 'RFC 3264 §6');
};

/** RFC 8842 §5.3; RFC 4145 §4: an answer that says nothing is passive. */
const dtlsRole = (answered: DtlsAlternative, weAre: 'offerer' | 'answerer'): DtlsRole | Malformed => {
  const { setup = 'passive' } = answered;
  if (setup !== 'active' && setup !== 'passive')
    return new Malformed(`a=setup:${setup} in an answer`, 'RFC 8842 §5.3');
  return (setup === 'active') === (weAre === 'answerer') ? 'client' : 'server';
};
