import { type BunRuntime, openBunPort } from './bun-port.ts';
import { type DgramNative, openDgramNative, openDgramPort } from './dgram-port.ts';
import type { UdpPort, UdpPortOptions } from './udp-port.ts';

let native: Promise<DgramNative | undefined> | undefined;

/** Opens a UDP port with what the runtime does best. */
export const openUdpPort = async (options: UdpPortOptions): Promise<UdpPort> => {
  if ('Bun' in globalThis)
    return openBunPort(options, (globalThis as unknown as { readonly Bun: BunRuntime }).Bun);
  // Loading it takes 10 ms and 8 MB: a call, with its few datagrams at a time, has nothing of that.
  if (options.gathers !== false) native ??= openDgramNative();
  return openDgramPort(options, await native);
};
