import { type Attribute, Malformed, type StunMessage } from '@ringdown/stun';
import {
  AdditionalAddressFamily,
  EvenPort,
  IPV4,
  IPV6,
  RequestedAddressFamily,
  RequestedTransport,
  ReservationToken,
  TCP,
  UDP,
} from '../attributes/numbers.ts';
import { lifetimeMs } from './lifetime.ts';
import { type Refused, refused, type TurnDesk, type TurnRequest } from './requests.ts';

/** What an Allocate request asks for, once it is clear that it may be had. */
export interface AllocateWish {
  readonly kind: 'wish';
  readonly protocol: 'udp' | 'tcp';
  /** Which to open: IPv6, or not. */
  readonly families: readonly boolean[];
  /** Those that were asked for besides, and are not to be had here. */
  readonly unsupported: readonly boolean[];
  readonly port: 'any' | 'even' | 'pair';
  /** Of a port that was kept, and is this user's. */
  readonly token: Uint8Array | undefined;
  readonly lifetimeMs: number;
}

const READ: readonly Attribute<unknown>[] = [
  RequestedTransport,
  RequestedAddressFamily,
  AdditionalAddressFamily,
  EvenPort,
  ReservationToken,
];

/** The checks of RFC 8656 §7.2 and RFC 6062 §5.1 that need nothing but the request. */
export const readAllocate = (request: TurnRequest, desk: TurnDesk): AllocateWish | Refused => {
  const { message, credential } = request;
  for (const attribute of READ) {
    const malformed = message.malformed(attribute);
    if (malformed !== undefined) return refused(400, malformed.why);
  }
  const protocol = protocolOf(request, desk);
  if (typeof protocol !== 'string') return protocol;
  const families = familiesOf(message, desk);
  if ('kind' in families) return families;
  const token = message.get(ReservationToken);
  if (token !== undefined && !desk.reservations.has(token, credential.user.name))
    return refused(508, 'no port is kept by that token');
  const asked = lifetimeMs(request, desk);
  if (asked instanceof Malformed) return refused(400, asked.why);
  const even = message.get(EvenPort);
  const port = even === undefined ? 'any' : even ? 'pair' : 'even';
  // Nothing is deleted that is not there yet.
  const lifetime = asked === 0 ? desk.options.defaultLifetimeMs : asked;
  return { kind: 'wish', protocol, ...families, port, token, lifetimeMs: lifetime };
};

const protocolOf = ({ message, client }: TurnRequest, { opener }: TurnDesk): 'udp' | 'tcp' | Refused => {
  const protocol = message.get(RequestedTransport);
  if (protocol === undefined) return refused(400, 'no REQUESTED-TRANSPORT');
  if (protocol === UDP) return 'udp';
  if (protocol !== TCP || !opener.hasTcp) return refused(442, `no relaying of protocol ${protocol}`);
  if (client.transport === 'udp') return refused(400, 'TCP is relayed to streams only');
  if (message.has(EvenPort) || message.has(ReservationToken))
    return refused(400, 'no EVEN-PORT or RESERVATION-TOKEN where TCP is relayed');
  return 'tcp';
};

type Families = Pick<AllocateWish, 'families' | 'unsupported'>;

const familiesOf = (message: StunMessage, { opener }: TurnDesk): Families | Refused => {
  const requested = message.get(RequestedAddressFamily);
  const additional = message.get(AdditionalAddressFamily);
  const hasToken = message.has(ReservationToken);
  if (hasToken && (requested ?? additional ?? message.get(EvenPort)) !== undefined)
    return refused(400, 'RESERVATION-TOKEN goes with no family and no EVEN-PORT');
  if (requested !== undefined && additional !== undefined)
    return refused(400, 'either REQUESTED- or ADDITIONAL-ADDRESS-FAMILY');
  if (additional !== undefined && (additional !== IPV6 || message.get(EvenPort) === true))
    return refused(400, 'ADDITIONAL-ADDRESS-FAMILY is IPv6, and goes with no reservation');
  if (requested !== undefined && requested !== IPV4 && requested !== IPV6)
    return refused(440, `no address family ${requested}`);
  const wanted = additional === undefined ? [requested === IPV6] : [false, true];
  const families = wanted.filter((isIpv6) => opener.supports(isIpv6));
  const unsupported = wanted.filter((isIpv6) => !opener.supports(isIpv6));
  if (families.length === 0 && !hasToken) return refused(440, 'no relay of that address family');
  return { families, unsupported };
};
