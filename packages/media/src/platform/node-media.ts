import { createMediaEngine, type NodeMediaEngine } from '../engine/media-engine.ts';
import type { MediaEngineOptions, MediaEnginePorts } from '../engine/options.ts';
import { createDtls } from '../secure/create-dtls.ts';
import type { DtlsIdentity } from '../secure/dtls.ts';
import { makeDtlsIdentity } from '../secure/dtls-identity.ts';
import { withinPorts } from './port-range.ts';

export interface NodeMediaOptions extends MediaEngineOptions {
  /** The UDP ports of sound, both ends of the range included. Default: any. */
  readonly rtpPorts?: readonly [lowest: number, highest: number];
}

/** Opens a media engine that shows the process's certificate, and whose ports are of the range that was asked for. */
export type OpenNodeMedia = (
  options: NodeMediaOptions,
  ports: Omit<MediaEnginePorts, 'codecs' | 'sdes' | 'dtls'>,
) => NodeMediaEngine;

/** Who we are in DTLS: one for the process, made when it is wanted first. */
let identity: Promise<DtlsIdentity> | undefined;

/** Makes ready what all media engines of the process share. */
export const loadNodeMedia = async (): Promise<OpenNodeMedia> => {
  identity ??= makeDtlsIdentity();
  const own = await identity;
  return ({ rtpPorts, ...options }, ports) => {
    const { random, timers, sockets } = ports;
    return createMediaEngine(options, {
      ...ports,
      sockets: rtpPorts === undefined ? sockets : withinPorts(sockets, rtpPorts, random),
      dtls: { identity: own, open: (terms, user) => createDtls(terms, user, { timers, random }) },
    });
  };
};
