import type { ByteTransportOptions } from '@ringdown/net';

/** What all listeners of STUN and TURN have in common. */
export type TurnTransportOptions = Pick<ByteTransportOptions, 'certificate' | 'report' | 'limits'>;
