import { networkInterfaces } from 'node:os';
import { node, openDevices, toneSource, wavSink, wavSource } from '@ringdown/media';
import { connect } from '@ringdown/user-agent';
import { type LineTerminal, nodeTerminal } from './node-terminal.ts';
import { failureOf } from './refusal.ts';
import type { Sounds } from './sound/sounds.ts';
import type { World } from './world.ts';

/** What a process ends with that was interrupted twice. */
const INTERRUPTED = 130;
/** How long what a command left behind may still write. */
const ABANDON_MS = 250;

/**
 * This machine, for one command: its network, its sound, its clock, and the person at the keyboard. The first SIGINT, SIGTERM
 * or SIGHUP asks the command to end, the second ends the process.
 */
export const createNodeWorld = (lines: LineTerminal): World => {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (interruption.signal.aborted) process.exit(INTERRUPTED);
      interruption.abort();
    });
  }
  return {
    terminal: nodeTerminal(lines),
    environment: process.env,
    sounds: machineSounds,
    connect: ({ device, ...options }) => connect({ ...options, platform: node(device) }),
    hasNetwork: () =>
      Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ internal }) => !internal)),
    now: () => new Date(),
    after: (milliseconds, due) => {
      const timer = setTimeout(due, milliseconds);
      return () => clearTimeout(timer);
    },
    interrupted: interruption.signal,
    abandon: () => {
      setTimeout(() => process.exit(), ABANDON_MS);
    },
  };
};

/** What tones are played at: as loud as speech, and 20 dB below what distorts. */
const TONE_DBFS = -20;
const RATE_HZ = 48_000;

const machineSounds: Sounds = {
  wav: (path, isLooped) => wavSource(path, { loop: isLooped }),
  tone: (frequenciesHz) => toneSource({ frequenciesHz, levelDbfs: TONE_DBFS, sampleRateHz: RATE_HZ }),
  wavSink: (path, format, failed) =>
    wavSink(path, format, {
      failed: (error) => failed(failureOf('the recording is not whole', error).message),
    }),
  openDevices: async (lost) => {
    const devices = await openDevices({
      format: { sampleRateHz: RATE_HZ, channels: 2 },
      fault: (_, why) => lost(why),
    });
    const { microphone, loudspeaker, system, tool } = devices;
    return { through: `${system}, by ${tool}`, microphone, loudspeaker, close: () => devices.close() };
  },
};
