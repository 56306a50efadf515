import {
  type AddressValue,
  type ContactValue,
  equalUris,
  isSipUri,
  Malformed,
  parseSipUriOnly,
  type SipUri,
} from '@ringdown/sip';
import type { StoredBinding } from '../location/binding-store.ts';

/** How long registrations last, in seconds. */
export interface ExpiryLimits {
  readonly minExpiresSeconds: number;
  readonly maxExpiresSeconds: number;
  readonly defaultExpiresSeconds: number;
}

/** One Contact of a REGISTER, read. */
export interface WantedContact {
  readonly uri: SipUri;
  /** Seconds; 0 removes. */
  readonly expires: number;
  /** Thousandths. */
  readonly q: number;
  /** The header's parameters without `expires`. */
  readonly parameters: string;
  /** Instance and reg-id, which name a phone's flow whatever its address (RFC 5626 §6); undefined without an instance. */
  readonly instance: string | undefined;
  readonly regId: string | undefined;
}

/** What all Contacts of a REGISTER ask for. */
export type WantedContacts =
  | { readonly kind: 'fetch' }
  | { readonly kind: 'remove all' }
  | { readonly kind: 'change'; readonly contacts: readonly WantedContact[] }
  /** Some Contact's time is under the minimum: 423 (RFC 3261 §10.3 step 7). */
  | { readonly kind: 'too brief' };

/** RFC 3261 §10.2.1.1: what a malformed `expires` parameter means. */
const MALFORMED_EXPIRES_SECONDS = 3600;

/** Reads the Contacts of a REGISTER (RFC 3261 §10.3 steps 6 and 7). */
export const readContacts = (
  values: readonly ContactValue[],
  expiresHeader: number | undefined,
  limits: ExpiryLimits,
): WantedContacts | Malformed => {
  if (values.length === 0) return { kind: 'fetch' };
  if (values.includes('*')) {
    return values.length === 1 && expiresHeader === 0
      ? { kind: 'remove all' }
      : new Malformed('Contact "*" goes alone and with Expires 0 only');
  }
  const contacts: WantedContact[] = [];
  for (const value of values as readonly AddressValue[]) {
    const contact = readContact(value, expiresHeader, limits);
    if (contact instanceof Malformed) return contact;
    if (contact.expires > 0 && contact.expires < limits.minExpiresSeconds) return { kind: 'too brief' };
    contacts.push(contact);
  }
  return { kind: 'change', contacts };
};

const readContact = (
  { uri, parameters }: AddressValue,
  expiresHeader: number | undefined,
  limits: ExpiryLimits,
): WantedContact | Malformed => {
  if (!isSipUri(uri)) return new Malformed(`Contact "${uri.scheme}:" is not "sip:" or "sips:"`);
  const q = readQ(parameters.get('q'));
  if (q instanceof Malformed) return q;
  const instance = parameters.get('+sip.instance');
  const regId = instance === undefined ? undefined : parameters.get('reg-id');
  if (regId !== undefined && !/^[1-9]\d{0,9}$/.test(regId))
    return new Malformed('reg-id is no number from 1 on');
  const written = parameters.get('expires');
  const wanted =
    written === undefined ? (expiresHeader ?? limits.defaultExpiresSeconds) : readExpires(written);
  return {
    uri,
    expires: Math.min(wanted, limits.maxExpiresSeconds),
    q,
    parameters: written === undefined ? parameters.text : parameters.without('expires').text,
    instance,
    regId,
  };
};

const readExpires = (text: string): number => (/^\d+$/.test(text) ? Number(text) : MALFORMED_EXPIRES_SECONDS);

/** `q` as thousandths; 1 where it is absent, so that phones that say nothing ring together. */
const readQ = (text: string | undefined): number | Malformed => {
  if (text === undefined) return 1000;
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text)
    ? Math.round(Number(text) * 1000)
    : new Malformed('q is not between 0 and 1');
};

/** What makes a Contact another binding of its address-of-record. */
export const bindingKey = ({ instance, regId, uri }: WantedContact): string =>
  instance === undefined ? uri.text : `${instance}${regId ?? ''}`;

/**
 * The binding that a Contact replaces: that of the same instance and reg-id (RFC 5626 §6), else that of an equivalent URI
 * (RFC 3261 §10.3 step 7).
 */
export const bindingOf = (
  contact: WantedContact,
  bindings: readonly StoredBinding[],
): StoredBinding | undefined => {
  const key = bindingKey(contact);
  const same = bindings.find((binding) => binding.key === key);
  if (same !== undefined || contact.instance !== undefined) return same;
  return bindings.find((binding) => {
    if (binding.key !== binding.contact) return false;
    const uri = parseSipUriOnly(binding.contact);
    return !(uri instanceof Malformed) && equalUris(uri, contact.uri);
  });
};
