import type { Random, Sockets, UdpSocketOptions, UdpSocketUser } from '@ringdown/sans-io';

/** How many ports of a range are tried for one socket: taken ones are few, or the range is too small. */
const MOST_TRIES = 64;

/** Sockets whose ports, where any will do, are of one range: for firewalls that let that range through. */
export const withinPorts = (
  sockets: Sockets,
  [lowest, highest]: readonly [lowest: number, highest: number],
  random: Random,
): Sockets => {
  const count = highest - lowest + 1;
  const open = (options: UdpSocketOptions, user: UdpSocketUser, offset: number, left: number): void => {
    let isOpen = false;
    sockets.openUdp(
      { ...options, port: lowest + (offset % count) },
      {
        opened: (socket) => {
          isOpen = true;
          user.opened(socket);
        },
        failed: (why) => {
          if (isOpen) user.failed(why);
          else if (left > 1) open(options, user, offset + 1, left - 1);
          else user.failed(`no port from ${lowest} to ${highest} can be had: ${why}`);
        },
        received: (bytes, from) => user.received(bytes, from),
      },
    );
  };
  return {
    addresses: () => sockets.addresses(),
    connect: (options, user) => sockets.connect(options, user),
    openUdp: (options, user) => {
      if (options.port !== undefined && options.port !== 0) sockets.openUdp(options, user);
      else open(options, user, Math.floor(random.fraction() * count), Math.min(count, MOST_TRIES));
    },
  };
};
