import {
  Contact,
  equalUris,
  isSipUri,
  Malformed,
  parseSipUriOnly,
  type SipResponse,
  type SipUri,
} from '@ringdown/sip';

/** How many other addresses a call is led to at most: a chain of servers could lead it on for ever. */
const MAX_TARGETS = 5;

/** What says where the same is to be tried: 305 and 380 want something else. */
const REDIRECTS: ReadonlySet<number> = new Set([300, 301, 302]);

/** Where a call may still be tried, because somebody said so (RFC 3261 §8.1.3.4). */
export class Redirection {
  readonly #tried: SipUri[] = [];
  #waiting: SipUri[] = [];
  #isSecure: boolean;

  constructor(first: string) {
    const uri = parseSipUriOnly(first);
    this.#isSecure = false;
    if (uri instanceof Malformed) return;
    this.#tried.push(uri);
    this.#isSecure = uri.scheme === 'sips';
  }

  /**
   * The next address after a refusal: those that it names come first, the best of them before.
   *
   * @returns undefined where nothing is left
   */
  next(response?: SipResponse): string | undefined {
    if (response !== undefined && response.status >= 600) return undefined;
    if (response !== undefined && REDIRECTS.has(response.status))
      this.#waiting = [...targetsOf(response), ...this.#waiting];
    for (;;) {
      const uri = this.#waiting.shift();
      if (uri === undefined || this.#tried.length > MAX_TARGETS) return undefined;
      // What was to stay secret does (§26.2.2); and nobody is asked twice.
      if (this.#isSecure && uri.scheme !== 'sips') continue;
      if (this.#tried.some((one) => equalUris(one, uri))) continue;
      this.#tried.push(uri);
      return uri.text;
    }
  }
}

/** The SIP URIs of a Contact, the preferred first, without what would make another request of ours (§19.1.5). */
const targetsOf = (response: SipResponse): SipUri[] => {
  const contacts = response.all(Contact);
  if (contacts instanceof Malformed) return [];
  return contacts
    .flatMap((contact) => {
      if (contact === '*' || !isSipUri(contact.uri)) return [];
      const uri = parseSipUriOnly(contact.uri.text.split('?')[0] ?? '');
      const q = Number(contact.parameters.get('q') ?? 1);
      return uri instanceof Malformed ? [] : [{ uri, q: Number.isNaN(q) ? 1 : q }];
    })
    .sort((left, right) => right.q - left.q)
    .slice(0, MAX_TARGETS)
    .map(({ uri }) => uri);
};
