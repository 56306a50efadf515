import { seededRandom } from '@ringdown/sans-io';
import { computeHa1, isMalformed } from '@ringdown/sip';
import { Authenticator } from '../../packages/provider/src/identity/authenticate.ts';
import { NonceCounts } from '../../packages/provider/src/identity/nonce-counts.ts';
import { Nonces } from '../../packages/provider/src/identity/nonces.ts';
import { FloodLimit } from '../../packages/provider/src/policy/flood.ts';
import { FailureThrottle } from '../../packages/provider/src/policy/throttle.ts';
import { testHashes as hashes, testText as text } from '../../tools/testing/hashes.ts';
import { World } from './world.ts';

/** A world whose provider asks for passwords as the real one does: that of `alice` is `alice's`. */
export const worldWithPasswords = (users: readonly string[]): World => {
  let authenticator: Authenticator | undefined;
  const world = new World({
    users,
    authenticator: { authenticate: (...asked) => authenticator!.authenticate(...asked) },
  });
  for (const user of users) {
    const ha1 = computeHa1(hashes, text, user, world.domain, `${user}'s`);
    if (isMalformed(ha1)) throw new Error(ha1.why);
    world.accounts.setPassword(user, world.domain, ha1);
  }
  const random = seededRandom(3);
  authenticator = new Authenticator({
    hashes,
    text,
    random,
    accounts: world.accounts,
    domains: world.domains,
    nonces: new Nonces({ hashes, random }, new Uint8Array(32)),
    counts: new NonceCounts(),
    throttle: new FailureThrottle(),
    flood: new FloodLimit(),
    hasLiveRegistration: () => false,
  });
  return world;
};
