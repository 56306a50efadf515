import { escapeXml, isOpen, PIDF, PIDF_ONLINE, type PidfDocument, type PidfElement } from './pidf.ts';

/**
 * A presence document but for the presentity's URI, which stands between the pieces: each watcher gets the document about
 * the address that it asked for, whatever the publisher called itself.
 */
export type PresenceState = readonly string[];

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const ONLINE = `<pidfonline:online xmlns:pidfonline="${PIDF_ONLINE}"/>`;

/** Nobody published, but a phone is registered: it can be called, and nothing is known of the person. */
const REGISTERED: PresenceState = Object.freeze([
  `${HEAD}<presence xmlns="${PIDF}" entity="`,
  `">\n<tuple id="registered"><status><basic>open</basic>${ONLINE}</status><contact>`,
  '</contact></tuple>\n</presence>\n',
]);

const AWAY: PresenceState = Object.freeze([
  `${HEAD}<presence xmlns="${PIDF}" entity="`,
  '">\n<tuple id="nowhere"><status><basic>closed</basic></status></tuple>\n</presence>\n',
]);

/**
 * What watchers are told of a presentity (RFC 3903 §2, composition).
 *
 * One publication goes on as it was written. Several become one document: every tuple, the open ones first (baresip looks
 * at the first `basic` only), one person and all else, with the namespaces that each had where it was published. What the
 * devices say goes in the order of who is open, then of who said it last: a laptop that is shut after a desk phone told that
 * somebody is there does not make him gone, and the person is who sits at the open one.
 * Without a publication a registered phone counts as open: people see who can be called, also where a phone publishes
 * nothing. An open tuple of a phone that does not know Linphone's `online`, and says of no activity, is given it: Linphone
 * would show everybody else's phone as busy.
 *
 * @param published the most recent first
 * @param isRegistered whether a phone is, and its user does not hide
 * @param maxLength in characters: where all would be longer, the closed and then the oldest publications are left out
 */
export const compose = (
  published: readonly PidfDocument[],
  isRegistered: boolean,
  maxLength: number,
): PresenceState => {
  const [newest, ...older] = published;
  if (newest === undefined) return isRegistered ? REGISTERED : AWAY;
  return older.length === 0 ? alone(newest) : joined(fitting(openFirst(published), maxLength));
};

/** The document as presented to who asked for `uri`. */
export const presentTo = (state: PresenceState, uri: string): string => state.join(escapeXml(uri));

const alone = (document: PidfDocument): PresenceState => {
  const { text, entity, elements } = document;
  let out = '';
  let copied = entity.end;
  for (const element of elements) {
    if (!isPlainlyOpen(document, element)) continue;
    out += text.slice(copied, element.basicEnd) + ONLINE;
    copied = element.basicEnd;
  }
  return [text.slice(0, entity.start), out + text.slice(copied)];
};

const isPlainlyOpen = ({ declaresOnline, hasActivity }: PidfDocument, { basic }: PidfElement): boolean =>
  basic === 'open' && !declaresOnline && !hasActivity;

const openFirst = (published: readonly PidfDocument[]): readonly PidfDocument[] => [
  ...published.filter(isOpen),
  ...published.filter((document) => !isOpen(document)),
];

const fitting = (published: readonly PidfDocument[], maxLength: number): readonly PidfDocument[] => {
  let length = 0;
  return published.filter(({ text }, index) => {
    length += text.length;
    return index === 0 || length <= maxLength;
  });
};

const joined = (published: readonly PidfDocument[]): PresenceState => {
  const declared = new Map<string, string>([['', PIDF]]);
  for (const { declarations } of published) {
    for (const [prefix, uri] of declarations) if (!declared.has(prefix)) declared.set(prefix, uri);
  }
  const joining = new Joining(declared);
  for (const document of published) joining.add(document);
  let head = `${HEAD}<presence`;
  for (const [prefix, uri] of declared) head += declaration(prefix, uri);
  return [`${head} entity="`, `">\n${joining.open}${joining.closed}${joining.rest}</presence>\n`];
};

const declaration = (prefix: string, uri: string): string =>
  prefix === 'xml' || prefix === 'xmlns'
    ? ''
    : ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeXml(uri)}"`;

/** Elements of several documents on their way into one. */
class Joining {
  open = '';
  closed = '';
  rest = '';
  private readonly declared: ReadonlyMap<string, string>;
  private readonly ids = new Set<string>();
  /** The number that the next element of an id gets which has been there already. */
  private readonly next = new Map<string, number>();
  private hasPerson = false;

  constructor(declared: ReadonlyMap<string, string>) {
    this.declared = declared;
  }

  add(document: PidfDocument): void {
    const { hasPerson } = this;
    for (const element of document.elements) {
      if (element.kind === 'person') {
        if (hasPerson) continue;
        this.hasPerson = true;
      }
      const written = `${this.write(document, element)}\n`;
      if (element.kind !== 'tuple') this.rest += written;
      else if (element.basic === 'open') this.open += written;
      else this.closed += written;
    }
  }

  private write(document: PidfDocument, element: PidfElement): string {
    const { text } = document;
    const { start, end, nameEnd, id, basicEnd } = element;
    let out = text.slice(start, nameEnd) + this.declarations(document, element);
    let copied = nameEnd;
    if (id !== undefined) {
      out += text.slice(copied, id.start) + this.unique(text.slice(id.start, id.end));
      copied = id.end;
    }
    if (isPlainlyOpen(document, element)) {
      out += text.slice(copied, basicEnd) + ONLINE;
      copied = basicEnd;
    }
    return out + text.slice(copied, end);
  }

  /** Ids are unique within a document (RFC 3863 §4.1.2), but two phones may have chosen the same. */
  private unique(id: string): string {
    let number = this.next.get(id) ?? 1;
    let chosen = number === 1 ? id : `${id}-${number}`;
    while (this.ids.has(chosen)) chosen = `${id}-${++number}`;
    this.ids.add(chosen);
    this.next.set(id, number + 1);
    return chosen;
  }

  /** The namespaces that stood around the element and do not stand around it here. */
  private declarations({ declarations }: PidfDocument, { prefixes }: PidfElement): string {
    let out = '';
    for (const [prefix, uri] of declarations) {
      if (this.declared.get(prefix) !== uri && !prefixes.includes(prefix)) out += declaration(prefix, uri);
    }
    if (!declarations.has('') && !prefixes.includes('')) out += ' xmlns=""';
    return out;
  }
}
