import type { Text } from '@ringdown/sans-io';
import { Malformed } from '@ringdown/sip';
import { SaxesParser, type SaxesTagNS } from 'saxes';

/** Namespaces of RFC 3863, 4479 and 4480, and Linphone's. */
export const PIDF = 'urn:ietf:params:xml:ns:pidf';
export const DATA_MODEL = 'urn:ietf:params:xml:ns:pidf:data-model';
export const RPID = 'urn:ietf:params:xml:ns:pidf:rpid';
/** Linphone's: an open tuple with `online` is somebody at the phone; without, somebody who is busy. */
export const PIDF_ONLINE = 'http://www.linphone.org/xsds/pidfonline.xsd';

/** RFC 3863 §4.1.4. */
export type Basic = 'open' | 'closed';

/** A piece of a document's text; `end` is behind it. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A child of `presence`. */
export interface PidfElement extends Range {
  readonly kind: 'tuple' | 'person' | 'other';
  /** The end of its name in its start tag: attributes can be written there. */
  readonly nameEnd: number;
  /** The value of its `id`, without the quotes. */
  readonly id: Range | undefined;
  /** Prefixes that it declares itself; the empty one is the default namespace. */
  readonly prefixes: readonly string[];
  /** What the status of a tuple says; undefined where it says neither. */
  readonly basic: Basic | undefined;
  /** The end of the element `basic`. */
  readonly basicEnd: number;
}

/**
 * A presence document (RFC 3863) that keeps its text: what was published goes on as it was written, so all that is known
 * of it is where its parts stand.
 */
export interface PidfDocument {
  readonly text: string;
  /** The value of the attribute `entity`, without the quotes. */
  readonly entity: Range;
  /** Namespaces that the root declares, by prefix; the empty one is the default. */
  readonly declarations: ReadonlyMap<string, string>;
  readonly elements: readonly PidfElement[];
  /** Whether it declares {@link PIDF_ONLINE}: then it says itself whether somebody is online. */
  readonly declaresOnline: boolean;
  /** Whether it says what the person does (RFC 4480 §3.2), apart from `unknown`. */
  readonly hasActivity: boolean;
}

/** Whether one of its tuples says so (RFC 3863 §4.1.4). */
export const isOpen = ({ elements }: PidfDocument): boolean => elements.some(({ basic }) => basic === 'open');

/** Deeper than any presence extension goes. */
const MAX_DEPTH = 24;

/**
 * Reads a presence document: UTF-8 (as RFC 3863 §4.1 has it) without a document type, so that no entity is ever expanded.
 *
 * @returns Malformed where it is no XML, no PIDF or says nothing of whom it is about.
 */
export const readPidf = (bytes: Uint8Array, text: Text): PidfDocument | Malformed => {
  const written = text.utf8(bytes);
  if (!isUtf8(bytes, written, text)) return new Malformed('the presence document is not UTF-8');
  const reading = new Reading(written);
  try {
    return reading.read();
  } catch (error) {
    return new Malformed(`the presence document cannot be read: ${(error as Error).message}`);
  }
};

/** A decoder that drops a byte order mark does no harm to the text. */
const isUtf8 = (bytes: Uint8Array, written: string, text: Text): boolean => {
  if (!written.includes('\ufffd')) return true;
  const again = text.utf8Bytes(written);
  const dropped = bytes.length - again.length;
  return (dropped === 0 || dropped === 3) && again.every((byte, index) => byte === bytes[index + dropped]);
};

interface OpenElement {
  kind: PidfElement['kind'];
  start: number;
  nameEnd: number;
  id: Range | undefined;
  prefixes: string[];
  basic: Basic | undefined;
  basicEnd: number;
}

/** One pass over a document. What it throws is the peer's fault: `readPidf` makes it a value. */
class Reading {
  private readonly text: string;
  private readonly parser = new SaxesParser({ xmlns: true });
  private readonly path: string[] = [];
  private readonly elements: PidfElement[] = [];
  private readonly ids = new Map<string, Range>();
  private tagStart = 0;
  private entity: Range | undefined = undefined;
  private declarations = new Map<string, string>();
  private declaresOnline = false;
  private hasActivity = false;
  private element: OpenElement | undefined = undefined;
  private basic = '';

  constructor(text: string) {
    this.text = text;
  }

  read(): PidfDocument {
    const { parser } = this;
    parser.on('doctype', () => {
      throw new Error('a document type may not stand in it');
    });
    parser.on('opentagstart', () => {
      this.tagStart = this.text.lastIndexOf('<', parser.position - 1);
      this.ids.clear();
    });
    parser.on('attribute', ({ name }) => {
      if (name === 'id' || name === 'entity') this.ids.set(name, this.attributeValue());
    });
    parser.on('opentag', (tag) => this.opened(tag));
    parser.on('text', (text) => this.said(text));
    parser.on('cdata', (text) => this.said(text));
    parser.on('closetag', () => this.closed());
    parser.write(this.text).close();
    if (this.entity === undefined) throw new Error('it does not name its entity');
    const { text, entity, declarations, elements, declaresOnline, hasActivity } = this;
    return { text, entity, declarations, elements, declaresOnline, hasActivity };
  }

  /** The value of the attribute that the parser stands behind. */
  private attributeValue(): Range {
    const end = this.parser.position - 1;
    return { start: this.text.lastIndexOf(this.text[end]!, end - 1) + 1, end };
  }

  private opened(tag: SaxesTagNS): void {
    const { path } = this;
    if (path.length === MAX_DEPTH) throw new Error(`its elements are nested more than ${MAX_DEPTH} deep`);
    const name = `${tag.uri} ${tag.local}`;
    if (Object.values(tag.ns).includes(PIDF_ONLINE)) this.declaresOnline = true;
    if (path.length === 0) this.openRoot(name, tag);
    else if (path.length === 1) this.openElement(name, tag);
    else if (this.isBasic(name)) this.basic = '';
    if (path.at(-1) === `${RPID} activities` && tag.local !== 'unknown') this.hasActivity = true;
    path.push(name);
  }

  private openRoot(name: string, tag: SaxesTagNS): void {
    if (name !== `${PIDF} presence`) throw new Error(`its root is no presence of ${PIDF}`);
    this.entity = this.ids.get('entity');
    this.declarations = new Map(Object.entries(tag.ns));
  }

  private openElement(name: string, tag: SaxesTagNS): void {
    const start = this.tagStart;
    this.element = {
      kind: name === `${PIDF} tuple` ? 'tuple' : name === `${DATA_MODEL} person` ? 'person' : 'other',
      start,
      nameEnd: start + 1 + tag.name.length,
      id: this.ids.get('id'),
      prefixes: Object.keys(tag.ns),
      basic: undefined,
      basicEnd: 0,
    };
  }

  /** Whether an element of that name at this place is the basic status of a tuple. */
  private isBasic(name: string): boolean {
    const { path } = this;
    return (
      name === `${PIDF} basic` &&
      path.length === 3 &&
      path[2] === `${PIDF} status` &&
      this.element?.kind === 'tuple'
    );
  }

  private said(text: string): void {
    if (this.path.length === 4 && this.path[3] === `${PIDF} basic`) this.basic += text;
  }

  private closed(): void {
    const { path, element } = this;
    const name = path.pop()!;
    const end = this.parser.position;
    if (element === undefined) return;
    if (path.length === 1) {
      this.elements.push({ ...element, end });
      this.element = undefined;
    } else if (this.isBasic(name)) {
      const basic = this.basic.trim();
      element.basic = basic === 'open' || basic === 'closed' ? basic : undefined;
      element.basicEnd = end;
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = Object.freeze({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
});

/** Text as it stands in XML, in attributes of either quotes, too. */
export const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);
