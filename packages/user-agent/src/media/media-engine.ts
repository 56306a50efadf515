import type { MediaSecurity, MediaWishes } from './wishes.ts';

/** One thing that the user agent asks of the media engine. Sessions and requests are named by the user agent. */
export type MediaRequest =
  /**
   * A session description of ours: the first of a new session, or a later one. `hold`: the other side is not to be heard.
   * `restart`: the way is to be found anew (RFC 8445 §9). `wishes` come with the first request of a session, and with a later
   * offer that changes what the call is made for: `profile` and `duplicate` of it, which hold once they are agreed upon. Answered
   * by `described`.
   */
  | {
      readonly kind: 'offer';
      readonly id: number;
      readonly session: string;
      readonly hold: boolean;
      readonly restart: boolean;
      readonly wishes?: MediaWishes;
    }
  /**
   * An offer of the peer's, for a new session or a later one. `early`: it is answered before anybody took the call. Answered by
   * `described`, with our answer.
   */
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly session: string;
      readonly offer: string;
      readonly early: boolean;
      readonly wishes?: MediaWishes;
    }
  /** The peer's answer to our offer. Answered by `agreed`. */
  | { readonly kind: 'take answer'; readonly id: number; readonly session: string; readonly answer: string }
  /** More candidates of the peer's, as an SDP fragment (RFC 8840 §4.4). Not answered. */
  | { readonly kind: 'take fragment'; readonly session: string; readonly fragment: string }
  /**
   * A fork of a call has its own answer to the same offer: `session` is new and begins where `of` stands, whose own offer is
   * never answered (RFC 3261 §13.2.2.4). Not answered.
   */
  | { readonly kind: 'fork'; readonly session: string; readonly of: string }
  /**
   * The call is established, and this is its session: from here on what we play, and the microphone, is heard, of a caller and
   * where `early` kept it back. Before it a caller sends silence and hears what comes. `wishes`: what was not known when it was
   * answered early. Not answered.
   */
  | { readonly kind: 'establish'; readonly session: string; readonly wishes?: MediaWishes }
  /**
   * The offer that waits, ours or theirs, came to nothing; what was agreed before holds (RFC 6337 §3.4). Where none waits nothing
   * changes: what `failed` may have been rolled back by the engine. Not answered.
   */
  | { readonly kind: 'roll back'; readonly session: string }
  /** The session is over. Not answered; nothing of it is asked for again. */
  | { readonly kind: 'close'; readonly session: string };

/** What the engine answers; it may take its time: candidates have to be gathered. */
export type MediaAnswer =
  /**
   * `peerHolds`: what the peer said last lets nothing of ours through. `otherwise`, with the first offer of a session: what else
   * is allowed, the best first, and each alone; a peer that refuses this offer may take one in which packets are protected so, and are
   * sent once.
   */
  | {
      readonly kind: 'described';
      readonly description: string;
      readonly peerHolds: boolean;
      readonly otherwise?: readonly MediaSecurity[];
    }
  | { readonly kind: 'agreed'; readonly peerHolds: boolean }
  /** Nothing goes together (488), or no medium can be had (500); `why` is one clause. */
  | { readonly kind: 'failed'; readonly status: 488 | 500; readonly why: string };

/**
 * What makes sound of session descriptions (RFC 3264): a browser's peer connection, or an engine of our own. Descriptions
 * are texts here; the user agent carries them and never reads them.
 */
export interface MediaEngine {
  /** Takes a request; those of one session are carried out in their order. The answer comes back as `UserAgent.mediaAnswered` with its id, never from within. */
  ask(request: MediaRequest): void;
}
