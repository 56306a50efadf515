import { samplesOf, silence } from './silence.ts';
import type { SoundFormat, SoundSink, SoundSource } from './sound.ts';
import { SoundQueue } from './sound-queue.ts';

export interface DelayLine {
  readonly sink: SoundSink;
  readonly source: SoundSource;
}

/** Reading and writing take turns; between two of them may lie so much more, and no more waits than that. */
const SLACK_MS = 200;

/**
 * A sink whose sound comes out of a source after a while, as an echo does: an echo service plays to the caller what the caller
 * says. Where more is written than read, the oldest is lost, so that the delay stays what it was asked to be.
 */
export const delayLine = (format: SoundFormat, options: { readonly delayMs: number }): DelayLine => {
  const delay = samplesOf(format, options.delayMs);
  const queue = new SoundQueue(format.channels, delay + samplesOf(format, SLACK_MS));
  queue.push(silence(format.channels, delay));
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  return {
    sink: {
      format,
      write(sound) {
        if (isOver) return;
        let from = queue.push(sound);
        const length = sound[0]?.length ?? 0;
        while (from < length) {
          queue.drop(Math.max(1, queue.length - delay));
          from += queue.push(sound, from);
        }
      },
      close() {
        over();
        return Promise.resolve();
      },
    },
    source: {
      format,
      read(samples) {
        const sound = silence(format.channels, samples);
        queue.take(sound, 0, samples);
        return sound;
      },
      get ended() {
        return isOver && queue.length === 0;
      },
      close() {
        over();
        queue.drop(queue.length);
      },
    },
  };
};
