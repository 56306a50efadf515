import type { NodePlatformOptions, NodeSound } from '@ringdown/media';
import type { ConnectOptions, Phone } from '@ringdown/user-agent';
import type { Environment } from './account/account-source.ts';
import type { Sounds } from './sound/sounds.ts';
import type { PhoneTerminal } from './terminal.ts';

/** Everything that a command touches besides the files that it is given: tests bring another. */
export interface World {
  readonly terminal: PhoneTerminal;
  readonly environment: Environment;
  readonly sounds: Sounds;
  /** Makes a phone and registers it. Rejects as {@link Phone}'s own `connect` does. */
  connect(options: LineRequest): Promise<Phone<NodeSound>>;
  /** Whether this device has an address that others may reach. */
  hasNetwork(): boolean;
  now(): Date;
  /** @returns takes it back */
  after(milliseconds: number, due: () => void): () => void;
  /** Aborted when the person at the keyboard, or the system, wants the command to end. */
  readonly interrupted: AbortSignal;
  /** What is still open is not waited for: the process ends with the command. */
  abandon(): void;
}

/** Who the phone is, and what it may use of this machine. */
export type LineRequest = Omit<ConnectOptions<NodeSound>, 'platform'> & {
  readonly device: NodePlatformOptions;
};
