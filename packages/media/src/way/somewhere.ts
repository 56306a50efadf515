import type { SocketAddress } from '@ringdown/sans-io';

/** Whether packets can be sent there: some descriptions name nowhere, and a socket would take that for its own host. */
export const isSomewhere = ({ address, port }: SocketAddress): boolean =>
  port !== 0 && address !== '0.0.0.0' && address !== '::';
