import type { Cause, MediaReport, PathReport, PhoneEvent } from '@ringdown/user-agent';
import { type JsonCause, type JsonEvent, mediaEvent, qualityEvent } from './json-event.ts';

/** Makes of what a phone tells what this program prints. One for each phone: it remembers what was told last. */
export const translate = (
  address: string,
  isVerbose: boolean,
  tell: (event: JsonEvent) => void,
): ((event: PhoneEvent) => void) => {
  let isRegistered = true;
  const sounding = new Map<string, Sounding>();
  const silent = new Set<string>();

  const registration = (event: Extract<PhoneEvent, { kind: 'registration' }>): void => {
    const { state, cause } = event;
    if (state === 'registering') tell({ event: 'registering', address, server: null });
    if (state === 'registered' && !isRegistered) tell({ event: 'registered', address });
    if (state === 'waiting' || state === 'refused' || state === 'unregistered')
      tell({ event: 'unregistered', address, retrying: state === 'waiting', cause: jsonCause(cause) });
    // A refresh that went well is no news.
    if (state !== 'refreshing' && state !== 'unregistering') isRegistered = state === 'registered';
  };

  /** Told when both halves are known and keys are agreed upon, and again when one of them is another. */
  const media = (call: string, news: Partial<Sounding>): void => {
    const before = sounding.get(call);
    const { media, path } = { ...before, ...news };
    const now = { media, path };
    sounding.set(call, now);
    if (media === undefined || path === undefined || !hasKeys(media)) return;
    const event = mediaEvent(call, media, path);
    if (
      before?.media &&
      before.path &&
      hasKeys(before.media) &&
      isSame(mediaEvent(call, before.media, before.path), event)
    )
      return;
    tell(event);
  };

  /** That nothing comes any more is said once, and that something does. */
  const heard = (call: string, silentMs: number): void => {
    if (silentMs >= SILENT_MS && !silent.has(call)) {
      silent.add(call);
      tell({ event: 'silent', call, silentMs: Math.round(silentMs) });
    } else if (silentMs === 0 && silent.delete(call)) tell({ event: 'heard-again', call });
  };
  return (event) => {
    if (event.kind === 'quality') heard(event.call.id, event.quality.silentMs ?? 0);
    if (event.kind === 'registration') registration(event);
    else if (event.kind === 'media') media(event.call.id, { media: event.media });
    else if (event.kind === 'path') media(event.call.id, { path: event.path });
    else if (event.kind === 'signalling' || event.kind === 'dropped') {
      if (isVerbose) tell(plain(event));
    } else {
      tell(plain(event));
      if (event.kind === 'ended') for (const known of [sounding, silent]) known.delete(event.call.id);
      if (event.kind === 'way lost') media(event.call.id, { path: undefined });
    }
  };
};

/** Before this a listener takes it for a pause. */
const SILENT_MS = 3_000;

/** What is known of how a call sounds. */
interface Sounding {
  readonly media: MediaReport | undefined;
  readonly path: PathReport | undefined;
}

/** Before both sides have the keys nobody hears anything, whatever was agreed. */
export const hasKeys = ({ security, cipher }: MediaReport): boolean =>
  security === 'none' || cipher !== undefined;

const isSame = (one: JsonEvent, other: JsonEvent): boolean => JSON.stringify(one) === JSON.stringify(other);

type Plain = Exclude<PhoneEvent, { kind: 'registration' | 'media' | 'path' }>;

/** The events that stand for themselves. */
const plain = (event: Plain): JsonEvent => {
  switch (event.kind) {
    case 'calling':
      return { event: 'calling', call: event.call.id, peer: event.call.peer.uri };
    case 'incoming': {
      const { id, peer, isDirect, replaces } = event.call;
      return {
        event: 'incoming',
        call: id,
        peer: peer.uri,
        peerName: peer.name ?? null,
        direct: isDirect,
        replaces: replaces ?? null,
      };
    }
    case 'ringing':
      return { event: 'ringing', call: event.call.id, status: event.status, early: event.early };
    case 'redirected':
      return { event: 'redirected', call: event.call.id, target: event.target };
    case 'way lost':
      return { event: 'way-lost', call: event.call.id, why: event.why };
    case 'offered again': {
      const { call, status, security } = event;
      return { event: 'offered-again', call: call.id, status, security };
    }
    case 'answered':
      return { event: 'answered', call: event.call.id, peer: event.call.peer.uri };
    case 'sound':
    case 'played':
      return { event: event.kind, call: event.call.id };
    case 'quality':
      return qualityEvent(event.call.id, event.quality, event.call.levels());
    case 'digit':
      return { event: 'digit', call: event.call.id, digit: event.digit };
    case 'held':
    case 'resumed':
      return { event: event.kind, call: event.call.id, by: event.by };
    case 'transferred':
      return { event: 'transferred', call: event.call.id, target: event.target, to: event.to.id };
    case 'ended': {
      const { by, cause, durationMs } = event.end;
      return {
        event: 'ended',
        call: event.call.id,
        by,
        cause: jsonCause(cause),
        durationMs: durationMs === undefined ? null : Math.round(durationMs),
      };
    }
    case 'message':
      return {
        event: 'message',
        from: event.from,
        fromName: event.fromName ?? null,
        text: event.text,
        contentType: event.contentType,
      };
    case 'dropped':
      return { event: 'dropped', why: event.why };
    case 'signalling': {
      const { direction, transport, peer, summary, callId, text, at } = event;
      return { event: 'signalling', direction, transport, peer, summary, callId, text, at };
    }
  }
};

export const jsonCause = <Given extends Cause | undefined>(
  cause: Given,
): Given extends Cause ? JsonCause : JsonCause | null =>
  (cause === undefined
    ? null
    : {
        status: cause.status ?? null,
        what: cause.what,
        next: cause.next,
        retryAfterMs: cause.retryAfterMs ?? null,
      }) as Given extends Cause ? JsonCause : JsonCause | null;
