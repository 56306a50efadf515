import { buildRequest, type Flow, type HeaderLines } from '@ringdown/sip';
import { firstHop, namedAddress } from '../account.ts';
import type { Core } from '../core.ts';
import { Sending, type SendingUser } from './sending.ts';

/** A request outside of dialogs (RFC 3261 §8.1.1). */
export interface OutsideParts {
  readonly method: string;
  readonly uri: string;
  /** Default: the Request-URI. */
  readonly to?: string;
  /** Default: new ones. */
  readonly fromTag?: string;
  readonly callId?: string;
  /** Counts the tries, where several requests share a Call-ID. */
  readonly sequence?: { last: number };
  readonly headers?: HeaderLines;
  /** Whether it says a Contact, as what makes a dialog must. */
  readonly withContact?: boolean;
  /** Of a Contact that is registered: it is said without `ob`. */
  readonly contactParameters?: string;
  readonly body?: Uint8Array;
}

export const sendOutside = (core: Core, parts: OutsideParts, user: SendingUser): Sending => {
  const { method, uri, body } = parts;
  const fromTag = parts.fromTag ?? core.token();
  const callId = parts.callId ?? core.token();
  const sequence = parts.sequence ?? { last: 0 };
  return new Sending(
    core,
    {
      nextHop: firstHop(core.account),
      flow: core.flow,
      isOutside: true,
      build: (flow) =>
        buildRequest({
          method,
          uri,
          headers: [
            ['Max-Forwards', '70'],
            ['From', `${namedAddress(core.account)};tag=${fromTag}`],
            ['To', parts.to ?? `<${uri}>`],
            ['Call-ID', callId],
            ['CSeq', `${++sequence.last} ${method}`],
            ...core.presetRoute(),
            ...contactOf(core, parts, flow),
            ['User-Agent', core.options.product],
            ...(parts.headers ?? []),
          ],
          ...(body !== undefined && { body }),
        }),
    },
    user,
  ).start();
};

const contactOf = (core: Core, { withContact, contactParameters }: OutsideParts, flow: Flow): HeaderLines => {
  if (contactParameters !== undefined) return [['Contact', `<${core.contactUri(flow)}>${contactParameters}`]];
  return withContact === true ? [core.contact(flow)] : [];
};
