import { parseMessage, SipRequest, type SocketAddress, stampVia, type TransportUser } from '@ringdown/sip';
import type { Advertise, SipTransportOptions } from '../transport-options.ts';
import { withoutSurplus } from '../wire.ts';
import type { QueueProbe } from './queue-probe.ts';
import { UdpFlow } from './udp-flow.ts';
import type { UdpPort } from './udp-port.ts';

/** RFC 7983: STUN's first byte is 0 to 3; SIP starts with a letter, or whatever else a token has. */
const LAST_STUN_BYTE = 3;
const CR = 0x0d;
const LF = 0x0a;
/** Keep-alives are shorter than this: CRLF CRLF, a NUL or two, `jaK`. */
const LONGEST_KEEP_ALIVE = 4;

/** What comes to the SIP port over UDP: tells STUN, keep-alives and SIP apart. */
export class Datagrams {
  readonly #user: TransportUser;
  readonly #advertise: Advertise;
  readonly #stun: SipTransportOptions['stun'];
  readonly #stunReceived: SipTransportOptions['stunReceived'];
  readonly #report: SipTransportOptions['report'];
  /** Listens for its own among the short ones. */
  probe: QueueProbe | undefined = undefined;

  constructor(
    {
      advertise,
      stun,
      stunReceived,
      report,
    }: Pick<SipTransportOptions, 'advertise' | 'stun' | 'stunReceived' | 'report'>,
    user: TransportUser,
  ) {
    this.#user = user;
    this.#advertise = advertise;
    this.#stun = stun;
    this.#stunReceived = stunReceived;
    this.#report = report;
  }

  /** @param bytes borrowed: nothing of them is kept */
  receive(port: UdpPort, bytes: Buffer, remote: SocketAddress): void {
    // Nobody is reached at port 0: whoever writes that wants nothing but a fault.
    if (remote.port === 0) return;
    if (bytes.length <= LONGEST_KEEP_ALIVE) {
      this.probe?.received(bytes, remote);
      return;
    }
    const first = bytes[0]!;
    if (first <= LAST_STUN_BYTE) this.#receiveStun(port, bytes, remote);
    else if (first === CR || first === LF) this.#receiveBehindCrlf(port, bytes, remote);
    else this.#receiveSip(port, bytes, remote);
  }

  #receiveStun(port: UdpPort, bytes: Buffer, remote: SocketAddress): void {
    const answer = this.#stun?.(bytes, remote);
    if (answer !== undefined)
      port.send(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength), remote);
    else this.#stunReceived?.(Buffer.from(bytes), new UdpFlow(port, remote, this.#advertise));
  }

  #receiveBehindCrlf(port: UdpPort, bytes: Buffer, remote: SocketAddress): void {
    let start = 0;
    while (bytes[start] === CR || bytes[start] === LF) start++;
    if (start < bytes.length) this.#receiveSip(port, bytes.subarray(start), remote);
  }

  #receiveSip(port: UdpPort, bytes: Buffer, remote: SocketAddress): void {
    const flow = new UdpFlow(port, remote, this.#advertise);
    const seen = this.#user.glanceAt?.(bytes, flow);
    if (seen === undefined || seen === 'go on') this.#read(bytes, flow, seen === undefined);
    else if (seen.length > 0) port.send(Buffer.from(seen), remote);
  }

  #read(bytes: Buffer, flow: UdpFlow, isAskedAbout: boolean): void {
    const { remote } = flow;
    const message = parseMessage(bytes.toString('latin1'), bytes);
    if (message instanceof SipRequest) {
      if (isAskedAbout && this.#user.isDoneWith?.(message, flow) === true) return;
      this.#user.messageReceived(withoutSurplus(stampVia(message, remote)), flow);
    } else if ('status' in message) this.#user.messageReceived(withoutSurplus(message), flow);
    else this.#report?.({ kind: 'refused', transport: 'udp', remote, why: message.why });
  }
}
