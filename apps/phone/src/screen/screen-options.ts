import type { CallOptions, Phone, PhoneEvent } from '@ringdown/user-agent';
import type { ContactBook } from './state/contact.ts';
import type { SoundDevice } from './state/screen-state.ts';
import type { Surroundings } from './surroundings.ts';

/** What the full-screen phone stands on. */
export interface ScreenOptions<Sound = unknown> {
  /** Registered, or about to be. The screen closes it at the end. */
  readonly phone: Phone<Sound>;
  /** What was told before there was a phone to listen to: the first REGISTER, for the ladder. */
  readonly earlier?: readonly PhoneEvent[];
  readonly contacts: ContactBook;
  /** Through what sound comes and goes; or why it does not, and what to install: whole sentences. */
  readonly device: SoundDevice;
  /** Asked for each call that is made or answered. Default: calls without sound. */
  readonly callOptions?: () => CallOptions<Sound>;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Where it is said why there is no screen. Default: the process's. */
  readonly stderr?: NodeJS.WritableStream;
  /** Wall time in milliseconds. */
  readonly now: () => number;
  /** Variables of the process. Default: its own. */
  readonly surroundings?: Surroundings;
}
