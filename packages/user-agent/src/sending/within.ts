import {
  bareHost,
  type Dialog,
  edit,
  type Flow,
  type HeaderLines,
  type SipRequest,
  type SipUri,
  Via,
} from '@ringdown/sip';
import type { Core } from '../core.ts';
import { Sending, type SendingUser, viaOf } from './sending.ts';

/** A request within a dialog (RFC 3261 §12.2.1.1). */
export interface WithinParts {
  readonly method: string;
  readonly headers?: HeaderLines;
  readonly body?: Uint8Array | undefined;
  /** The flow that the dialog was made over. */
  readonly flow: Flow;
}

const REFRESHES_TARGET: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']);

export const sendWithin = (
  core: Core,
  dialog: Dialog,
  { method, headers = [], body, flow }: WithinParts,
  user: SendingUser,
): Sending =>
  new Sending(
    core,
    {
      nextHop: dialog.nextHop(),
      flow: flowWithin(core, dialog, flow),
      build: (used) =>
        dialog.state === 'terminated'
          ? undefined
          : dialog.request({
              method,
              headers: [
                ...(REFRESHES_TARGET.has(method) ? [core.contact(used)] : []),
                ['User-Agent', core.options.product],
                ...headers,
              ],
              ...(body !== undefined && { body }),
            }),
    },
    user,
  ).start();

/** The ACK to a 2xx (RFC 3261 §13.2.2.4): kept, since it is sent once for each time that the 2xx comes. */
export class Acknowledgement {
  readonly #core: Core;
  readonly #ack: SipRequest;
  readonly #nextHop: SipUri | undefined;
  readonly #flow: Flow | undefined;

  constructor(core: Core, dialog: Dialog, invite: SipRequest, flow: Flow, body?: Uint8Array) {
    const headers: HeaderLines = body === undefined ? [] : [['Content-Type', 'application/sdp']];
    this.#core = core;
    this.#ack = dialog.acknowledge(invite, { headers, ...(body !== undefined && { body }) });
    this.#nextHop = dialog.nextHop();
    this.#flow = flowWithin(core, dialog, flow);
  }

  send(): void {
    const { locator, options, ports } = this.#core;
    if (this.#flow?.open === true) this.#sendOver(this.#flow);
    else if (this.#nextHop !== undefined)
      locator.locate(this.#nextHop, options, ports.clock.now(), (result) => {
        const [first] = result.kind === 'located' ? result.destinations : [];
        const flow = first === undefined ? undefined : ports.transport.flowTo(first);
        if (flow !== undefined) this.#sendOver(flow);
      });
  }

  #sendOver(flow: Flow): void {
    const withVia = edit(this.#ack).prepend(Via, viaOf(flow, this.#core.branch())).build();
    this.#core.ports.transport.send(flow, withVia);
  }
}

/**
 * The flow for a request within a dialog: the dialog's own, or the one that we are registered over, where its other end is the
 * next hop. A browser has no other way than the connection it opened (RFC 7118).
 */
const flowWithin = (core: Core, dialog: Dialog, own: Flow): Flow | undefined => {
  const hop = dialog.nextHop();
  return [own, core.flow].find((flow) => {
    if (flow?.open !== true) return false;
    if (flow.transport === 'ws' || flow.transport === 'wss') return true;
    const isThere = hop !== undefined && bareHost(hop.host) === flow.remote.address;
    const transport = hop?.parameters.get('transport')?.toLowerCase() ?? 'udp';
    return isThere && (transport === flow.transport || flow.transport === 'tls');
  });
};
