import { createMediaEngine, type NodeMediaEngine } from '../engine/media-engine.ts';
import type { MediaEngineOptions, MediaEnginePorts } from '../engine/options.ts';
import { makeSdesKeys, SDES_SUITES, sdesGuard } from '../secure/sdes.ts';

/** A media engine with all that this package has to protect packets. */
export const openNodeMedia = (
  options: MediaEngineOptions,
  ports: Omit<MediaEnginePorts, 'codecs' | 'sdes' | 'dtls'>,
): NodeMediaEngine =>
  createMediaEngine(options, {
    ...ports,
    sdes: {
      keys: () => Object.fromEntries(SDES_SUITES.map((suite) => [suite, makeSdesKeys(ports.random, suite)])),
      guard: sdesGuard,
    },
  });
