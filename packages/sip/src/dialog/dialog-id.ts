import { From, To, tagOf } from '../message/address.ts';
import { CallId } from '../message/fields.ts';
import type { SipMessage } from '../message/message.ts';

/**
 * A dialog ID (RFC 3261 §12) as one text: Call-ID, local tag, remote tag. A tag that a peer of RFC 2543 left out is null:
 * the empty string here.
 */
export const dialogId = (callId: string, localTag: string, remoteTag: string): string =>
  `${callId} ${localTag} ${remoteTag}`;

/**
 * The ID of the dialog that a message belongs to, as its receiver computes it: for a request we are the UAS, our tag is in
 * To; for a response we are the UAC, our tag is in From.
 *
 * @returns undefined where no tag of ours is there, so that the message is in no dialog, or its Call-ID, From or To
 * cannot be read.
 */
export const dialogIdOf = (message: SipMessage): string | undefined => {
  const callId = message.get(CallId);
  const from = message.get(From);
  const to = message.get(To);
  if (callId === undefined || from === undefined || to === undefined) return undefined;
  const isRequest = 'method' in message;
  const localTag = tagOf(isRequest ? to : from);
  if (localTag === undefined) return undefined;
  return dialogId(callId, localTag, tagOf(isRequest ? from : to) ?? '');
};
