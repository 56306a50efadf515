import { nodeSockets } from '@ringdown/net';

/** Everything of this machine, whether it is listened at or not: other programs have ports there that nobody means to open. */
export const ownAddresses = (advertised: string | undefined): readonly string[] => {
  const machine = nodeSockets({ loopback: true }).addresses();
  return advertised === undefined || !isAddress(advertised) ? machine : [...machine, advertised];
};

const isAddress = (host: string): boolean => /^[\d.]+$/.test(host) || host.includes(':');
