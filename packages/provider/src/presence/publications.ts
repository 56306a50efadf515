import type { Random, Text, Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import {
  ContentEncoding,
  ContentType,
  flowKey,
  Malformed,
  SipIfMatch,
  type SipRequest,
  Via,
} from '@ringdown/sip';
import { type Authenticated, refuse, type Verdict } from '../incoming.ts';
import type { StoredBinding } from '../location/binding-store.ts';
import { deviceTag } from '../location/device.ts';
import { grantedSeconds, type PresenceExpiry } from './expiry.ts';
import { isOpen, type PidfDocument, readPidf } from './pidf.ts';

export interface PublicationLimits extends PresenceExpiry {
  /** A larger document gets 413. */
  readonly maxDocumentBytes: number;
  /** In all; one more gets 503. */
  readonly maxPublications: number;
  /** Of one user; with one more, the one that was published longest ago goes, so that a phone never locks itself out. */
  readonly maxPublicationsPerUser: number;
}

export interface PublicationPorts {
  readonly timers: Timers;
  readonly random: Random;
  readonly text: Text;
}

export const PIDF_TYPE = 'application/pidf+xml';
/** Long enough that none ever comes twice (RFC 3903 §8.3). */
const ENTITY_TAG_LENGTH = 16;
const RETRY_AFTER_SECONDS = '60';

/** Who is registered for an address-of-record. */
type RegisteredPhones = readonly Pick<StoredBinding, 'key' | 'flow'>[];

/** What a PUBLISH brings, and from where. */
interface Published {
  readonly aor: string;
  readonly source: string | undefined;
  readonly document: PidfDocument;
  readonly device: string | undefined;
}

/** The event state that one phone published, until it expires. */
class Publication implements TimerTarget {
  readonly aor: string;
  /** The key of the flow that its phone publishes over; undefined behind a proxy, where phones share one. */
  source: string | undefined;
  /** The tag of the device that publishes, where it is registered over the flow that it publishes over. */
  device: string | undefined;
  tag: string;
  document: PidfDocument;
  timer: Timer;
  private readonly owner: Publications;

  constructor(owner: Publications, published: Published, tag: string, expiresMs: number) {
    this.owner = owner;
    this.aor = published.aor;
    this.source = published.source;
    this.device = published.device;
    this.tag = tag;
    this.document = published.document;
    this.timer = owner.timers.start(this, 'expired', expiresMs);
  }

  keep(expiresMs: number): void {
    this.owner.timers.stop(this.timer);
    this.timer = this.owner.timers.start(this, 'expired', expiresMs);
  }

  timerFired(): void {
    this.owner.expired(this);
  }
}

/** The tag of the device that registered over the flow that it publishes over. */
const deviceOn = (source: string | undefined, phones: RegisteredPhones): string | undefined => {
  const phone = source === undefined ? undefined : phones.find(({ flow }) => flow === source);
  return phone === undefined ? undefined : deviceTag(phone);
};

const isThere = (device: string, phones: RegisteredPhones): boolean =>
  phones.some((phone) => deviceTag(phone) === device);

const NONE: readonly Publication[] = Object.freeze([]);

/** The event state compositor of RFC 3903 §6, for the package presence: who publishes what is known when it is asked. */
export class Publications {
  readonly timers: Timers;
  /** By address-of-record, the most recently changed first. */
  private readonly table = new Map<string, readonly Publication[]>();
  /** Who took back all that was published: the tag of the device that did, undefined where it is not known. */
  private readonly withdrawn = new Map<string, string | undefined>();
  private readonly random: Random;
  private readonly text: Text;
  private readonly limits: PublicationLimits;
  private readonly changed: (aor: string) => void;
  private count = 0;

  /** @param changed called behind each change of what is published for an address-of-record */
  constructor(limits: PublicationLimits, ports: PublicationPorts, changed: (aor: string) => void) {
    this.limits = limits;
    this.timers = ports.timers;
    this.random = ports.random;
    this.text = ports.text;
    this.changed = changed;
  }

  get size(): number {
    return this.count;
  }

  /**
   * What is published for an address-of-record, the most recently changed first. A phone that is gone without a word, as one whose
   * connection broke, does not make its user open: what it published counts again when it is back.
   *
   * @param phones those of it that are registered
   */
  of(aor: string, phones: RegisteredPhones): readonly PidfDocument[] {
    return (this.table.get(aor) ?? NONE)
      .filter(({ document, device }) => device === undefined || !isOpen(document) || isThere(device, phones))
      .map(({ document }) => document);
  }

  /**
   * Whether a phone took back the last publication of a user and is registered still: Linphone says so that its user is not
   * to be seen. One that quits takes it back as well, and the phones that stay are to be seen then.
   */
  hasWithdrawn(aor: string): boolean {
    return this.withdrawn.has(aor);
  }

  /** Phones of an address-of-record have come or gone: where the one that hid it is gone, it is hidden no more. */
  registrationChanged(aor: string, phones: RegisteredPhones): void {
    for (const publication of this.table.get(aor) ?? NONE)
      publication.device ??= deviceOn(publication.source, phones);
    if (!this.withdrawn.has(aor)) return;
    const device = this.withdrawn.get(aor);
    if (device === undefined ? phones.length === 0 : !isThere(device, phones)) this.withdrawn.delete(aor);
  }

  /**
   * Carries out a PUBLISH of presence for an address-of-record that its sender owns (§6 steps 3 to 6).
   *
   * @param phones those of it that are registered
   */
  publish(
    aor: string,
    { request, flow }: Pick<Authenticated, 'request' | 'flow'>,
    phones: RegisteredPhones,
  ): Verdict {
    const source = request.count(Via.header) > 1 ? undefined : flowKey(flow);
    const known = this.precondition(aor, request);
    if (known !== undefined && 'kind' in known) return known;
    const seconds = grantedSeconds(request, this.limits);
    if (typeof seconds !== 'number') return seconds;
    if (known !== undefined && seconds === 0) {
      this.remove(known);
      if (phones.length > 0 && !this.table.has(aor)) this.withdrawn.set(aor, deviceOn(source, phones));
      this.changed(aor);
      return this.accept(this.newTag(), 0);
    }
    const document = request.body.length === 0 ? undefined : this.read(request);
    if (document !== undefined && 'kind' in document) return document;
    if (known !== undefined) {
      known.source = source;
      known.device = deviceOn(source, phones) ?? known.device;
      return this.update(known, document, seconds);
    }
    if (document === undefined) return refuse(400, 'a first publication without a presence document');
    return this.begin({ aor, source, document, device: deviceOn(source, phones) }, seconds);
  }

  /** Ends all that is published for an address-of-record, without telling of it. */
  forget(aor: string): void {
    this.withdrawn.delete(aor);
    for (const publication of this.table.get(aor) ?? NONE) this.remove(publication);
  }

  /** A publication's time is over. */
  expired(publication: Publication): void {
    this.remove(publication);
    this.changed(publication.aor);
  }

  /** The publication that SIP-If-Match names; undefined where the header is absent (§6 step 3). */
  private precondition(aor: string, request: SipRequest): Publication | Verdict | undefined {
    const lines = request.count(SipIfMatch.header);
    if (lines === 0) return undefined;
    const tag = request.get(SipIfMatch);
    if (lines > 1 || tag === undefined) return refuse(400, 'SIP-If-Match is not one entity-tag');
    const known = this.table.get(aor)?.find((publication) => publication.tag === tag);
    return known ?? refuse(412, `nothing is published under entity-tag ${tag}`);
  }

  private read(request: SipRequest): PidfDocument | Verdict {
    const { maxDocumentBytes } = this.limits;
    const type = request.get(ContentType);
    if (type === undefined) return refuse(400, 'a body without a Content-Type');
    if (type.value.replace(/\s/g, '').toLowerCase() !== PIDF_TYPE)
      return refuse(415, `presence is not ${type.value}`, [['Accept', PIDF_TYPE]]);
    const encoding = request.get(ContentEncoding)?.toLowerCase();
    if (encoding !== undefined && encoding !== 'identity')
      return refuse(415, `the content encoding ${encoding}`, [['Accept-Encoding', 'identity']]);
    if (request.body.length > maxDocumentBytes)
      return refuse(413, `the presence document has ${request.body.length} bytes`);
    const document = readPidf(request.body, this.text);
    return document instanceof Malformed ? refuse(400, document.why) : document;
  }

  /** Refreshes a publication, or modifies it where a document came. Phones that send the same again change nothing. */
  private update(known: Publication, document: PidfDocument | undefined, seconds: number): Verdict {
    known.tag = this.newTag();
    known.keep(seconds * 1000);
    if (document !== undefined && document.text !== known.document.text) {
      known.document = document;
      const others = (this.table.get(known.aor) ?? NONE).filter((other) => other !== known);
      this.table.set(known.aor, [known, ...others]);
      this.changed(known.aor);
    }
    return this.accept(known.tag, seconds);
  }

  private begin(published: Published, seconds: number): Verdict {
    const { aor } = published;
    const tag = this.newTag();
    if (seconds === 0) return this.accept(tag, 0);
    const replaced = this.replacedBy(published);
    if (replaced !== undefined) this.remove(replaced);
    if (this.count >= this.limits.maxPublications)
      return refuse(503, `${this.count} publications are kept, which is the limit`, [
        ['Retry-After', RETRY_AFTER_SECONDS],
      ]);
    const publication = new Publication(this, published, tag, seconds * 1000);
    this.table.set(aor, [publication, ...(this.table.get(aor) ?? NONE)]);
    this.withdrawn.delete(aor);
    this.count++;
    this.changed(aor);
    return this.accept(tag, seconds);
  }

  /**
   * A phone that publishes anew over its flow has forgotten its entity-tag (baresip does so when it starts, and takes back
   * the last only); at the limit it is whatever changed longest ago.
   */
  private replacedBy({ aor, source }: Published): Publication | undefined {
    const present = this.table.get(aor) ?? NONE;
    const own = source === undefined ? undefined : present.find((known) => known.source === source);
    return own ?? (present.length >= this.limits.maxPublicationsPerUser ? present.at(-1) : undefined);
  }

  private remove(publication: Publication): void {
    const { aor } = publication;
    this.timers.stop(publication.timer);
    const others = (this.table.get(aor) ?? NONE).filter((other) => other !== publication);
    if (others.length === 0) this.table.delete(aor);
    else this.table.set(aor, others);
    this.count--;
  }

  private newTag(): string {
    return this.random.token(ENTITY_TAG_LENGTH);
  }

  private accept(tag: string, seconds: number): Verdict {
    return {
      kind: 'respond',
      status: 200,
      headers: [
        ['Expires', String(seconds)],
        ['SIP-ETag', tag],
      ],
    };
  }
}
