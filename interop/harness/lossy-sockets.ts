import { type Sockets, seededRandom, type UdpSocketUser } from '@ringdown/sans-io';

/** Sockets that lose some of the RTP that comes. */
export interface LossySockets extends Sockets {
  /** Packets of RTP that came so far, and how many of them went lost. */
  readonly counts: { readonly came: number; readonly lost: number };
}

/**
 * Loses a share (0…1) of the RTP packets that come, each with the same chance; RTCP and all else passes. Which ones is
 * drawn from the seed and the packet's place after the first one, so that another run loses the same words.
 */
export const lossySockets = (sockets: Sockets, lossRatio: number, seed: number): LossySockets => {
  const counts = { came: 0, lost: 0 };
  let first: number | undefined;
  const draws: boolean[] = [];
  const random = seededRandom(seed);
  const isLost = (packet: Uint8Array): boolean => {
    const sequenceNumber = (packet[2]! << 8) | packet[3]!;
    first ??= sequenceNumber;
    const place = (sequenceNumber - first) & 0xffff;
    while (draws.length <= place) draws.push(random.fraction() < lossRatio);
    counts.came += 1;
    if (draws[place]!) counts.lost += 1;
    return draws[place]!;
  };
  const lossy = (user: UdpSocketUser): UdpSocketUser => ({
    opened: (socket) => user.opened(socket),
    failed: (why) => user.failed(why),
    received: (bytes, from) => {
      if (!isRtp(bytes) || !isLost(bytes)) user.received(bytes, from);
    },
  });
  return {
    counts,
    addresses: () => sockets.addresses(),
    openUdp: (options, user) => sockets.openUdp(options, lossy(user)),
    connect: (options, user) => sockets.connect(options, user),
  };
};

/** Version 2 and no packet type of RTCP (RFC 5761 §4). */
const isRtp = (bytes: Uint8Array): boolean =>
  bytes.length >= 12 && bytes[0]! >> 6 === 2 && !(bytes[1]! >= 192 && bytes[1]! <= 223);
