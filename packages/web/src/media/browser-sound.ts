/** What a call is given in a browser. */
export interface BrowserSound {
  /** What the peer hears: a microphone that is open already, or how to ask for one. Default: the default microphone. */
  readonly microphone?: MediaStream | MediaTrackConstraints;
  /** What becomes of what the peer says; an audio element plays it. Lost without it. */
  readonly play?: HTMLMediaElement | ((stream: MediaStream) => void);
}
