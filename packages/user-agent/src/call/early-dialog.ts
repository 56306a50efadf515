import { type Dialog, type Flow, Malformed, type SipRequest } from '@ringdown/sip';
import { type Core, type DialogUser, EXTENSIONS, METHODS } from '../core.ts';
import type { MediaSession } from '../media/media-session.ts';
import { sdpOf, sdpType } from './sdp-body.ts';

/** What a phone that rings says before it is answered: an UPDATE moves it, or changes its early media (RFC 3311). */
export class EarlyDialog implements DialogUser {
  readonly #core: Core;
  readonly #dialog: Dialog;
  /** Its media; undefined while our offer waits for its answer. */
  readonly #media: () => MediaSession | undefined;

  constructor(core: Core, dialog: Dialog, media: () => MediaSession | undefined) {
    this.#core = core;
    this.#dialog = dialog;
    this.#media = media;
  }

  requestReceived(request: SipRequest, flow: Flow): void {
    const core = this.#core;
    if (!this.#dialog.receive(request)) core.respond(request, flow, 500);
    else if (request.method === 'UPDATE') this.#updated(request, flow);
    else core.respond(request, flow, request.method === 'INFO' ? 200 : 405);
  }

  ackReceived(): void {}

  #updated(request: SipRequest, flow: Flow): void {
    const core = this.#core;
    const offer = sdpOf(request, core.ports.text);
    const media = this.#media();
    if (this.#dialog.refresh(request) instanceof Malformed) core.respond(request, flow, 400);
    else if (offer === undefined) core.respond(request, flow, 200, { headers: this.#headers(flow) });
    else if (media === undefined) core.respond(request, flow, 491);
    else
      media.answer(offer, { early: true }, (answer) => {
        if (answer.kind !== 'described') core.respond(request, flow, 488);
        else
          core.respond(request, flow, 200, {
            headers: [...this.#headers(flow), ...sdpType],
            body: core.ports.text.utf8Bytes(answer.description),
          });
      });
  }

  #headers(flow: Flow) {
    return [this.#core.contact(flow), ['Allow', METHODS], ['Supported', EXTENSIONS]] as const;
  }
}
