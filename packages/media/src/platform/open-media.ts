import type { ConnectivityServer, ResolveName } from '@ringdown/connectivity';
import type { Clock, Hashes, Random, Sockets, Timers } from '@ringdown/sans-io';
import type { MediaAnswer, MediaEvent, PhoneMedia } from '@ringdown/user-agent';
import type { NodeSound } from '../audio/sound.ts';

/** What a media engine on a machine works with. */
export interface MediaSurroundings {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly hashes: Hashes;
  readonly sockets: Sockets;
  readonly resolve: ResolveName;
  /** The STUN and TURN servers that are known at present. */
  servers(): readonly ConnectivityServer[];
  /** The address of ours that leads to the server: what descriptions say where ICE does not speak. */
  localAddress(): string;
  answered(id: number, answer: MediaAnswer): void;
  told(event: MediaEvent): void;
}

/** The sound of one phone. */
export interface RunningMedia extends PhoneMedia<NodeSound> {
  /** Ends what still runs, and resolves when all sound is where it belongs. */
  close(): Promise<void>;
}

export type OpenMedia = (surroundings: MediaSurroundings) => RunningMedia;
