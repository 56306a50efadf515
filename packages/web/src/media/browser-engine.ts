import type { MediaAnswer, MediaEvent, MediaRequest, MediaWishes, PhoneMedia } from '@ringdown/user-agent';
import type { BrowserSound } from './browser-sound.ts';
import { PeerSession } from './peer-session.ts';

export interface BrowserEnginePorts {
  answered(id: number, answer: MediaAnswer): void;
  told(event: MediaEvent): void;
}

export interface BrowserEngine extends PhoneMedia<BrowserSound> {
  close(): void;
}

/** A peer connection, and the sessions that hold it: a call and the fork of it that was answered. */
interface Shared {
  readonly peer: PeerSession;
  /** Which session answers now. */
  session: string;
  readonly holders: Set<string>;
  /** What it does, in the order in which it was asked. */
  tail: Promise<void>;
  /** Another fork's answer stands: a later one needs a description of its own. */
  answered: boolean;
}

/** Makes sound of session descriptions with the browser's peer connections (RFC 8829). */
export const createBrowserEngine = (
  configuration: RTCConfiguration,
  defaults: MediaWishes,
  ports: BrowserEnginePorts,
): BrowserEngine => {
  const sessions = new Map<string, Shared>();
  /** Forks whose answer came behind another's. */
  const stranded = new Set<string>();

  const open = (session: string, wishes: MediaWishes | undefined): Shared => {
    const known = sessions.get(session);
    if (known !== undefined) return known;
    const shared: Shared = {
      peer: new PeerSession(configuration, { ...defaults, ...wishes }, (parts) =>
        ports.told({ ...parts, session: shared.session } as MediaEvent),
      ),
      session,
      holders: new Set([session]),
      tail: Promise.resolve(),
      answered: false,
    };
    sessions.set(session, shared);
    return shared;
  };

  const queue = (shared: Shared, action: () => Promise<void>): void => {
    shared.tail = shared.tail.then(action).catch(() => {});
  };

  const answer = (shared: Shared, id: number, action: () => Promise<MediaAnswer>): void =>
    queue(shared, async () => {
      const answered = await action().catch((error: unknown): MediaAnswer => refusal(error));
      if (sessions.has(shared.session)) ports.answered(id, answered);
    });

  const described = async (peer: PeerSession, description: Promise<string>): Promise<MediaAnswer> => ({
    kind: 'described',
    description: await description,
    peerHolds: peer.peerHolds,
  });

  const fork = (session: string, of: string): void => {
    const shared = sessions.get(of);
    if (shared === undefined) return;
    shared.holders.add(session);
    sessions.set(session, shared);
    if (shared.answered) stranded.add(session);
  };

  const takeAnswer = (shared: Shared, session: string, id: number, text: string): void => {
    if (stranded.has(session)) {
      queueMicrotask(() => ports.answered(id, { kind: 'agreed', peerHolds: false }));
      return;
    }
    shared.answered = true;
    shared.session = session;
    answer(shared, id, async () => {
      await shared.peer.takeAnswer(text);
      return { kind: 'agreed', peerHolds: shared.peer.peerHolds };
    });
  };

  const establish = (shared: Shared, session: string, wishes: MediaWishes | undefined): void => {
    shared.session = session;
    queue(shared, () => shared.peer.establish(wishes));
    if (stranded.delete(session))
      ports.told({
        kind: 'restart wanted',
        session,
        why: 'another phone of the same call had answered first',
      });
  };

  const close = (session: string): void => {
    const shared = sessions.get(session);
    sessions.delete(session);
    stranded.delete(session);
    shared?.holders.delete(session);
    if (shared?.holders.size === 0) shared.peer.close();
  };

  /** A browser speaks DTLS-SRTP alone (RFC 8827 §6.5). */
  const refuses = ({ id, wishes }: Extract<MediaRequest, { readonly kind: 'offer' | 'answer' }>): boolean => {
    const allowed = wishes?.security ?? defaults.security;
    if (allowed === undefined || allowed.includes('dtls-srtp')) return false;
    const why = `a browser protects sound by DTLS-SRTP, and only ${allowed.join(' and ')} may be used`;
    queueMicrotask(() => ports.answered(id, { kind: 'failed', status: 488, why }));
    return true;
  };

  const ask = (request: MediaRequest): void => {
    const { session } = request;
    const known = sessions.get(session);
    switch (request.kind) {
      case 'offer': {
        if (refuses(request)) return;
        const shared = open(session, request.wishes);
        answer(shared, request.id, () =>
          described(shared.peer, shared.peer.offer(request.hold, request.restart, request.wishes?.profile)),
        );
        return;
      }
      case 'answer': {
        if (refuses(request)) return;
        const shared = open(session, request.wishes);
        answer(shared, request.id, () =>
          described(shared.peer, shared.peer.answer(request.offer, request.early)),
        );
        return;
      }
      case 'fork':
        fork(session, request.of);
        return;
      case 'close':
        close(session);
        return;
    }
    if (known === undefined) return;
    if (request.kind === 'take answer') takeAnswer(known, session, request.id, request.answer);
    else if (request.kind === 'take fragment') queue(known, () => known.peer.takeFragment(request.fragment));
    else if (request.kind === 'establish') establish(known, session, request.wishes);
    else queue(known, () => known.peer.rollBack());
  };

  return {
    ask,
    mute: (session, isMuted) => sessions.get(session)?.peer.mute(isMuted),
    sendDigits: (session, digits) => sessions.get(session)?.peer.sendDigits(digits) ?? false,
    levels: (session) => sessions.get(session)?.peer.levels(),
    pairs: (session) => sessions.get(session)?.peer.pairs ?? [],
    close: () => {
      for (const session of [...sessions.keys()]) close(session);
    },
  };
};

/** A browser's error: a microphone that may not be had is ours to mend, anything else lies in the descriptions. */
const refusal = (error: unknown): MediaAnswer => {
  const { name = '', message = '' } = error instanceof Error || error instanceof DOMException ? error : {};
  switch (name) {
    case 'NotAllowedError':
      return {
        kind: 'failed',
        status: 500,
        why: 'the browser may not use the microphone: allow it for this page',
      };
    case 'NotFoundError':
      return {
        kind: 'failed',
        status: 500,
        why: 'there is no microphone: plug one in, or give a stream instead',
      };
    case 'NotReadableError':
      return { kind: 'failed', status: 500, why: 'another program holds the microphone' };
    default:
      return {
        kind: 'failed',
        status: 488,
        why: message === '' ? 'the browser takes no such description' : message,
      };
  }
};
