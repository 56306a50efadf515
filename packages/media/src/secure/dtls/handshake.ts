import type { ShownCertificate } from '@ringdown/net';
import type { Random } from '@ringdown/sans-io';
import type { HandshakeMessage } from './handshake-message.ts';
import { wholeMessage } from './handshake-message.ts';
import {
  masterSecret,
  type Randoms,
  type RecordKey,
  recordKeys,
  transcriptHash,
  verifyData,
} from './key-schedule.ts';

/** Alerts that say why it ends (RFC 5246 §7.2), by their numbers. */
export const ALERT = {
  closeNotify: 0,
  handshakeFailure: 40,
  badCertificate: 42,
  illegalParameter: 47,
  decryptError: 51,
  protocolVersion: 70,
} as const;

/** What a handshake does with a message. */
export type Step =
  /** It is not what is waited for, or cannot be read: as if it had not come. */
  | { readonly kind: 'ignored' }
  /** There is more to come. */
  | { readonly kind: 'taken' }
  /** The peer's flight is whole, and this is ours. */
  | { readonly kind: 'answer'; readonly flight: Flight }
  /** Both are who they said, and have the same keys. The client has nothing more to send. */
  | { readonly kind: 'finished'; readonly flight?: Flight }
  | { readonly kind: 'failed'; readonly why: string; readonly alert: number };

export const IGNORED: Step = { kind: 'ignored' };
export const TAKEN: Step = { kind: 'taken' };
export const failed = (why: string, alert: number): Step => ({ kind: 'failed', why, alert });

/** Messages that go out together, in the clear (0) or encrypted (1), and the change between the two. */
export type Flight = readonly (
  | { readonly kind: 'message'; readonly epoch: 0 | 1; readonly message: HandshakeMessage }
  | { readonly kind: 'change cipher' }
)[];

/** What a handshake is given. */
export interface HandshakePorts {
  readonly random: Random;
  readonly certificateDer: Uint8Array;
  sign(data: Uint8Array): Uint8Array;
  /** The certificate that was announced; else why it is not. */
  judge(der: Uint8Array): ShownCertificate | string;
  /** Records of epoch 1 can be written and read from here on. */
  keyed(keys: { readonly client: RecordKey; readonly server: RecordKey }): void;
}

/** What SRTP's keys are made of. */
export interface Secrets {
  readonly master: Uint8Array;
  readonly randoms: Randoms;
  readonly srtpProfile: number;
}

/** One side of a handshake, whose messages come whole and in their order. */
export interface Handshake {
  /** What is sent without being asked. */
  begin(): Flight;
  take(message: HandshakeMessage): Step;
  /** Known once it has finished. */
  readonly secrets: Secrets | undefined;
}

/** All messages so far, and our own numbers. */
export class Transcript {
  #messages: Uint8Array[] = [];
  #sequence: number;

  constructor(firstSequence = 0) {
    this.#sequence = firstSequence;
  }

  get hash(): Uint8Array {
    return transcriptHash(this.#messages);
  }

  get bytes(): readonly Uint8Array[] {
    return this.#messages;
  }

  add(message: HandshakeMessage): void {
    this.#messages.push(wholeMessage(message));
  }

  /** A message of ours, numbered and remembered. */
  make(type: number, body: Uint8Array): HandshakeMessage {
    const message = { type, sequence: this.#sequence++, body };
    this.add(message);
    return message;
  }

  /** What came before a server's cookie is not part of it (RFC 6347 §4.2.6). */
  clear(): void {
    this.#messages = [];
  }
}

/** Both halves of a key agreement, made into keys. */
export class Agreement {
  readonly master: Uint8Array;
  readonly randoms: Randoms;

  constructor(shared: Uint8Array, randoms: Randoms, sessionHash: Uint8Array | undefined) {
    this.randoms = randoms;
    this.master = masterSecret(shared, randoms, sessionHash);
  }

  get recordKeys(): { readonly client: RecordKey; readonly server: RecordKey } {
    return recordKeys(this.master, this.randoms);
  }

  verifyData(who: 'client' | 'server', transcript: Transcript): Uint8Array {
    return verifyData(this.master, who, transcript.hash);
  }
}
