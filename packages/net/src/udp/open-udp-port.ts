import { type BunRuntime, openBunPort } from './bun-port.ts';
import { openDgramPort } from './dgram-port.ts';
import type { UdpPort, UdpPortOptions } from './udp-port.ts';

/** Opens a UDP port with what the runtime does best. */
export const openUdpPort = (options: UdpPortOptions): Promise<UdpPort> =>
  'Bun' in globalThis
    ? openBunPort(options, (globalThis as unknown as { readonly Bun: BunRuntime }).Bun)
    : openDgramPort(options);
