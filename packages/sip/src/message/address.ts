import { isToken, quotedStringEnd, unquote } from './characters.ts';
import { defineField } from './field.ts';
import { Malformed } from './malformed.ts';
import { noParameters, Parameters, readParameters } from './parameters.ts';
import { parseUri, parseUriAt, type Uri } from './uri.ts';

/** `"Display name" <uri>;parameter=value` (RFC 3261 §20.10): an address in From, To, Contact, Route and their kin. */
export interface AddressValue {
  /** Unquoted, one character a byte: decode it as UTF-8 to show it. */
  readonly displayName: string | undefined;
  readonly uri: Uri;
  /** What stands behind the address and belongs to the header: `tag`, `expires`, `q`, `lr` never. */
  readonly parameters: Parameters;
}

/** Reads a name-addr or an addr-spec; without angle brackets the parameters belong to the header (§20). */
export const decodeAddress = (text: string): AddressValue | Malformed => {
  const open = openingBracket(text);
  if (open < 0) return decodeAddrSpec(text);
  const close = text.indexOf('>', open);
  if (close < 0) return new Malformed('an address whose angle bracket does not close');
  const displayName = open === 0 ? undefined : readDisplayName(text.slice(0, open).trim());
  if (displayName instanceof Malformed) return displayName;
  const uri = parseUriAt(text, open + 1, close);
  if (uri instanceof Malformed) return uri;
  if (close === text.length - 1) return { displayName, uri, parameters: noParameters };
  const parameters = readParameters(text, close + 1);
  return parameters instanceof Malformed ? parameters : { displayName, uri, parameters };
};

/** The index of the `<` that opens the URI: the first outside a quoted string; -1 without one. */
const openingBracket = (text: string): number => {
  if (text.charCodeAt(0) !== 0x22) return text.indexOf('<');
  const end = quotedStringEnd(text, 0);
  return end < 0 ? -1 : text.indexOf('<', end);
};

/** Without brackets a URI may have no comma, semicolon or question mark of its own (RFC 3261 §20.10). */
const decodeAddrSpec = (text: string): AddressValue | Malformed => {
  const semicolon = text.indexOf(';');
  const written = (semicolon < 0 ? text : text.slice(0, semicolon)).trim();
  if (written.includes('?')) return new Malformed('a URI with headers that is not in angle brackets');
  const uri = parseUri(written);
  if (uri instanceof Malformed) return uri;
  const parameters = semicolon < 0 ? noParameters : readParameters(text, semicolon);
  return parameters instanceof Malformed ? parameters : { displayName: undefined, uri, parameters };
};

const readDisplayName = (text: string): string | undefined | Malformed => {
  if (text === '') return undefined;
  if (text.charCodeAt(0) === 0x22) {
    return quotedStringEnd(text, 0) === text.length
      ? unquote(text)
      : new Malformed('a display name whose quotes do not close');
  }
  return text.split(/[ \t]+/).every((word) => isToken(word))
    ? text
    : new Malformed(`the display name ${text} needs quotes`);
};

/** Writes an address, its URI always in angle brackets. */
export const encodeAddress = ({ displayName, uri, parameters }: AddressValue): string => {
  const name = displayName === undefined ? '' : `"${displayName.replace(/[\\"]/g, '\\$&')}" `;
  return `${name}<${uri.text}>${parameters.text}`;
};

const address = (name: string, compact?: string, list = false) =>
  defineField<AddressValue>({
    name,
    list,
    decode: decodeAddress,
    encode: encodeAddress,
    ...(compact === undefined ? {} : { compact }),
  });

export const From = address('From', 'f');
export const To = address('To', 't');
export const Route = address('Route', undefined, true);
export const RecordRoute = address('Record-Route', undefined, true);
/** RFC 3327: proxies between a phone and its registrar. */
export const Path = address('Path', undefined, true);
/** RFC 3608. */
export const ServiceRoute = address('Service-Route', undefined, true);
export const ReplyTo = address('Reply-To');
export const ReferTo = address('Refer-To', 'r');
/** RFC 3325: only peers that are trusted may say who calls. */
export const PAssertedIdentity = address('P-Asserted-Identity', undefined, true);
export const PPreferredIdentity = address('P-Preferred-Identity', undefined, true);
/** What was in use before RFC 3325, and still is. */
export const RemotePartyId = address('Remote-Party-ID', undefined, true);

/** A Contact, or `*` (RFC 3261 §20.10), which only a REGISTER that removes all bindings may say. */
export type ContactValue = AddressValue | '*';

export const Contact = defineField<ContactValue>({
  name: 'Contact',
  compact: 'm',
  list: true,
  decode: (text) => (text === '*' ? '*' : decodeAddress(text)),
  encode: (value) => (value === '*' ? '*' : encodeAddress(value)),
});

/** An address made of a URI and header parameters as written. */
export const addressOf = (uri: Uri, parameters = ''): AddressValue => ({
  displayName: undefined,
  uri,
  parameters: parameters === '' ? noParameters : new Parameters(parameters),
});

/** The tag of a From or To (RFC 3261 §19.3). */
export const tagOf = (value: AddressValue | undefined): string | undefined => value?.parameters.get('tag');
