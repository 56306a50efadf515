import type { Levels, MediaReport, PathReport, Quality } from '@ringdown/user-agent';

/**
 * What `--json` prints, one object a line: docs/phone.md has an example of each. Names stay; new ones may come. What is not
 * known is null, so that every key is there. `call` tells calls apart.
 */
export type JsonEvent =
  /** The phone is about to register. `server` is null where the DNS decides. */
  | { readonly event: 'registering'; readonly address: string; readonly server: string | null }
  | { readonly event: 'registered'; readonly address: string }
  /** The registration is lost, or was never had. `retrying`: it is tried again by itself. */
  | {
      readonly event: 'unregistered';
      readonly address: string;
      readonly retrying: boolean;
      readonly cause: JsonCause | null;
    }
  | { readonly event: 'calling'; readonly call: string; readonly peer: string }
  | {
      readonly event: 'incoming';
      readonly call: string;
      readonly peer: string;
      readonly peerName: string | null;
      /** Whether it came past our server: nobody vouches for `peer` then. */
      readonly direct: boolean;
      /** The call whose place this one takes. */
      readonly replaces: string | null;
    }
  /** It rings there: told once for each phone, and again where its status or `early` changes. `early`: something is heard already. */
  | { readonly event: 'ringing'; readonly call: string; readonly status: number; readonly early: boolean }
  /** Who was called said that it is to be tried elsewhere: `target` is called now. */
  | { readonly event: 'redirected'; readonly call: string; readonly target: string }
  /** No packets get through any more. `media` tells of another way, `ended` that there is none. */
  | { readonly event: 'way-lost'; readonly call: string; readonly why: string }
  /** What we offered is refused, and offered once more with sound protected in this way alone. */
  | {
      readonly event: 'offered-again';
      readonly call: string;
      readonly status: number;
      readonly security: JsonMedia['security'];
    }
  | { readonly event: 'answered'; readonly call: string; readonly peer: string }
  | JsonMedia
  /** What is sent is less than what was asked for: fewer channels, a lower rate, no linear sound. Both are a sentence. */
  | { readonly event: 'reduced'; readonly call: string; readonly what: string; readonly next: string }
  /** The first sound of the peer's that is no silence is played. Before `answered` it is what the other side has one hear while it rings. */
  | { readonly event: 'sound'; readonly call: string }
  | JsonQuality
  /** Nothing has come for so long that should have; `heard-again` when something does. */
  | { readonly event: 'silent'; readonly call: string; readonly silentMs: number }
  | { readonly event: 'heard-again'; readonly call: string }
  /** All that was to be played has been sent. */
  | { readonly event: 'played'; readonly call: string }
  /** The peer pressed a key. */
  | { readonly event: 'digit'; readonly call: string; readonly digit: string }
  /** We have pressed keys. */
  | { readonly event: 'digits-sent'; readonly call: string; readonly digits: string }
  | { readonly event: 'held'; readonly call: string; readonly by: 'us' | 'peer' }
  | { readonly event: 'resumed'; readonly call: string; readonly by: 'us' | 'peer' }
  /** The peer wanted us to call somebody else instead; that is the call `to`. */
  | { readonly event: 'transferred'; readonly call: string; readonly target: string; readonly to: string }
  /** We have handed the peer over. */
  | { readonly event: 'handed-over'; readonly call: string; readonly target: string }
  | {
      readonly event: 'ended';
      readonly call: string;
      readonly by: 'us' | 'peer' | 'network';
      readonly cause: JsonCause;
      /** Since it was answered. */
      readonly durationMs: number | null;
    }
  /** What the peer said is in this file, all of it. */
  | { readonly event: 'recorded'; readonly call: string; readonly file: string }
  | {
      readonly event: 'message';
      readonly from: string;
      readonly fromName: string | null;
      readonly text: string;
      readonly contentType: string;
    }
  /** A text of ours was taken. */
  | { readonly event: 'message-sent'; readonly to: string; readonly text: string }
  | {
      readonly event: 'presence';
      readonly of: string;
      readonly open: boolean;
      /** Whether anything is known of him, or of a phone of his. */
      readonly there: boolean;
      readonly note: string | null;
    }
  /** The server knows how we are, and tells those who watch us. */
  | { readonly event: 'published'; readonly open: boolean; readonly note: string | null }
  /** Something that the phone threw away. */
  | { readonly event: 'dropped'; readonly why: string }
  /** A SIP message; only with --verbose. `at` are milliseconds of a clock that has no date. */
  | {
      readonly event: 'signalling';
      readonly direction: 'sent' | 'received';
      readonly transport: string;
      readonly peer: string;
      readonly summary: string;
      readonly callId: string;
      readonly text: string;
      readonly at: number;
    };

/**
 * What sounds and by which way, told once both are known and the keys, where there are any, are agreed upon; and again when
 * one of them changes.
 */
export interface JsonMedia {
  readonly event: 'media';
  readonly call: string;
  readonly codec: string;
  readonly rateHz: number;
  readonly channels: number;
  /** Of what we send: fewer where the other side plays no more. */
  readonly sentChannels: number;
  readonly packetMs: number;
  /** Each packet of ours is sent once more, so much later; null where it is sent once. */
  readonly duplicateMs: number | null;
  readonly bitsPerSecond: number | null;
  readonly profile: MediaReport['profile'];
  readonly security: MediaReport['security'];
  readonly cipher: string | null;
  readonly direction: MediaReport['direction'];
  readonly path: PathReport['kind'];
  readonly ice: boolean;
  /** `192.0.2.1:4000` */
  readonly local: string;
  readonly localType: PathReport['local']['type'];
  readonly remote: string;
  readonly remoteType: PathReport['remote']['type'];
}

/** How it sounds, once a second: docs of `Quality` say what each is. */
export interface JsonQuality {
  readonly event: 'quality';
  readonly call: string;
  readonly mos: number;
  readonly lossRatio: number;
  /** How long nothing has come that should have, from a second on. */
  readonly silentMs: number | null;
  readonly lost: number;
  readonly received: number;
  readonly sent: number;
  readonly jitterMs: number;
  readonly roundTripMs: number | null;
  readonly bufferMs: number;
  readonly concealedRatio: number;
  readonly driftPpm: number | null;
  readonly sentBitsPerSecond: number;
  readonly receivedBitsPerSecond: number;
  /** What the peer says of our packets. */
  readonly peerLossRatio: number | null;
  readonly peerJitterMs: number | null;
  /** How loud it is, one for each channel; null for silence. */
  readonly sentRmsDbfs: readonly (number | null)[];
  readonly receivedRmsDbfs: readonly (number | null)[];
}

export interface JsonCause {
  readonly status: number | null;
  readonly what: string;
  readonly next: string;
  /** How long the other side asks us to wait before it is tried again (Retry-After). */
  readonly retryAfterMs: number | null;
}

/** What was agreed and the way, put together. */
export const mediaEvent = (call: string, media: MediaReport, path: PathReport): JsonMedia => ({
  event: 'media',
  call,
  codec: media.codec,
  rateHz: media.rateHz,
  channels: media.channels,
  sentChannels: media.sentChannels ?? media.channels,
  packetMs: media.packetMs,
  duplicateMs: media.duplicateMs ?? null,
  bitsPerSecond: media.bitsPerSecond ?? null,
  profile: media.profile,
  security: media.security,
  cipher: media.cipher ?? null,
  direction: media.direction,
  path: path.kind,
  ice: path.ice,
  local: endText(path.local),
  localType: path.local.type,
  remote: endText(path.remote),
  remoteType: path.remote.type,
});

export const qualityEvent = (call: string, quality: Quality, levels: Levels | undefined): JsonQuality => ({
  event: 'quality',
  call,
  mos: rounded(quality.mos, 2),
  lossRatio: rounded(quality.lossRatio, 4),
  silentMs: quality.silentMs === undefined ? null : Math.round(quality.silentMs),
  lost: quality.lost,
  received: quality.received,
  sent: quality.sent,
  jitterMs: rounded(quality.jitterMs, 2),
  roundTripMs: quality.roundTripMs === undefined ? null : rounded(quality.roundTripMs, 2),
  bufferMs: rounded(quality.bufferMs, 1),
  concealedRatio: rounded(quality.concealedRatio, 4),
  driftPpm: quality.driftPpm === undefined ? null : rounded(quality.driftPpm, 1),
  sentBitsPerSecond: Math.round(quality.sentBitsPerSecond),
  receivedBitsPerSecond: Math.round(quality.receivedBitsPerSecond),
  peerLossRatio: quality.peer === undefined ? null : rounded(quality.peer.lossRatio, 4),
  peerJitterMs: quality.peer === undefined ? null : rounded(quality.peer.jitterMs, 2),
  sentRmsDbfs: loudness(levels?.sent),
  receivedRmsDbfs: loudness(levels?.received),
});

const loudness = (channels: Levels['sent'] = []): readonly (number | null)[] =>
  channels.map(({ rmsDbfs }) => (Number.isFinite(rmsDbfs) ? rounded(rmsDbfs, 1) : null));

const endText = ({ address, port }: PathReport['local']): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
