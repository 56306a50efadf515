import type { SoundFormat, SoundSink, SoundSource } from '../audio/sound.ts';
import { SoundError } from '../audio/sound-error.ts';
import { DeviceProcess, programPath } from './device-process.ts';
import { DEVICE_TOOLS, type DeviceCommand, type DeviceTool, type DeviceToolName } from './device-tool.ts';
import { Loudspeaker } from './loudspeaker.ts';
import { Microphone } from './microphone.ts';

export interface DeviceOptions {
  readonly format: SoundFormat;
  /** The microphone, as the tool names it. Default: the machine's. */
  readonly input?: string;
  /** The loudspeaker, as the tool names it. Default: the machine's. */
  readonly output?: string;
  /** A device is gone in the middle of it: `why` is a sentence. From then on it is silent. */
  readonly fault?: (which: 'microphone' | 'loudspeaker', why: string) => void;
  /** Folders to look for tools in. Default: the PATH. */
  readonly path?: string;
  /** How long a tool has to show that it works. Default: 2,000 ms. */
  readonly patienceMs?: number;
}

/** What is lost where nothing can be in time. */
export interface DeviceStatistics {
  /** Times that the microphone had nothing, or too much. */
  readonly microphone: { readonly underruns: number; readonly overruns: number; readonly waitingMs: number };
  /** Pieces that the loudspeaker did not take. */
  readonly loudspeaker: { readonly overruns: number };
}

export interface Devices {
  readonly microphone: SoundSource;
  readonly loudspeaker: SoundSink;
  readonly tool: DeviceToolName;
  /** What the tool talks to: `PipeWire`. */
  readonly system: string;
  readonly statistics: DeviceStatistics;
  close(): Promise<void>;
}

/** A player that lives so long has found its device. */
const SETTLED_MS = 400;

/**
 * Opens the microphone and the loudspeaker with the first tool that is there and works: pw-cat, parec and pacat, arecord and
 * aplay, ffmpeg, sox. A microphone works when sound comes; a loudspeaker, when its tool still lives after a moment.
 *
 * The microphone follows the clock of who reads it. A loudspeaker's own clock cannot be seen through a pipe: one that is
 * 100 ppm slower than the writer's adds a third of a second to the delay in an hour, up to what the system's pipe holds.
 *
 * @throws SoundError that lists what was tried, why none of it worked, and what to install
 */
export const openDevices = async (options: DeviceOptions): Promise<Devices> => {
  const path = options.path ?? process.env.PATH ?? '';
  const failures = new Map<string, string[]>();
  for (const tool of DEVICE_TOOLS) {
    const opened = await tried(tool, options, path);
    if (typeof opened !== 'string') return opened;
    const whys = failures.get(tool.name) ?? [];
    if (!whys.includes(opened)) whys.push(opened);
    failures.set(tool.name, whys);
  }
  const tries = [...failures].map(([name, whys]) => `${name}: ${whys.join(' / ')}`);
  const packages = [...new Set(DEVICE_TOOLS.map(({ debianPackage }) => debianPackage))];
  throw new SoundError({
    what: 'No microphone and loudspeaker can be used.',
    why: `What was tried:\n${tries.map((line) => `  ${line}\n`).join('')}`,
    next: `Install what fits this machine (Debian: apt install ${packages[0]}, or ${packages.slice(1).join(', ')}), look whether its sound server runs for this user, or play and record files instead.`,
  });
};

/** One line that says which tool and system sound goes through, or why none does. Opens the devices for a moment. */
export const describeDevices = async (options: DeviceOptions): Promise<string> => {
  try {
    const devices = await openDevices(options);
    await devices.close();
    return `Sound goes through ${devices.system}, by ${devices.tool}.`;
  } catch (cause) {
    if (!(cause instanceof SoundError)) throw cause;
    return cause.message.replaceAll(/\s*\n\s*/g, ' ');
  }
};

/** @returns the devices, or why this tool has none: one clause */
const tried = async (tool: DeviceTool, options: DeviceOptions, path: string): Promise<Devices | string> => {
  const { format, patienceMs = 2_000 } = options;
  const [recorder, player] = [tool.record(format, options.input), tool.play(format, options.output)];
  const missing = [recorder, player].find(({ program }) => programPath(program, path) === undefined);
  if (missing !== undefined) return `${missing.program} is not installed`;
  const recording = started(recorder, path);
  const playing = started(player, path);
  const microphone = new Microphone(recording, format);
  const loudspeaker = new Loudspeaker(playing, format);
  loudspeaker.begin();
  const why = await proven(microphone, recording, playing, patienceMs);
  if (why === undefined) return watched(tool, { microphone, recording, loudspeaker, playing }, options.fault);
  await Promise.all([recording.end(), playing.end()]);
  return why;
};

const started = (command: DeviceCommand, path: string): DeviceProcess =>
  new DeviceProcess(programPath(command.program, path)!, command);

/** @returns why they do not work; undefined when sound came, and the player seems to live */
const proven = async (
  microphone: Microphone,
  recording: DeviceProcess,
  playing: DeviceProcess,
  patienceMs: number,
): Promise<string | undefined> => {
  const muted = `no sound came within ${patienceMs} ms`;
  const heard = Promise.race([microphone.heard, recording.ended, waited(patienceMs).then(() => muted)]);
  const [unheard] = await Promise.all([heard, Promise.race([playing.ended, waited(SETTLED_MS)])]);
  if (unheard !== undefined) return `${recording.program}: ${unheard}`;
  return playing.why === undefined ? undefined : `${playing.program}: ${playing.why}`;
};

const waited = (timeMs: number): Promise<undefined> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(undefined), timeMs);
  });

interface Parts {
  readonly microphone: Microphone;
  readonly recording: DeviceProcess;
  readonly loudspeaker: Loudspeaker;
  readonly playing: DeviceProcess;
}

const watched = (tool: DeviceTool, parts: Parts, fault: DeviceOptions['fault']): Devices => {
  const { microphone, loudspeaker } = parts;
  const watch = (which: 'microphone' | 'loudspeaker', device: DeviceProcess): void => {
    void device.ended.then((why) => {
      if (!device.isEnding) fault?.(which, `The ${which} is gone: ${device.program} says: ${why}.`);
    });
  };
  watch('microphone', parts.recording);
  watch('loudspeaker', parts.playing);
  return {
    microphone,
    loudspeaker,
    tool: tool.name,
    system: tool.system,
    get statistics() {
      const { underruns, overruns, waitingMs } = microphone.statistics;
      return {
        microphone: { underruns, overruns, waitingMs },
        loudspeaker: { overruns: loudspeaker.overruns },
      };
    },
    async close() {
      await Promise.all([microphone.gone(), loudspeaker.close()]);
    },
  };
};
