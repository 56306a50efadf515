import {
  type AgreedStream,
  connectionOf,
  type Direction,
  type DuplicatedSources,
  iceLinesOf,
  type LocalMedia,
  Malformed,
  type MediaCapabilities,
  OfferAnswer,
  parseSdp,
  writeSdp,
} from '@ringdown/sdp';
import type { RemoteIce } from '../way/way.ts';

/** Nothing goes together (488); `why` is a clause. */
export class Unacceptable {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** What an offer of the peer's wants to know of us. */
export interface Consideration {
  /** Its lines of ICE; undefined where it speaks none. */
  readonly ice: RemoteIce | undefined;
  /** Its default destination; undefined where it has none. */
  readonly address: string | undefined;
  readonly port: number;
  /** What it sends twice (RFC 7104). */
  readonly duplication: DuplicatedSources | undefined;
}

export interface NegotiationOptions {
  readonly capabilities: MediaCapabilities;
  readonly sessionId: string;
  /** Whether `a=mid` and BUNDLE are said: trickle ICE needs a name for the stream (RFC 8840 §4.1). */
  readonly bundle: boolean;
}

export const openNegotiation = ({ capabilities, sessionId, bundle }: NegotiationOptions): Negotiation =>
  new Negotiation(
    new OfferAnswer({
      // Addresses stand where they are needed: nothing is told by this line (RFC 8829 §5.2.1).
      origin: { sessionId, address: '0.0.0.0' },
      media: [capabilities],
      bundle,
    }),
  );

/** Offers and answers of one audio stream, as texts. */
export class Negotiation {
  readonly #model: OfferAnswer;

  constructor(model: OfferAnswer) {
    this.#model = model;
  }

  /** The audio that was agreed last. */
  get agreed(): AgreedStream | undefined {
    return this.#model.session?.media.find((one) => one.kind === 'agreed');
  }

  /** @param capabilities what we can do from here on, unless the offer comes to nothing */
  offer(media: LocalMedia, direction: Direction, capabilities?: MediaCapabilities): string {
    const described = this.#model.offer([{ ...media, direction }], capabilities && [capabilities]);
    return writeSdp(described);
  }

  /** An offer of the peer's; `answer` follows, or `rollBack`. */
  consider(text: string): Consideration | Unacceptable {
    const offer = parseSdp(text);
    if (offer instanceof Malformed) return new Unacceptable(`its offer is malformed: ${offer.why}`);
    const verdict = this.#model.receiveOffer(offer);
    if (verdict.kind !== 'considered') return new Unacceptable(verdict.why);
    const audio = verdict.media.find((one) => one.kind === 'acceptable');
    if (audio === undefined) return { ice: undefined, address: undefined, port: 0, duplication: undefined };
    const media = offer.media[audio.bundledWith ?? audio.index]!;
    return {
      ice: audio.ice ? { media: iceLinesOf(media), session: iceLinesOf(offer), mid: audio.mid } : undefined,
      address: connectionOf(offer, media)?.address,
      port: media.port,
      duplication: audio.duplication,
    };
  }

  answer(media: LocalMedia): string | Unacceptable {
    const answer = this.#model.answer([media]);
    if (answer.kind !== 'answered') return new Unacceptable(answer.why);
    return writeSdp(answer.description);
  }

  /** @returns whether anything new was agreed: an answer may come twice */
  takeAnswer(text: string): boolean | Unacceptable {
    const answer = parseSdp(text);
    if (answer instanceof Malformed) return new Unacceptable(`its answer is malformed: ${answer.why}`);
    const verdict = this.#model.receiveAnswer(answer);
    if (verdict instanceof Malformed) return new Unacceptable(verdict.why);
    return verdict.kind === 'agreed';
  }

  rollBack(): void {
    this.#model.rollback();
  }

  /** The same, from here on by itself (RFC 3261 §13.2.2.4). */
  fork(): Negotiation {
    return new Negotiation(this.#model.fork());
  }
}
