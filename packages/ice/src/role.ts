/** RFC 8445 §6.1.1: the controlling agent nominates. */
export type IceRole = 'controlling' | 'controlled';

export const otherRole = (role: IceRole): IceRole => (role === 'controlling' ? 'controlled' : 'controlling');

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
