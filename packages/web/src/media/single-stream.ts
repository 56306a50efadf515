import {
  type AttributeLine,
  getAll,
  Malformed,
  type MediaDescription,
  parseSdp,
  Ssrc,
  SsrcGroup,
  writeSdp,
} from '@ringdown/sdp';

/**
 * A peer's description without the copies that it would send (RFC 7104 §3.2). A browser takes one source of sound from a peer, and
 * refuses the whole description where two are named; the answer names none twice, and so the peer sends one stream.
 */
export const singleStream = (description: string): string => {
  if (!description.includes('a=ssrc-group:DUP')) return description;
  const parsed = parseSdp(description);
  return parsed instanceof Malformed
    ? description
    : writeSdp({ ...parsed, media: parsed.media.map(withoutCopies) });
};

const withoutCopies = (media: MediaDescription): MediaDescription => {
  const groups = getAll(media, SsrcGroup).filter(({ semantics }) => semantics === 'DUP');
  const copies = new Set(groups.flatMap(({ ssrcs }) => ssrcs.slice(1)));
  if (copies.size === 0) return media;
  const isCopy = ({ name, value = '' }: AttributeLine): boolean => {
    const said = name === Ssrc.name ? Ssrc.decode(value) : undefined;
    return said !== undefined && !(said instanceof Malformed) && copies.has(said.ssrc);
  };
  const isGroup = ({ name, value = '' }: AttributeLine): boolean =>
    name === SsrcGroup.name && value.startsWith('DUP ');
  return {
    ...media,
    attributes: media.attributes.filter(
      (line) => line.name !== 'duplication-delay' && !isGroup(line) && !isCopy(line),
    ),
  };
};
