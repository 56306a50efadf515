import type { NodeSound, SoundSink, SoundSource } from '@ringdown/media';
import { systemWords } from '../refusal.ts';
import type { SoundDevices, Sounds } from './sounds.ts';

const FORMAT = { sampleRateHz: 48_000, channels: 2 } as const;

/**
 * Microphone and loudspeaker that are opened when a call wants them, and closed when it is over: silence until they are there,
 * and for good where they cannot be had, which is told. A call that is handed over goes on with the same ones in another
 * session; where the first one's end has closed them, they are opened again.
 */
export const openingDevices = (sounds: Sounds, lost: (why: string) => void): NodeSound => {
  let devices: SoundDevices | undefined;
  let opening: Promise<void> | undefined;
  let isPlaying = false;
  let isRecording = false;

  const open = (): void => {
    opening ??= sounds.openDevices(lost).then(
      (opened) => {
        devices = opened;
      },
      (error) => lost(systemWords(error)),
    );
  };
  const closeUnused = async (): Promise<void> => {
    if (isPlaying || isRecording) return;
    await opening;
    if (isPlaying || isRecording) return;
    const unused = devices;
    devices = undefined;
    opening = undefined;
    await unused?.close();
  };
  const play: SoundSource = {
    format: FORMAT,
    read(samples) {
      isPlaying = true;
      open();
      return (
        devices?.microphone.read(samples) ??
        Array.from({ length: FORMAT.channels }, () => new Int16Array(samples))
      );
    },
    ended: false,
    close() {
      isPlaying = false;
      closeUnused().catch(() => {});
    },
  };
  const record: SoundSink = {
    format: FORMAT,
    write(sound) {
      isRecording = true;
      open();
      devices?.loudspeaker.write(sound);
    },
    async close() {
      isRecording = false;
      await closeUnused();
    },
  };
  return { play, record };
};
