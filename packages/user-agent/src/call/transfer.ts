import { type Flow, Malformed, ReferTo, type SipRequest, SubscriptionState } from '@ringdown/sip';
import { targetUri } from '../account.ts';
import { causeOfTransfer, causeOfTransferredCall, causes } from '../cause.ts';
import type { Call } from './call.ts';
import type { WithinCall } from './within-call.ts';

/** Handing a call over, on both of its sides (RFC 3515, RFC 5589). */
export class Transfer {
  readonly #session: WithinCall;
  /** Our REFER was accepted: the peer tells how it goes. */
  #isReferring = false;
  #isTelling = false;

  constructor(session: WithinCall) {
    this.#session = session;
  }

  begin(target: string | Call): void {
    const { core, call } = this.#session;
    const referTo = typeof target === 'string' ? this.#blind(target) : attended(target);
    this.#session.send(
      {
        method: 'REFER',
        headers: [
          ['Refer-To', referTo],
          ['Referred-By', `<${core.addressOfRecord}>`],
        ],
      },
      {
        answered: (response) => {
          if (this.#session.isGone(response)) return;
          this.#isReferring = response.status < 300;
          if (this.#isReferring) return;
          const cause = causeOfTransfer(response.status);
          core.deliver({ kind: 'change failed', call, change: 'transfer', cause });
        },
        failed: () =>
          core.deliver({ kind: 'change failed', call, change: 'transfer', cause: causes.silence }),
      },
    );
    this.#isReferring = true;
  }

  /** A REFER of the peer's: nobody calls anybody before the user has agreed. */
  asked(request: SipRequest, flow: Flow): void {
    const { core, call } = this.#session;
    const referTo = request.get(ReferTo);
    if (referTo === undefined) {
      core.respond(request, flow, 400, { reason: 'Refer-To is missing or cannot be read' });
      return;
    }
    core.respond(request, flow, 202, { headers: [core.contact(flow)] });
    this.#isTelling = true;
    this.tell(100);
    core.deliver({ kind: 'transfer asked', call, target: referTo.uri.text });
  }

  /** Tells who referred us how the call goes (RFC 3515 §2.4.4). */
  tell(status: number): void {
    if (!this.#isTelling || this.#session.dialog.state === 'terminated') return;
    const isLast = status >= 200;
    this.#isTelling = !isLast;
    this.#session.send(
      {
        method: 'NOTIFY',
        headers: [
          ['Event', 'refer'],
          ['Subscription-State', isLast ? 'terminated;reason=noresource' : 'active;expires=180'],
          ['Content-Type', 'message/sipfrag;version=2.0'],
        ],
        body: this.#session.core.ports.text.utf8Bytes(`SIP/2.0 ${status} ${phrase(status)}\r\n`),
      },
      { answered: () => undefined, failed: () => undefined },
    );
  }

  /** How the call goes that the peer makes for us. */
  notified(request: SipRequest, flow: Flow): void {
    const { core, call } = this.#session;
    if (!this.#isReferring) {
      core.respond(request, flow, 481);
      return;
    }
    core.respond(request, flow, 200);
    const fragment = core.ports.text.utf8(request.body);
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(fragment)?.[1] ?? 0);
    const isOver = request.get(SubscriptionState)?.value.toLowerCase() === 'terminated';
    if (status > 0) core.deliver({ kind: 'transfer progress', call, status });
    if (status >= 200 && status < 300) call.end('hang up', causes.transferred);
    else if (status >= 300)
      core.deliver({
        kind: 'change failed',
        call,
        change: 'transfer',
        cause: causeOfTransferredCall(status),
      });
    if (isOver || status >= 200) this.#isReferring = false;
  }

  close(): void {
    this.#isReferring = false;
  }

  #blind(target: string): string {
    const uri = targetUri(this.#session.core.account, target);
    if (uri instanceof Malformed) throw new TypeError(`nobody can be called there: ${uri.why}`);
    return `<${uri.text}>`;
  }
}

/** Refer-To with the dialog that the new call takes the place of (RFC 3891, RFC 5589 §7). */
const attended = (other: Call): string => {
  const { dialog } = other;
  if (dialog === undefined) throw new Error('the other call is not established');
  const { callId, remoteTag, localTag, remoteTarget } = dialog;
  const replaces = `${callId};to-tag=${remoteTag};from-tag=${localTag}`;
  return `<${remoteTarget}?Replaces=${encodeURIComponent(replaces)}>`;
};

const phrase = (status: number): string => (status === 100 ? 'Trying' : status < 300 ? 'OK' : 'Failed');
