import { Allow, defineField, type SipMessage, Supported } from '@ringdown/sip';
import { TRICKLE } from '../core.ts';

/** The packages of information that somebody wants (RFC 6086 §7.3). */
const RecvInfo = defineField<string>({ name: 'Recv-Info', list: true, decode: (text) => text });

/** What the peer of a dialog can do, as it said last. */
export class PeerAbilities {
  #methods: readonly string[] = [];
  #extensions: readonly string[] = [];
  #packages: readonly string[] = [];

  /** A request of the peer's, or a response, of those that say it: what one leaves out stays. */
  learn(message: SipMessage): void {
    const methods = message.texts(Allow);
    const extensions = message.texts(Supported);
    if (methods.length > 0) this.#methods = methods;
    if (extensions.length > 0) this.#extensions = extensions.map((tag) => tag.toLowerCase());
    if (message.indexOf(RecvInfo.header) >= 0) this.#packages = message.texts(RecvInfo);
  }

  allows(method: string): boolean {
    return this.#methods.includes(method);
  }

  supports(extension: string): boolean {
    return this.#extensions.includes(extension);
  }

  /** Whether it takes candidates by INFO (RFC 8840 §5). */
  get trickles(): boolean {
    return this.supports(TRICKLE) && this.#packages.some((name) => name.split(';')[0]?.trim() === TRICKLE);
  }
}
