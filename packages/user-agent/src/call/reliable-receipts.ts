import { Require, type SipResponse } from '@ringdown/sip';

/** Whether a provisional response wants a PRACK (RFC 3262 §4). */
export const isReliably = (response: SipResponse): boolean =>
  response.texts(Require).some((tag) => tag.toLowerCase() === '100rel');

/** The reliable responses of one dialog to one INVITE: each is acknowledged once, in their order (RFC 3262 §4). */
export class ReliableReceipts {
  #last: number | undefined;

  /** @returns what RAck says; undefined for a retransmission, and for one whose turn has not come */
  receipt(response: SipResponse): string | undefined {
    const number = Number.parseInt(response.text('RSeq') ?? '', 10);
    if (Number.isNaN(number)) return undefined;
    if (this.#last !== undefined && number !== this.#last + 1) return undefined;
    this.#last = number;
    return `${number} ${response.text('CSeq') ?? ''}`;
  }
}
