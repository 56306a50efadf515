import { makeKeyAgreement, type ShownCertificate, sameBytes } from '@ringdown/net';
import { joined, vector } from './bytes.ts';
import {
  Agreement,
  ALERT,
  type Flight,
  failed,
  type Handshake,
  type HandshakePorts,
  IGNORED,
  type Secrets,
  type Step,
  TAKEN,
  Transcript,
} from './handshake.ts';
import { type HandshakeMessage, MESSAGE } from './handshake-message.ts';
import {
  clientHelloBody,
  readHelloVerifyRequest,
  readServerHello,
  type ServerHello,
  SUITES,
} from './hello.ts';
import {
  certificateBody,
  readCertificateBody,
  readServerKeyExchange,
  type ServerKeyExchange,
  signatureBytes,
  signedParameters,
} from './key-exchange.ts';
import type { Randoms } from './key-schedule.ts';
import { SRTP_PROFILES } from './srtp-profiles.ts';

type State = 'hello' | 'certificate' | 'key exchange' | 'done' | 'finished' | 'over';

/** The side that speaks first (RFC 5246 §7.3, RFC 6347 §4.2.4). */
export class ClientHandshake implements Handshake {
  readonly #ports: HandshakePorts;
  readonly #transcript = new Transcript();
  readonly #random: Uint8Array;
  #state: State = 'hello';
  #server: ServerHello | undefined = undefined;
  #certificate: ShownCertificate | undefined = undefined;
  #exchange: ServerKeyExchange | undefined = undefined;
  #isAsked = false;
  #hasCookie = false;
  #agreement: Agreement | undefined = undefined;

  constructor(ports: HandshakePorts) {
    this.#ports = ports;
    this.#random = ports.random.bytes(32);
  }

  get secrets(): Secrets | undefined {
    const srtpProfile = this.#server?.srtpProfile;
    if (this.#state !== 'over' || this.#agreement === undefined || srtpProfile === undefined)
      return undefined;
    return { master: this.#agreement.master, randoms: this.#agreement.randoms, srtpProfile };
  }

  begin(): Flight {
    return [this.#hello(new Uint8Array(0))];
  }

  take(message: HandshakeMessage): Step {
    const { type } = message;
    switch (this.#state) {
      case 'hello':
        if (type === MESSAGE.helloVerifyRequest) return this.#again(message);
        return type === MESSAGE.serverHello ? this.#serverHello(message) : IGNORED;
      case 'certificate':
        return type === MESSAGE.certificate ? this.#shown(message) : IGNORED;
      case 'key exchange':
        return type === MESSAGE.serverKeyExchange ? this.#keyExchange(message) : IGNORED;
      case 'done':
        if (type === MESSAGE.certificateRequest) return this.#asked(message);
        return type === MESSAGE.serverHelloDone ? this.#answer(message) : IGNORED;
      case 'finished':
        return type === MESSAGE.finished ? this.#finished(message) : IGNORED;
      case 'over':
        return IGNORED;
    }
  }

  #hello(cookie: Uint8Array): Flight[number] {
    const profiles = SRTP_PROFILES.map(({ id }) => id);
    const body = clientHelloBody(this.#random, cookie, profiles);
    return { kind: 'message', epoch: 0, message: this.#transcript.make(MESSAGE.clientHello, body) };
  }

  #again(message: HandshakeMessage): Step {
    const cookie = readHelloVerifyRequest(message.body);
    if (cookie === undefined || this.#hasCookie) return IGNORED;
    this.#hasCookie = true;
    this.#transcript.clear();
    return { kind: 'answer', flight: [this.#hello(cookie)] };
  }

  #serverHello(message: HandshakeMessage): Step {
    const server = readServerHello(message.body);
    if (server === undefined) return IGNORED;
    if (server.suite !== SUITES.ec && server.suite !== SUITES.rsa)
      return failed('the peer chose a cipher suite that was not offered', ALERT.illegalParameter);
    if (!SRTP_PROFILES.some(({ id }) => id === server.srtpProfile))
      return failed('the peer does not protect packets the way that was offered', ALERT.illegalParameter);
    this.#server = server;
    return this.#went('certificate', message);
  }

  #shown(message: HandshakeMessage): Step {
    const der = readCertificateBody(message.body);
    if (der === undefined) return IGNORED;
    const certificate = this.#ports.judge(der);
    if (typeof certificate === 'string') return failed(certificate, ALERT.badCertificate);
    if (SUITES[certificate.keyKind === 'rsa' ? 'rsa' : 'ec'] !== this.#server?.suite)
      return failed('the peer’s certificate does not go with its cipher suite', ALERT.illegalParameter);
    this.#certificate = certificate;
    return this.#went('key exchange', message);
  }

  #keyExchange(message: HandshakeMessage): Step {
    const exchange = readServerKeyExchange(message.body);
    if (exchange === undefined) return IGNORED;
    const data = signedParameters(this.#randoms(), exchange.parameters);
    if (this.#certificate?.hasSigned(exchange.scheme, data, exchange.signature) !== true)
      return failed('the peer showed a certificate whose key it does not have', ALERT.decryptError);
    this.#exchange = exchange;
    return this.#went('done', message);
  }

  #asked(message: HandshakeMessage): Step {
    if (this.#isAsked) return IGNORED;
    this.#isAsked = true;
    return this.#went('done', message);
  }

  /** Our certificate, our key, the proof that we have it, and all that in the hash of Finished. */
  #answer(message: HandshakeMessage): Step {
    const { group, publicKey } = this.#exchange!;
    const own = makeKeyAgreement(group);
    const shared = own.agree(publicKey);
    if (shared === undefined) return failed('the peer’s key is none of its curve', ALERT.illegalParameter);
    this.#transcript.add(message);
    const { certificateDer, sign, keyed } = this.#ports;
    const messages: HandshakeMessage[] = [];
    const make = (type: number, body: Uint8Array): void => {
      messages.push(this.#transcript.make(type, body));
    };
    if (this.#isAsked) make(MESSAGE.certificate, certificateBody(certificateDer));
    make(MESSAGE.clientKeyExchange, vector(1, own.publicKey));
    const sessionHash = this.#server!.extendedMasterSecret ? this.#transcript.hash : undefined;
    const agreement = new Agreement(shared, this.#randoms(), sessionHash);
    if (this.#isAsked)
      make(MESSAGE.certificateVerify, signatureBytes(sign(joined(...this.#transcript.bytes))));
    const finished = this.#transcript.make(
      MESSAGE.finished,
      agreement.verifyData('client', this.#transcript),
    );
    this.#agreement = agreement;
    this.#state = 'finished';
    keyed(agreement.recordKeys);
    return {
      kind: 'answer',
      flight: [
        ...messages.map((one) => ({ kind: 'message', epoch: 0, message: one }) as const),
        { kind: 'change cipher' },
        { kind: 'message', epoch: 1, message: finished },
      ],
    };
  }

  #finished({ body }: HandshakeMessage): Step {
    if (!sameBytes(body, this.#agreement!.verifyData('server', this.#transcript)))
      return failed('somebody has changed the handshake on its way', ALERT.decryptError);
    this.#state = 'over';
    return { kind: 'finished' };
  }

  #randoms(): Randoms {
    return { client: this.#random, server: this.#server!.random };
  }

  #went(state: State, message: HandshakeMessage): Step {
    this.#transcript.add(message);
    this.#state = state;
    return TAKEN;
  }
}
