import type { SoundSink, SoundSource } from '@ringdown/media';

/**
 * The same source for one session after the other: a call that is handed over goes on in another session, and the first one's
 * end must not silence it. To close it is its owner's.
 */
export const lentSource = (source: SoundSource): SoundSource => ({
  format: source.format,
  read: (samples) => source.read(samples),
  get ended() {
    return source.ended;
  },
  close: () => {},
});

/** The same for a sink. */
export const lentSink = (sink: SoundSink): SoundSink => ({
  format: sink.format,
  write: (sound) => sink.write(sound),
  close: () => Promise.resolve(),
});
