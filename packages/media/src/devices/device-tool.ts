import type { SoundFormat } from '../audio/sound.ts';

export type DeviceToolName = 'pw-cat' | 'parec/pacat' | 'arecord/aplay' | 'ffmpeg' | 'sox';

/** A program and what it is told. */
export interface DeviceCommand {
  readonly program: string;
  readonly options: readonly string[];
}

/** Programs that carry sound between a device and a pipe, as raw little-endian 16-bit samples. */
export interface DeviceTool {
  readonly name: DeviceToolName;
  /** What it talks to. */
  readonly system: string;
  /** The package of Debian that it is in. */
  readonly debianPackage: string;
  /** Writes what the microphone hears to its standard output. */
  record(format: SoundFormat, device: string | undefined): DeviceCommand;
  /** Plays its standard input. */
  play(format: SoundFormat, device: string | undefined): DeviceCommand;
}

/** How much the tools themselves may keep; their own choices go up to two seconds. */
const LATENCY_MS = 40;

const given = (option: string, device: string | undefined): readonly string[] =>
  device === undefined ? [] : [option, device];

const pipewire = (raw: readonly string[]): DeviceTool => {
  const options = (
    { sampleRateHz, channels }: SoundFormat,
    device: string | undefined,
  ): readonly string[] => [
    ...raw,
    ...['--rate', String(sampleRateHz), '--channels', String(channels), '--format', 's16'],
    ...['--latency', `${LATENCY_MS}ms`, ...given('--target', device), '-'],
  ];
  return {
    name: 'pw-cat',
    system: 'PipeWire',
    debianPackage: 'pipewire-bin',
    record: (format, device) => ({ program: 'pw-record', options: options(format, device) }),
    play: (format, device) => ({ program: 'pw-play', options: options(format, device) }),
  };
};

const pulse = ({ sampleRateHz, channels }: SoundFormat, device: string | undefined): readonly string[] => [
  ...['--raw', '--format=s16le', `--rate=${sampleRateHz}`, `--channels=${channels}`],
  ...[`--latency-msec=${LATENCY_MS}`, '--client-name=Ringdown'],
  ...(device === undefined ? [] : [`--device=${device}`]),
];

const alsa = ({ sampleRateHz, channels }: SoundFormat, device: string | undefined): readonly string[] => [
  ...['-q', '-t', 'raw', '-f', 'S16_LE', '-r', String(sampleRateHz), '-c', String(channels)],
  ...[`--buffer-time=${LATENCY_MS * 2_000}`, ...given('-D', device)],
];

/** To FFmpeg a device is an input's name; as an output's it is that of ALSA, and an option to PulseAudio. */
const ffmpeg = (
  system: 'pulse' | 'alsa',
  target: (device: string | undefined) => readonly string[],
): DeviceTool => {
  const quiet = ['-hide_banner', '-loglevel', 'error'];
  const raw = ({ sampleRateHz, channels }: SoundFormat): readonly string[] => [
    ...['-f', 's16le', '-ar', String(sampleRateHz), '-ac', String(channels)],
  ];
  // Without these it waits for seconds of sound to see what it is.
  const atOnce = ['-probesize', '32', '-analyzeduration', '0'];
  return {
    name: 'ffmpeg',
    system: system === 'pulse' ? 'PulseAudio' : 'ALSA',
    debianPackage: 'ffmpeg',
    record: (format, device = 'default') => ({
      program: 'ffmpeg',
      options: [...quiet, '-nostdin', '-f', system, '-i', device, ...raw(format), 'pipe:1'],
    }),
    play: (format, device) => ({
      program: 'ffmpeg',
      options: [...quiet, ...atOnce, ...raw(format), '-i', 'pipe:0', '-f', system, ...target(device)],
    }),
  };
};

/** Its own buffers hold 8,192 bytes, half a second at 8 kHz. */
const soxBuffer = ({ sampleRateHz, channels }: SoundFormat): readonly string[] => [
  ...[
    '-q',
    '--buffer',
    String(Math.max(256, Math.round((sampleRateHz * channels * 2 * LATENCY_MS) / 2_000))),
  ],
];

const sox = ({ sampleRateHz, channels }: SoundFormat): readonly string[] => [
  ...['-t', 'raw', '-r', String(sampleRateHz), '-e', 'signed', '-b', '16', '-L', '-c', String(channels), '-'],
];

/** A device of the machine as sox names it: its default, or one of ALSA's. */
const soxDevice = (device: string | undefined): readonly string[] =>
  device === undefined ? ['-d'] : ['-t', 'alsa', device];

/** The ways to a device, the best first. */
export const DEVICE_TOOLS: readonly DeviceTool[] = [
  pipewire(['--raw']),
  // Before PipeWire 1.4 a dash alone means raw sound, and older ones do not know the option.
  pipewire([]),
  {
    name: 'parec/pacat',
    system: 'PulseAudio',
    debianPackage: 'pulseaudio-utils',
    record: (format, device) => ({ program: 'parec', options: pulse(format, device) }),
    play: (format, device) => ({ program: 'pacat', options: ['--playback', ...pulse(format, device)] }),
  },
  {
    name: 'arecord/aplay',
    system: 'ALSA',
    debianPackage: 'alsa-utils',
    record: (format, device) => ({ program: 'arecord', options: alsa(format, device) }),
    play: (format, device) => ({ program: 'aplay', options: alsa(format, device) }),
  },
  ffmpeg('pulse', (device) => [...given('-device', device), 'Ringdown']),
  ffmpeg('alsa', (device) => [device ?? 'default']),
  {
    name: 'sox',
    system: 'the default device',
    debianPackage: 'sox',
    record: (format, device) => ({
      program: 'sox',
      options: [...soxBuffer(format), ...soxDevice(device), ...sox(format)],
    }),
    play: (format, device) => ({
      program: 'sox',
      options: [...soxBuffer(format), ...sox(format), ...soxDevice(device)],
    }),
  },
];
