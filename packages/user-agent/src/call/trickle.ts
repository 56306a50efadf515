import { ContentType, type Flow, type HeaderLines, type SipRequest, type SipResponse } from '@ringdown/sip';
import { TRICKLE } from '../core.ts';
import { mergeFragments } from './sdp-fragment.ts';
import type { WithinCall } from './within-call.ts';

const FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag';

/** Candidates that are told when they are found, by INFO (RFC 8840, RFC 6086): one at a time, each with all that came before. */
export class Trickle {
  readonly #session: WithinCall;
  #told = '';
  #wanted = '';
  #isSending = false;
  #isRefused = false;
  /** What came before there was a session to take it. */
  #early: string | undefined;

  constructor(session: WithinCall) {
    this.#session = session;
  }

  /** Candidates of ours. */
  add(fragment: string): void {
    this.#wanted = mergeFragments(this.#wanted, fragment);
    this.proceed();
  }

  /** Tells what is not told yet, as soon as the peer can hear it. */
  proceed(): void {
    const { isOpen, isSure, peer, core } = this.#session;
    const isWanted = this.#wanted !== this.#told && isOpen && isSure && peer.trickles;
    if (!isWanted || this.#isSending || this.#isRefused) return;
    const wanted = this.#wanted;
    this.#isSending = true;
    const done = (): void => {
      this.#isSending = false;
      this.proceed();
    };
    this.#told = wanted;
    this.#session.send(
      { method: 'INFO', headers: fragmentHeaders, body: core.ports.text.utf8Bytes(wanted) },
      { answered: (response) => this.#answered(response, done), failed: done },
    );
  }

  /** Candidates of the peer's; the request is answered. */
  received(request: SipRequest, flow: Flow): void {
    const { core } = this.#session;
    if (request.get(ContentType)?.value.toLowerCase() !== FRAGMENT_TYPE) {
      core.respond(request, flow, 415, { headers: [['Accept', FRAGMENT_TYPE]] });
      return;
    }
    core.respond(request, flow, 200);
    this.#early = core.ports.text.utf8(request.body);
    this.hand();
  }

  /** Hands over what has come to the media engine, as soon as it knows the session. */
  hand(): void {
    const { media } = this.#session;
    if (this.#early === undefined || media?.isUnderWay !== true) return;
    media.takeFragment(this.#early);
    this.#early = undefined;
  }

  #answered(response: SipResponse, done: () => void): void {
    if (this.#session.isGone(response)) return;
    // RFC 6086 §4.2.2: the peer wants none of it, and the call goes on.
    this.#isRefused = response.status === 469 || response.status === 415;
    done();
  }
}

const fragmentHeaders: HeaderLines = [
  ['Info-Package', TRICKLE],
  ['Content-Type', FRAGMENT_TYPE],
  ['Content-Disposition', 'Info-Package'],
];
