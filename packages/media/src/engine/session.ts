import type { CryptoSuite, LocalMedia, LocalTransport, MediaCapabilities } from '@ringdown/sdp';
import {
  type Levels,
  type MediaAnswer,
  type MediaRequest,
  type MediaWishes,
  MOST_COPY_DELAY_MS,
  type PairRow,
} from '@ringdown/user-agent';
import type { NodeSound } from '../audio/sound.ts';
import type { GivenSounds } from '../stream/given-sound.ts';
import { describedSource, drawSource } from '../stream/own-source.ts';
import { CallSound } from '../stream/sound-ends.ts';
import { ICE_MISMATCH, isIceMismatch } from '../way/ice-mismatch.ts';
import { SharedWay } from '../way/shared-way.ts';
import type { RemoteIce, Way } from '../way/way.ts';
import { capabilitiesOf } from './capabilities.ts';
import { located } from './located.ts';
import { MediaFlow } from './media-flow.ts';
import { type Negotiation, openNegotiation, Unacceptable } from './negotiation.ts';
import { offeredProfile } from './offered-profile.ts';
import type { EngineParts, Told } from './parts.ts';
import { otherSecurity, type SessionTerms, termsOf } from './terms.ts';
import { openWay, type WayNeeds } from './ways.ts';

type Request<Kind extends MediaRequest['kind']> = Extract<MediaRequest, { readonly kind: Kind }>;

/** Everything that stands from the first request of a session on. */
interface Begun {
  /** Of a later offer: they hold when it is agreed upon. */
  terms: SessionTerms;
  readonly negotiation: Negotiation;
  readonly keys: Readonly<Partial<Record<CryptoSuite, string>>> | undefined;
  /** Undefined until the way is chosen. */
  flow: MediaFlow | undefined;
}

export interface SessionUser {
  answered(id: number, answer: MediaAnswer): void;
  told(told: Told): void;
}

/** One session of the engine: its requests are carried out one after the other. */
export class Session {
  readonly #parts: Promise<EngineParts>;
  readonly #user: SessionUser;
  readonly #sounds: GivenSounds;
  readonly #sound: CallSound;
  #begun: Begun | undefined;
  #last: Promise<void> = Promise.resolve();
  /** Whether our offer that waits, or what holds, lets the peer wait. */
  #isHolding = false;
  #wasHolding = false;
  /** What held before our offer that waits. */
  #termsBefore: SessionTerms | undefined;
  #isEarly = false;
  #isMuted = false;
  #isClosed = false;

  constructor(
    parts: Promise<EngineParts>,
    user: SessionUser,
    sounds: GivenSounds,
    begun?: Begun & { readonly sound: CallSound },
  ) {
    this.#parts = parts;
    this.#user = user;
    this.#sounds = sounds;
    this.#sound = begun?.sound ?? new CallSound(sounds);
    this.#begun = begun;
  }

  ask(request: Exclude<MediaRequest, { kind: 'fork' | 'close' }>): void {
    // At once: what it belonged to until now may be closed next.
    if ('wishes' in request && request.wishes?.sound !== undefined && !this.#isClosed)
      this.#sound.give(request.wishes.sound as NodeSound);
    this.#last = this.#last.then(async () => {
      try {
        const parts = await this.#parts;
        if (!this.#isClosed) await this.#carryOut(request, parts);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if ('id' in request) this.#answer(request.id, { kind: 'failed', status: 500, why });
      }
    });
  }

  /** A session that begins where this one stands. */
  fork(user: SessionUser): Session {
    const begun = this.#begun;
    if (begun?.flow === undefined) return new Session(this.#parts, user, this.#sounds);
    const { terms, keys } = begun;
    const sound = this.#sound.hold();
    const flow = begun.flow.fork(user.told);
    const negotiation = begun.negotiation.fork();
    return new Session(this.#parts, user, this.#sounds, { terms, keys, sound, flow, negotiation });
  }

  mute(isMuted: boolean): void {
    this.#isMuted = isMuted;
    this.#begun?.flow?.mute(isMuted);
  }

  sendDigits(digits: string): boolean {
    return this.#begun?.flow?.sendDigits(digits) ?? false;
  }

  levels(): Levels | undefined {
    return this.#begun?.flow?.levels();
  }

  pairs(): readonly PairRow[] {
    return this.#begun?.flow?.pairs() ?? [];
  }

  /** At once, whatever is under way. Resolves when everything is given back. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const begun = this.#begun;
    await (begun?.flow === undefined ? this.#sound.release() : begun.flow.close());
  }

  async #carryOut(
    request: Exclude<MediaRequest, { kind: 'fork' | 'close' }>,
    parts: EngineParts,
  ): Promise<void> {
    switch (request.kind) {
      case 'offer':
        return this.#offer(request, parts);
      case 'answer':
        return this.#answerTo(request, parts);
      case 'take answer':
        return this.#takeAnswer(request, parts);
      case 'take fragment':
        this.#begun?.flow?.takeFragment(request.fragment);
        return;
      case 'establish':
        this.#establish();
        return;
      case 'roll back':
        this.#begun?.negotiation.rollBack();
        this.#isHolding = this.#wasHolding;
        this.#restoreTerms();
    }
  }

  async #offer({ id, hold, restart, wishes }: Request<'offer'>, parts: EngineParts): Promise<void> {
    const isLater = this.#begun !== undefined;
    const begun = this.#begin(wishes, parts);
    const capabilities = isLater && wishes !== undefined ? this.#adapt(begun, wishes, parts) : undefined;
    const needs = { ice: begun.terms.ice, controlling: true, toward: undefined };
    if (restart) begun.flow?.restart(() => this.#open(begun, needs, parts));
    const transport = await this.#transport(begun, needs, parts);
    if (this.#isClosed) return;
    const { duplicate } = begun.terms;
    const inUse = begun.negotiation.agreed?.duplication?.local?.delayMs;
    const source = this.#source(begun, duplicate === false ? undefined : (duplicate?.delayMs ?? inUse));
    const direction = hold ? 'sendonly' : 'sendrecv';
    const description = begun.negotiation.offer({ transport, ...source }, direction, capabilities);
    this.#wasHolding = this.#isHolding;
    this.#isHolding = hold;
    const otherwise = begun.negotiation.agreed === undefined ? otherSecurity(begun.terms) : [];
    this.#answer(id, { kind: 'described', description, peerHolds: this.#isHeld(begun), otherwise });
  }

  async #answerTo({ id, offer, early, wishes }: Request<'answer'>, parts: EngineParts): Promise<void> {
    const begun = this.#begin(wishes, parts, offer);
    const considered = begun.negotiation.consider(offer);
    if (considered instanceof Unacceptable) {
      this.#refuse(id, considered);
      return;
    }
    const { ice, address, port, duplication } = considered;
    const isMismatch = ice !== undefined && isIceMismatch(ice, address, port);
    const remote = begun.terms.ice && !isMismatch ? ice : undefined;
    const needs = { ice: remote !== undefined, controlling: false, toward: address };
    try {
      const found = await this.#transport(begun, needs, parts, remote);
      if (this.#isClosed) return;
      const transport: LocalTransport = isMismatch ? { ...found, ice: [ICE_MISMATCH] } : found;
      const source = this.#source(begun, this.#answeredDelayMs(begun, duplication?.delayMs));
      const description = begun.negotiation.answer({ transport, ...source });
      if (description instanceof Unacceptable) {
        this.#refuse(id, description);
        return;
      }
      this.#isEarly ||= early;
      if (!early) this.#isEarly = false;
      await this.#agree(begun, parts);
      this.#answer(id, { kind: 'described', description, peerHolds: this.#isHeld(begun) });
    } catch (error) {
      begun.negotiation.rollBack();
      throw error;
    }
  }

  async #takeAnswer({ id, answer }: Request<'take answer'>, parts: EngineParts): Promise<void> {
    const begun = this.#begun;
    if (begun === undefined) throw new Error('there was no offer');
    const taken = begun.negotiation.takeAnswer(answer);
    if (taken instanceof Unacceptable) {
      this.#refuse(id, taken);
      return;
    }
    if (begun.negotiation.agreed === undefined) {
      this.#refuse(id, new Unacceptable('its answer takes no sound'));
      return;
    }
    this.#termsBefore = undefined;
    if (taken) await this.#agree(begun, parts);
    this.#answer(id, { kind: 'agreed', peerHolds: this.#isHeld(begun) });
  }

  /**
   * What the call is made for may change while it goes on; how it is protected and which way it goes is agreed.
   *
   * @returns what we can do then
   */
  #adapt(begun: Begun, wishes: MediaWishes, { codecs }: EngineParts): MediaCapabilities {
    const { profile = begun.terms.profile, duplicate } = wishes;
    this.#termsBefore = begun.terms;
    begun.terms = { ...begun.terms, profile, ...(duplicate === undefined ? {} : { duplicate }) };
    return capabilitiesOf(profile, begun.terms.security, codecs);
  }

  #restoreTerms(): void {
    if (this.#begun !== undefined && this.#termsBefore !== undefined) this.#begun.terms = this.#termsBefore;
    this.#termsBefore = undefined;
  }

  #establish(): void {
    this.#isEarly = false;
    this.#begun?.flow?.establish();
  }

  async #agree({ terms, negotiation, flow }: Begun, { ports }: EngineParts): Promise<void> {
    const { agreed } = negotiation;
    this.#wasHolding = this.#isHolding;
    if (agreed === undefined || flow === undefined) return;
    const place = await located(agreed, ports.resolve);
    if (this.#isClosed) return;
    if (place === undefined)
      throw new Error(`the name ${agreed.remote.rtp.address} of the peer has no address`);
    flow.adapt(terms);
    flow.agree(place, this.#isHolding);
    flow.mute(this.#isMuted);
    if (!this.#isEarly) flow.listen();
  }

  /** @param offer the peer's, where it is the first word */
  #begin(wishes: MediaWishes = {}, parts: EngineParts, offer?: string): Begun {
    const known = this.#begun;
    if (known !== undefined) return known;
    const { settings, ports, codecs } = parts;
    const terms = termsOf(wishes, settings, ports, offer === undefined ? undefined : offeredProfile(offer));
    const negotiation = openNegotiation({
      capabilities: capabilitiesOf(terms.profile, terms.security, codecs),
      sessionId: String(1 + Math.floor(ports.random.fraction() * 2 ** 52)),
      bundle: terms.ice,
    });
    const keys = terms.security.includes('sdes') ? ports.sdes?.keys() : undefined;
    this.#begun = { terms, negotiation, keys, flow: undefined };
    return this.#begun;
  }

  #open({ terms }: Begun, needs: WayNeeds, parts: EngineParts): SharedWay<Way> {
    return new SharedWay((user) => openWay(needs, terms, parts, user));
  }

  /** What the description says of us: the way is looked for at first, and where it is to be another. */
  async #transport(
    begun: Begun,
    needs: WayNeeds,
    parts: EngineParts,
    remote?: RemoteIce,
  ): Promise<LocalTransport> {
    begun.flow ??= new MediaFlow(
      begun.terms,
      parts,
      { way: this.#open(begun, needs, parts), sound: this.#sound, source: drawSource(parts.ports.random) },
      (told) => this.#user.told(told),
    );
    if (remote !== undefined) begun.flow.expect(remote);
    const { way } = begun.flow.way;
    const why = await way.ready();
    if (why !== undefined) throw new Error(why);
    const { address, port, ice } = way.describe();
    const { dtls } = parts.ports;
    return {
      address,
      port,
      // Whoever does not know rtcp-mux is told that there is one port all the same (RFC 3605).
      rtcp: { port },
      ...(ice === undefined ? {} : { ice }),
      ...(dtls === undefined ? {} : { fingerprints: [dtls.identity.fingerprint] }),
      ...(begun.keys === undefined ? {} : { keys: begun.keys }),
    };
  }

  /** Copies are answered with copies, unless that is not wanted: who offers them knows what they are. */
  #answeredDelayMs({ terms }: Begun, offeredMs: number | undefined): number | undefined {
    const { duplicate } = terms;
    if (duplicate === false || offeredMs === undefined) return undefined;
    return duplicate?.delayMs ?? Math.min(offeredMs, MOST_COPY_DELAY_MS);
  }

  #source({ flow }: Begun, copyDelayMs: number | undefined): Pick<LocalMedia, 'source'> {
    return flow === undefined ? {} : { source: describedSource(flow.source, copyDelayMs) };
  }

  #isHeld({ negotiation }: Begun): boolean {
    return negotiation.agreed?.isHeldByPeer === true;
  }

  #refuse(id: number, { why }: Unacceptable): void {
    this.#answer(id, { kind: 'failed', status: 488, why });
  }

  #answer(id: number, answer: MediaAnswer): void {
    if (!this.#isClosed) this.#user.answered(id, answer);
  }
}
