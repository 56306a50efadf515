import { createMediaEngine, type NodeMediaEngine } from '../engine/media-engine.ts';
import type { MediaEngineOptions, MediaEnginePorts } from '../engine/options.ts';
import { makeSdesKeys, SDES_SUITES, sdesGuard } from '../secure/sdes.ts';
import { withinPorts } from './port-range.ts';

export interface NodeMediaOptions extends MediaEngineOptions {
  /** The UDP ports of sound, both ends of the range included. Default: any. */
  readonly rtpPorts?: readonly [lowest: number, highest: number];
}

/** A media engine with all that this package has to protect packets. */
export const openNodeMedia = (
  { rtpPorts, ...options }: NodeMediaOptions,
  ports: Omit<MediaEnginePorts, 'codecs' | 'sdes' | 'dtls'>,
): NodeMediaEngine => {
  const { random, sockets } = ports;
  return createMediaEngine(options, {
    ...ports,
    sockets: rtpPorts === undefined ? sockets : withinPorts(sockets, rtpPorts, random),
    sdes: {
      keys: () => Object.fromEntries(SDES_SUITES.map((suite) => [suite, makeSdesKeys(random, suite)])),
      guard: sdesGuard,
    },
  });
};
