import { nodeText } from '@ringdown/net/ports';
import { isFailedAttempt, OVERLOADED, type ProviderEvent } from '@ringdown/provider';
import {
  CallId,
  CSeq,
  type Flow,
  From,
  formatHost,
  parseMessage,
  SipRequest,
  SipResponse,
  To,
  tagOf,
  UserAgent,
} from '@ringdown/sip';
import type { Log } from './log.ts';
import type { Tally } from './metrics.ts';

/** Statuses that are part of an ordinary exchange, and no refusal unless a password was wrong. */
const ORDINARY: ReadonlySet<number> = new Set([200, 202, 401, 407]);

/** Tells what the provider does: one log line for each call and each refusal, and the numbers for the metrics. */
export const journal = (log: Log, tally: Tally, now: () => number = Date.now) => {
  const overload = new Sparing(now);
  return (event: ProviderEvent): void => {
    switch (event.kind) {
      case 'relayed': {
        const { request, status, branches, why, startedAt, endedAt } = event.outcome;
        tally.relayed(request.method, status, endedAt - startedAt);
        if (request.method !== 'INVITE') return;
        // Another INVITE within a call is none of its own: its refusal is told, for who wonders why a hold did not come about.
        const isWithin = tagOf(request.get(To)) !== undefined;
        const facts = {
          event: isWithin ? 'call changed' : 'call',
          ...parties(request),
          status,
          branches,
          setupMs: Math.round(endedAt - startedAt),
          why,
        };
        if (isWithin && status < 300) log.debug(facts);
        else log.info(facts);
        return;
      }
      case 'answered': {
        const { request, flow, status, why } = event;
        tally.answered(request.method, status);
        if (why === OVERLOADED && !overload.hasLine()) return;
        if (!ORDINARY.has(status) || isFailedAttempt(why))
          log.info({
            event: 'refused',
            method: request.method,
            ...parties(request),
            ...origin(flow),
            status,
            why,
          });
        else if (log.isVerbose) {
          log.debug({
            event: 'answered',
            method: request.method,
            ...parties(request),
            ...origin(flow),
            status,
            why,
          });
        }
        return;
      }
      case 'turned away': {
        const { method, bytes, flow, status, why } = event;
        tally.answered(method, status);
        if (!overload.hasLine()) return;
        const request = parseMessage(nodeText.latin1(bytes), bytes);
        if (request instanceof SipRequest)
          log.info({ event: 'refused', method, ...parties(request), ...origin(flow), status, why });
        return;
      }
      case 'dropped': {
        tally.dropped();
        if (!log.isVerbose) return;
        const { message, flow, why } = event;
        const what =
          message instanceof SipResponse
            ? `${message.status} to ${message.get(CSeq)?.method ?? '?'}`
            : message?.method;
        log.debug({ event: 'dropped', message: what, ...origin(flow), why });
        return;
      }
      case 'unreachable':
        for (const { aor, received } of event.bindings)
          log.info({ event: 'unreachable', aor, received, why: event.why });
        return;
    }
  };
};

/** Lines about overload that a second has: thousands are refused then, and the metrics count them all. */
const OVERLOAD_LINES = 5;

class Sparing {
  private readonly now: () => number;
  private second = 0;
  private lines = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Whether one more may be written, which counts as written. */
  hasLine(): boolean {
    const second = Math.floor(this.now() / 1000);
    if (second !== this.second) this.lines = 0;
    this.second = second;
    this.lines++;
    return this.lines <= OVERLOAD_LINES;
  }
}

/** Who calls whom, and the name of the call by which a ladder finds its messages. */
const parties = (request: SipRequest) => ({
  from: request.get(From)?.uri.text,
  to: request.method === 'REGISTER' ? request.get(To)?.uri.text : request.uri,
  callId: request.get(CallId),
  ...(request.method === 'REGISTER' && { userAgent: request.get(UserAgent) }),
});

const origin = ({ transport, remote }: Flow) => ({
  source: `${transport}:${formatHost(remote.address)}:${remote.port}`,
});
