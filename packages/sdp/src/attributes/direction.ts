import type { AttributeLine, Section } from '../session-description.ts';

/** RFC 8866 §6.7, each from the view of whoever writes it. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

const DIRECTIONS: ReadonlySet<string> = new Set(['sendrecv', 'sendonly', 'recvonly', 'inactive']);

/** What a medium says, or its session for it; sendrecv where nobody says anything (RFC 3264 §5.1). */
export const directionOf = (...sections: readonly Section[]): Direction => {
  for (const { attributes } of sections) {
    const line = attributes.find(({ name }) => DIRECTIONS.has(name));
    if (line !== undefined) return line.name as Direction;
  }
  return 'sendrecv';
};

export const directionLine = (direction: Direction): AttributeLine => ({ name: direction, value: undefined });

export const sends = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'sendonly';

export const receives = (direction: Direction): boolean =>
  direction === 'sendrecv' || direction === 'recvonly';

export const directionFrom = (isSending: boolean, isReceiving: boolean): Direction => {
  if (isSending) return isReceiving ? 'sendrecv' : 'sendonly';
  return isReceiving ? 'recvonly' : 'inactive';
};

/** The same seen from the other end. */
export const reversed = (direction: Direction): Direction =>
  directionFrom(receives(direction), sends(direction));

/** What both allow. */
export const narrowed = (one: Direction, other: Direction): Direction =>
  directionFrom(sends(one) && sends(other), receives(one) && receives(other));
