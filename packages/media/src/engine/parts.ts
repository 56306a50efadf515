import type { MediaEvent } from '@ringdown/user-agent';
import type { MakeCodec } from '../stream/formats.ts';
import type { MediaEnginePorts, MediaEngineSettings } from './options.ts';

/** What a session tells without being asked, without its name. */
export type Told<Event = MediaEvent> = Event extends MediaEvent ? Omit<Event, 'session'> : never;

/** What all sessions of an engine share. */
export interface EngineParts {
  readonly settings: MediaEngineSettings;
  readonly ports: MediaEnginePorts;
  readonly codecs: MakeCodec;
}
