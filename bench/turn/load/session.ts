/** A TURN client of the load: allocates, permits, binds a channel; one question at a time, before anything is measured. */
import type { SocketAddress } from '@ringdown/sans-io';
import { XorRelayedAddress } from '@ringdown/turn';
import { Batch } from './batch.ts';
import { type Answer, allocate, allocateUnsigned, answerTo, bindChannel, permit } from './requests.ts';
import { Readable } from './sockets.ts';

const AGAIN_MS = 500;
const ATTEMPTS = 8;

/** Asks over a socket and waits for the answer, as often as it takes. */
export class Asker {
  readonly #batch = new Batch(1);
  readonly #server: Uint8Array;

  constructor(server: Uint8Array) {
    this.#server = server;
  }

  ask(fd: number, request: Uint8Array): Answer {
    const readable = new Readable();
    readable.watch(fd, 0);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const answer = this.#once(readable, fd, request);
      if (answer !== undefined) {
        readable.close();
        return answer;
      }
    }
    throw new Error(`no answer to a request of type ${request[0]! * 256 + request[1]!}`);
  }

  #once(readable: Readable, fd: number, request: Uint8Array): Answer | undefined {
    this.#batch.add(fd, request, this.#server);
    this.#batch.flush();
    const end = performance.now() + AGAIN_MS;
    while (performance.now() < end) {
      readable.each(() => undefined, 50);
      if (this.#batch.receive(fd) === 0) continue;
      const answer = answerTo(request, this.#batch.data.subarray(0, this.#batch.lengthOf(0)));
      if (answer !== undefined) return answer;
    }
    return undefined;
  }
}

const succeeded = (what: string, answer: Answer): Extract<Answer, { readonly kind: 'success' }> => {
  if (answer.kind === 'refused') throw new Error(`${what}: refused with ${answer.code}`);
  return answer;
};

/** Allocates, and lets data pass between the client and one peer: by a channel where one is given, else by indications. */
export const openRelay = (
  asker: Asker,
  fd: number,
  peer: SocketAddress,
  channel: number | undefined,
): SocketAddress => {
  const challenge = asker.ask(fd, allocateUnsigned());
  if (challenge.kind === 'success' || challenge.nonce === undefined)
    throw new Error('Allocate without a credential was not refused with a nonce');
  const { nonce } = challenge;
  const { message } = succeeded('Allocate', asker.ask(fd, allocate(nonce)));
  const relayed = message.get(XorRelayedAddress);
  if (relayed === undefined) throw new Error('an allocation without a relayed address');
  if (channel === undefined) succeeded('CreatePermission', asker.ask(fd, permit(nonce, peer)));
  else succeeded('ChannelBind', asker.ask(fd, bindChannel(nonce, channel, peer)));
  return relayed;
};
