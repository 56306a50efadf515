import type { Socket } from 'node:net';

/** How long a peer may take to read what is left when we have said that we close. */
const LINGER_MS = 2000;

/** Closes when all that was sent has been written; after a while in any case, whatever the peer still says. */
export const endSoon = (socket: Socket): void => {
  if (socket.destroyed) return;
  // No timeout of the socket's: each byte that comes would start that anew.
  const late = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(late));
  socket.end();
};
