import { onOneLine } from './grammar.ts';
import type {
  AttributeLine,
  Bandwidth,
  ConnectionData,
  MediaDescription,
  SessionDescription,
} from './session-description.ts';

/**
 * The text of a description, in the order of RFC 8866 §5. Attributes keep their order, which sdp-transform's writer would
 * change, and the version in `o=` all of its digits, which it would round.
 *
 * @throws TypeError for line ends within a value
 */
export const writeSdp = (description: SessionDescription): string => {
  const { origin, name, information, uri, email, phone, connection, bandwidth, time, repeats, timezones } =
    description;
  const { username, sessionId, sessionVersion, addressType, address } = origin;
  const lines = [
    'v=0',
    `o=${username} ${sessionId} ${sessionVersion} IN ${addressType} ${address}`,
    // RFC 8866 §5.3: a name is never empty.
    `s=${name === '' ? '-' : name}`,
    ...line('i', information),
    ...line('u', uri),
    ...line('e', email),
    ...line('p', phone),
    ...(connection === undefined ? [] : [connectionLine(connection)]),
    ...bandwidth.map(bandwidthLine),
    `t=${time.start} ${time.stop}`,
    ...line('r', repeats),
    ...line('z', timezones),
    ...description.attributes.map(attributeText),
    ...description.media.flatMap(mediaLines),
  ];
  return `${lines.map(onOneLine).join('\r\n')}\r\n`;
};

const mediaLines = (media: MediaDescription): readonly string[] => {
  const port = media.ports === undefined ? media.port : `${media.port}/${media.ports}`;
  return [
    `m=${[media.media, port, media.protocol, ...media.formats].join(' ')}`,
    ...line('i', media.information),
    ...media.connections.map(connectionLine),
    ...media.bandwidth.map(bandwidthLine),
    ...media.attributes.map(attributeText),
  ];
};

const line = (type: string, value: string | undefined): readonly string[] =>
  value === undefined ? [] : [`${type}=${value}`];

const connectionLine = ({ addressType, address, ttl, addresses }: ConnectionData): string =>
  `c=IN ${addressType} ${[address, ttl, addresses].filter((part) => part !== undefined).join('/')}`;

const bandwidthLine = ({ type, value }: Bandwidth): string => `b=${type}:${value}`;

const attributeText = ({ name, value }: AttributeLine): string =>
  value === undefined ? `a=${name}` : `a=${name}:${value}`;
