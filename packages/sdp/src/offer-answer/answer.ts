import { find, getAll, lineOf } from '../attribute.ts';
import { narrowed } from '../attributes/direction.ts';
import { Fingerprint } from '../attributes/dtls.ts';
import { Group, type GroupValue, Mid } from '../attributes/grouping.ts';
import { formatsOf } from '../codec/format.ts';
import { PayloadNumbers } from '../codec/payload-numbers.ts';
import type { AttributeLine, MediaDescription, SessionDescription } from '../session-description.ts';
import type { LocalMedia, LocalTransport, MediaCapabilities } from './capabilities.ts';
import type { AcceptableMedia, OfferedMedia } from './consider.ts';
import { mediaDescription, refusal } from './media-lines.ts';
import { repeatedLines } from './offer.ts';
import { answeredSetup, cryptoLine, type DtlsRole, dtlsLines } from './security.ts';
import type { Agreement, Slot } from './slot.ts';

type Local = LocalMedia & { readonly transport: LocalTransport };

export interface AnswerMaterial {
  readonly offer: SessionDescription;
  readonly considered: readonly OfferedMedia[];
  readonly capabilities: readonly MediaCapabilities[];
  /** By capability; undefined: the medium is refused after all. */
  readonly local: readonly (Local | undefined)[];
  readonly agreement: Agreement | undefined;
}

/** The `m=` lines of an answer: one for each of the offer's, in its order (RFC 3264 §6). */
export const answeredSlots = (material: AnswerMaterial): readonly Slot[] =>
  material.offer.media.map((offered, index) => {
    const one = material.considered[index]!;
    const before = material.agreement?.slots[index];
    const numbers = (before?.numbers ?? new PayloadNumbers()).learn(formatsOf(offered));
    const local = one.kind === 'acceptable' ? material.local[one.capability] : undefined;
    const mid = find(Mid, offered);
    if (one.kind === 'unacceptable' || local === undefined)
      return {
        media: offered.media,
        capability: before?.capability,
        mid,
        numbers,
        last: refusal(offered, mid),
      };
    const last = answeredMedia(material, one, local, offered);
    return { media: offered.media, capability: one.capability, mid, numbers, last };
  });

const answeredMedia = (
  material: AnswerMaterial,
  one: AcceptableMedia,
  local: Local,
  offered: MediaDescription,
): MediaDescription => {
  const capabilities = material.capabilities[one.capability]!;
  const tag = tagOf(material, one);
  const shared = tag === undefined ? local : material.local[tag.capability];
  const transport = (shared ?? local).transport;
  return mediaDescription({
    capabilities,
    local: { ...local, transport },
    protocol: offered.protocol,
    formats: one.formats,
    direction: narrowed(local.direction ?? 'sendrecv', one.direction),
    mid: one.mid,
    hasIce: one.ice && transport.ice !== undefined,
    rtcpMux: one.rtcpMux,
    security: securityLines(material, one, transport),
    negotiated: repeatedLines(
      capabilities,
      offered,
      one.formats.map(({ payloadType }) => payloadType),
    ),
    isBundled: tag !== undefined,
  });
};

/** The line whose transport this one shares: the first of their group that the application has a transport for. */
const tagOf = (
  { offer, considered, local }: AnswerMaterial,
  one: AcceptableMedia,
): AcceptableMedia | undefined => {
  const carrier = one.bundledWith ?? one.index;
  const order = getAll(offer, Group).flatMap(({ mids }) => (mids.includes(one.mid ?? '') ? mids : []));
  const alive = considered.flatMap((other) => {
    if (other.kind !== 'acceptable' || local[other.capability] === undefined) return [];
    return other.index === carrier || other.bundledWith === carrier ? [other] : [];
  });
  const [tag] = alive.toSorted((a, b) => order.indexOf(a.mid ?? '') - order.indexOf(b.mid ?? ''));
  return tag === one ? undefined : tag;
};

const securityLines = (
  { offer, agreement }: AnswerMaterial,
  one: AcceptableMedia,
  transport: LocalTransport,
): readonly AttributeLine[] => {
  const { security, index } = one;
  switch (security.kind) {
    case 'none':
      return [];
    case 'sdes':
      return [cryptoLine(transport, security.theirs.suite, security.theirs.tag)];
    case 'dtls-srtp':
      return dtlsLines(transport, answeredSetup(security.theirs.setup, keptRole(offer, index, agreement)));
  }
};

/** The role that we have in an association that goes on: the peer's certificate is the one that it was (RFC 8842 §5.5). */
const keptRole = (
  offer: SessionDescription,
  index: number,
  agreement: Agreement | undefined,
): DtlsRole | undefined => {
  const agreed = agreement?.session.media[index];
  if (agreed?.kind !== 'agreed' || agreed.security.kind !== 'dtls-srtp') return undefined;
  const own = getAll(offer.media[index]!, Fingerprint);
  const now = own.length > 0 ? own : getAll(offer, Fingerprint);
  const before = agreed.security.fingerprints;
  return now.some(({ value }) => before.some((one) => one.value === value))
    ? agreed.security.role
    : undefined;
};

/** The groups of an offer that we know, with the lines that live (RFC 5888 §9.2, RFC 9143 §7.3). */
export const answeredGroups = (
  offer: SessionDescription,
  slots: readonly Slot[],
  semantics: ReadonlySet<string>,
): readonly AttributeLine[] => {
  const alive = new Set(
    slots.flatMap(({ mid, last }) => (last.port === 0 || mid === undefined ? [] : [mid])),
  );
  return getAll(offer, Group).flatMap((group): readonly AttributeLine[] => {
    const mids = group.mids.filter((mid) => alive.has(mid));
    const answered: GroupValue = { semantics: group.semantics, mids };
    return semantics.has(group.semantics) && mids.length > 0 ? [lineOf(Group, answered)] : [];
  });
};
