import { newTransactionId } from '../client-transaction.ts';
import { BINDING } from '../header.ts';
import { MessageWriter } from '../message-writer.ts';
import { byteString } from '../text-attribute.ts';
import type { TransportAddress } from '../transport-address.ts';
import type { Behaviour } from './nat-report.ts';
import { type ProbeSocket, pause } from './probe-socket.ts';
import type { Prober } from './prober.ts';

/** How often each of the two sends; the first ones open the filters for those of the other. */
const ROUNDS = 6;
const ROUND_MS = 200;

/**
 * Whether two sockets of this device reach each other by their addresses outside (RFC 5780 §3.4, RFC 4787 §6).
 *
 * @returns undefined where it cannot be told: who gets a new port for each destination has no address that the other knows
 */
export const hairpinningOf = async (
  prober: Prober,
  server: TransportAddress,
  mapping: Behaviour,
): Promise<boolean | undefined> => {
  const [left, right] = await Promise.all([prober.openAsking(server), prober.openAsking(server)]);
  const reached =
    left?.answer.kind === 'mapped' && right?.answer.kind === 'mapped'
      ? await meet(prober, [left.socket, left.answer.mapped], [right.socket, right.answer.mapped])
      : undefined;
  left?.socket.close();
  right?.socket.close();
  return reached === true || mapping === 'endpoint-independent' ? reached : undefined;
};

type Seen = readonly [socket: ProbeSocket, mapped: TransportAddress];

const meet = async (prober: Prober, left: Seen, right: Seen): Promise<boolean> => {
  let reached = false;
  const { timers, random } = prober.ports;
  const sends = ([from]: Seen, [to, mapped]: Seen): (() => void) => {
    const id = newTransactionId(random);
    to.strayed = (message) => {
      reached ||= byteString(message.transactionId) === byteString(id);
    };
    return () => from.send(new MessageWriter(BINDING, 'indication', id).bytes, mapped);
  };
  const both = [sends(left, right), sends(right, left)];
  for (let round = 0; round < ROUNDS && !reached; round++) {
    for (const send of both) send();
    await pause(timers, ROUND_MS);
  }
  if (!reached) await pause(timers, ROUND_MS * 2);
  return reached;
};
