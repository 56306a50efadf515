import { Malformed, OfferAnswer, parseSdp, receives, writeSdp } from '@ringdown/sdp';
import type {
  MediaAnswer,
  MediaEngine,
  MediaRequest,
  MediaSecurity,
  MediaWishes,
} from '@ringdown/user-agent';

const transport = {
  address: '203.0.113.200',
  port: 40_000,
  fingerprints: [{ hash: 'sha-256', value: Array(32).fill('AB').join(':') }],
  keys: { AES_CM_128_HMAC_SHA1_80: 'A'.repeat(40), AES_CM_128_HMAC_SHA1_32: 'B'.repeat(40) },
};

type AnsweredRequest = Extract<MediaRequest, { readonly id: number }>;

/** A media engine without sound: real offers and answers, and what came of them. */
export class MemoryMedia implements MediaEngine {
  readonly sessions = new Map<string, OfferAnswer>();
  readonly requests: MediaRequest[] = [];
  /** How packets may be protected where nothing is wished for. */
  security: readonly MediaSecurity[] = ['none'];
  /** Why nothing can be described. */
  fails: string | undefined;
  /** Whether what is asked waits until it catches up. */
  isSlow = false;
  #waiting: AnsweredRequest[] = [];
  readonly #answers: (id: number, answer: MediaAnswer) => void;

  constructor(answers: (id: number, answer: MediaAnswer) => void) {
    this.#answers = answers;
  }

  ask(request: MediaRequest): void {
    this.requests.push(request);
    const known = this.sessions.get(request.session);
    switch (request.kind) {
      case 'close':
        this.sessions.delete(request.session);
        this.#forget(request.session);
        break;
      case 'roll back':
        this.#forget(request.session);
        if (known !== undefined && known.state !== 'stable') known.rollback();
        break;
      case 'fork':
        this.sessions.set(request.session, this.sessions.get(request.of)!.fork());
        break;
      case 'offer':
      case 'answer':
      case 'take answer':
        if (this.isSlow) this.#waiting.push(request);
        else this.#answers(request.id, this.#answer(request, known ?? this.#open(request)));
    }
  }

  /** Does what waits. */
  catchesUp(): void {
    this.isSlow = false;
    for (const request of this.#waiting.splice(0))
      this.#answers(
        request.id,
        this.#answer(request, this.sessions.get(request.session) ?? this.#open(request)),
      );
  }

  #forget(session: string): void {
    this.#waiting = this.#waiting.filter((request) => request.session !== session);
  }

  #open(request: AnsweredRequest): OfferAnswer {
    const security = this.#securityOf(request);
    const session = new OfferAnswer({
      origin: { sessionId: '1', address: transport.address },
      media: [
        {
          media: 'audio',
          codecs: [{ name: 'PCMA', clockRateHz: 8_000, channels: 1, parameters: '' }],
          security,
          opportunistic: security.some((one) => one !== 'none'),
          feedback: security.every((one) => one === 'dtls-srtp'),
        },
      ],
    });
    this.sessions.set(request.session, session);
    return session;
  }

  #securityOf(request: AnsweredRequest): readonly MediaSecurity[] {
    const wishes: MediaWishes | undefined = 'wishes' in request ? request.wishes : undefined;
    return wishes?.security ?? this.security;
  }

  #answer(request: AnsweredRequest, session: OfferAnswer): MediaAnswer {
    if (this.fails !== undefined) return { kind: 'failed', status: 500, why: this.fails };
    switch (request.kind) {
      case 'offer': {
        const offer = session.offer([{ transport, direction: request.hold ? 'sendonly' : 'sendrecv' }]);
        const security = this.#securityOf(request);
        const otherwise = security.includes('none') && security.length > 1 ? security : security.slice(1);
        return { kind: 'described', description: writeSdp(offer), peerHolds: false, otherwise };
      }
      case 'answer': {
        const offer = parseSdp(request.offer);
        if (offer instanceof Malformed) return { kind: 'failed', status: 488, why: offer.why };
        const verdict = session.receiveOffer(offer);
        if (verdict.kind !== 'considered') return { kind: 'failed', status: 488, why: verdict.why };
        const answer = session.answer([{ transport }]);
        if (answer.kind !== 'answered') return { kind: 'failed', status: 488, why: answer.why };
        return { kind: 'described', description: writeSdp(answer.description), peerHolds: isHeld(session) };
      }
      case 'take answer': {
        const answer = parseSdp(request.answer);
        if (answer instanceof Malformed) return { kind: 'failed', status: 488, why: answer.why };
        const verdict = session.receiveAnswer(answer);
        if (verdict instanceof Malformed) return { kind: 'failed', status: 488, why: verdict.why };
        return { kind: 'agreed', peerHolds: isHeld(session) };
      }
    }
  }
}

/** Whether nothing of ours is wanted. An agreed direction is ours; our own hold does not count. */
const isHeld = (session: OfferAnswer): boolean => {
  const [media] = session.session?.media ?? [];
  if (media?.kind !== 'agreed') return false;
  return receives(media.direction) ? media.direction === 'recvonly' : media.direction === 'inactive';
};
