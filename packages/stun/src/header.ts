/** RFC 8489 §5. */
export type StunClass = 'request' | 'indication' | 'success' | 'error';

export const HEADER_BYTES = 20;
export const MAGIC_COOKIE = 0x2112_a442;
export const TRANSACTION_ID_AT = 8;
export const TRANSACTION_ID_BYTES = 12;

/** The method of RFC 8489; TURN has others. */
export const BINDING = 0x001;

const CLASSES: readonly StunClass[] = ['request', 'indication', 'success', 'error'];

/** The first two bytes: the class's two bits stand between those of the method (RFC 8489 §5, figure 3). */
export const messageType = (method: number, stunClass: StunClass): number => {
  const code = CLASSES.indexOf(stunClass);
  return (
    (method & 0x000f) |
    ((code & 1) << 4) |
    ((method & 0x0070) << 1) |
    ((code & 2) << 7) |
    ((method & 0x0f80) << 2)
  );
};

export const methodOf = (type: number): number =>
  (type & 0x000f) | ((type & 0x00e0) >> 1) | ((type & 0x3e00) >> 2);

export const classOf = (type: number): StunClass => CLASSES[((type >> 4) & 1) | ((type >> 7) & 2)]!;
