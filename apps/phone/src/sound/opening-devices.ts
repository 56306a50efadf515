import type { NodeSound, SoundSink, SoundSource } from '@ringdown/media';
import { systemWords } from '../refusal.ts';
import type { SoundDevices, Sounds } from './sounds.ts';

const FORMAT = { sampleRateHz: 48_000, channels: 2 } as const;

/**
 * Microphone and loudspeaker that are opened while the call is under way already: silence until they are there, and for good
 * where they cannot be had, which is told.
 */
export const openingDevices = (sounds: Sounds, lost: (why: string) => void): NodeSound => {
  let devices: SoundDevices | undefined;
  let isPlayClosed = false;
  let isRecordClosed = false;
  const closeBoth = async (): Promise<void> => {
    if (isPlayClosed && isRecordClosed) await devices?.close();
  };
  const opening = sounds.openDevices(lost).then(
    (opened) => {
      devices = opened;
      return closeBoth();
    },
    (error) => lost(systemWords(error)),
  );
  const play: SoundSource = {
    format: FORMAT,
    read: (samples) =>
      devices?.microphone.read(samples) ??
      Array.from({ length: FORMAT.channels }, () => new Int16Array(samples)),
    get ended() {
      return isPlayClosed;
    },
    close: () => {
      isPlayClosed = true;
      closeBoth().catch(() => {});
    },
  };
  const record: SoundSink = {
    format: FORMAT,
    write: (sound) => devices?.loudspeaker.write(sound),
    close: async () => {
      isRecordClosed = true;
      await opening;
      await closeBoth();
    },
  };
  return { play, record };
};
