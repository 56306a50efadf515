import type { Random } from '@ringdown/sans-io';

/** RFC 8445 §6.1.1: the controlling agent nominates. */
export type IceRole = 'controlling' | 'controlled';

/** What a request says of its sender's role. */
export interface RoleClaim {
  readonly role: IceRole;
  readonly tieBreaker: bigint;
}

/**
 * Who gives way when both agents believe to have one role (RFC 8445 §7.3.1.1): `reject` answers 487 and stays, `switch`
 * takes the other role.
 */
export const roleConflict = (ours: RoleClaim, theirs: RoleClaim): 'none' | 'reject' | 'switch' => {
  if (ours.role !== theirs.role) return 'none';
  const weWin = ours.tieBreaker >= theirs.tieBreaker;
  if (ours.role === 'controlling') return weWin ? 'reject' : 'switch';
  return weWin ? 'switch' : 'reject';
};

/** A peer that answers 487 to whatever role we take is not believed for ever. */
const MOST_REFUSALS = 8;

/** The role of an agent, which outlives its sessions. */
export class RoleKeeper {
  readonly #random: Random;
  readonly #changed: (role: IceRole) => void;
  #claim: RoleClaim;
  #refusals = 0;

  constructor(role: IceRole, random: Random, changed: (role: IceRole) => void) {
    this.#random = random;
    this.#changed = changed;
    this.#claim = { role, tieBreaker: newTieBreaker(random) };
  }

  get role(): IceRole {
    return this.#claim.role;
  }

  /** What checks say now. */
  get claim(): RoleClaim {
    return this.#claim;
  }

  take(role: IceRole): void {
    if (role === this.#claim.role) return;
    this.#claim = { ...this.#claim, role };
    this.#changed(role);
  }

  /**
   * A check that claimed `role` was answered 487 (RFC 8445 §7.2.5.1): the other role from now on, and another tie-breaker.
   *
   * @returns false where this has gone on for too long
   */
  refused(role: IceRole): boolean {
    // The answers to checks that were sent before the switch say nothing new.
    if (role !== this.#claim.role) return true;
    if (++this.#refusals > MOST_REFUSALS) return false;
    this.#claim = { ...this.#claim, tieBreaker: newTieBreaker(this.#random) };
    this.take(role === 'controlling' ? 'controlled' : 'controlling');
    return true;
  }
}

const newTieBreaker = (random: Random): bigint =>
  random.bytes(8).reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
