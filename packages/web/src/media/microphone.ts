import type { MediaProfile } from '@ringdown/user-agent';
import type { BrowserSound } from './browser-sound.ts';

/** A track to send, and whether it is ours to stop. */
export interface Microphone {
  readonly track: MediaStreamTrack;
  close(): void;
}

const BROADCAST: ReadonlySet<MediaProfile> = new Set(['music-stereo', 'lossless']);

/**
 * Opens what the peer is to hear. Rejects with the browser's error where the user says no or there is no microphone. What
 * makes speech clear ruins music, so broadcast profiles go without it.
 */
export const openMicrophone = async (
  given: BrowserSound['microphone'],
  profile: MediaProfile,
): Promise<Microphone> => {
  if (given instanceof MediaStream) {
    const [track] = given.getAudioTracks();
    if (track === undefined) throw new Error('the stream that was given as microphone has no sound');
    // The same stream may be used by several calls, and muted in one of them.
    const own = track.clone();
    return { track: own, close: () => own.stop() };
  }
  const isMusic = BROADCAST.has(profile);
  const audio: MediaTrackConstraints = {
    echoCancellation: !isMusic,
    noiseSuppression: !isMusic,
    autoGainControl: !isMusic,
    ...(isMusic ? { channelCount: 2, sampleRate: 48_000 } : {}),
    ...given,
  };
  const stream = await navigator.mediaDevices.getUserMedia({ audio });
  const track = stream.getAudioTracks()[0]!;
  return { track, close: () => track.stop() };
};
