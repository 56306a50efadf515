import type { ConnectivityServer, ResolveName } from '@ringdown/connectivity';
import type { Clock, Hashes, Random, Sockets, Timers } from '@ringdown/sans-io';
import type { MediaAnswer, MediaEvent, PhoneMedia } from '@ringdown/user-agent';
import type { NodeSound } from '../audio/sound.ts';

/** What is known of the device and its network. */
export interface MediaPlace {
  /** The STUN and TURN servers that are known at present. */
  servers(): readonly ConnectivityServer[];
  /** Which address of ours leads to the server, and where that is; undefined while neither is known. */
  localAddressToward(): { readonly local: string; readonly server: string } | undefined;
  /** The addresses to use. Default: all that the sockets name. */
  readonly addresses?: readonly string[];
  /** The UDP ports of sound. Default: any. */
  readonly rtpPorts?: readonly [lowest: number, highest: number];
}

/** What a media engine works with on a machine. */
export interface MediaPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly hashes: Hashes;
  readonly sockets: Sockets;
  readonly resolve: ResolveName;
  answered(id: number, answer: MediaAnswer): void;
  told(event: MediaEvent): void;
}

/** The sound of one phone. */
export interface RunningMedia extends PhoneMedia<NodeSound> {
  /** Ends what still runs, and resolves when all sound is where it belongs. */
  close(): Promise<void>;
}

export type OpenMedia = (place: MediaPlace, ports: MediaPorts) => Promise<RunningMedia>;
