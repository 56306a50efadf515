import {
  type KeyAgreement,
  type KeyGroup,
  makeKeyAgreement,
  type ShownCertificate,
  sameBytes,
} from '@ringdown/net';
import { joined } from './bytes.ts';
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
import { type ClientHello, isDtls10, readClientHello, SUITES, serverHelloBody } from './hello.ts';
import {
  certificateBody,
  certificateRequestBody,
  groupOf,
  keyParameters,
  readCertificateBody,
  readCertificateVerify,
  readClientKeyExchange,
  signatureBytes,
  signedParameters,
} from './key-exchange.ts';
import type { Randoms } from './key-schedule.ts';
import { SRTP_PROFILES } from './srtp-profiles.ts';

type State = 'hello' | 'certificate' | 'key exchange' | 'verify' | 'finished' | 'over';

/**
 * The side that is spoken to. It asks for no cookie (RFC 6347 §4.2.1): it answers over one way, to one peer, and sends no more
 * than that peer's checks or packets have led to.
 */
export class ServerHandshake implements Handshake {
  readonly #ports: HandshakePorts;
  readonly #random: Uint8Array;
  readonly #transcript: Transcript;
  #state: State = 'hello';
  #hello: ClientHello | undefined = undefined;
  #profile: number | undefined = undefined;
  #own: KeyAgreement | undefined = undefined;
  #certificate: ShownCertificate | undefined = undefined;
  #agreement: Agreement | undefined = undefined;

  /** @param firstSequence the number of the client's first message: ours begin there, too */
  constructor(ports: HandshakePorts, firstSequence: number) {
    this.#ports = ports;
    this.#random = ports.random.bytes(32);
    this.#transcript = new Transcript(firstSequence);
  }

  get secrets(): Secrets | undefined {
    if (this.#state !== 'over' || this.#agreement === undefined || this.#profile === undefined)
      return undefined;
    return {
      master: this.#agreement.master,
      randoms: this.#agreement.randoms,
      srtpProfile: this.#profile,
    };
  }

  begin(): Flight {
    return [];
  }

  take(message: HandshakeMessage): Step {
    const { type } = message;
    switch (this.#state) {
      case 'hello':
        return type === MESSAGE.clientHello ? this.#answer(message) : IGNORED;
      case 'certificate':
        return type === MESSAGE.certificate ? this.#shown(message) : IGNORED;
      case 'key exchange':
        return type === MESSAGE.clientKeyExchange ? this.#keyExchange(message) : IGNORED;
      case 'verify':
        return type === MESSAGE.certificateVerify ? this.#verified(message) : IGNORED;
      case 'finished':
        return type === MESSAGE.finished ? this.#finished(message) : IGNORED;
      case 'over':
        return IGNORED;
    }
  }

  #answer(message: HandshakeMessage): Step {
    if (isDtls10(message.body))
      return failed('the peer speaks DTLS 1.0 alone, which is no longer safe', ALERT.protocolVersion);
    const hello = readClientHello(message.body);
    if (hello === undefined) return IGNORED;
    const profile = SRTP_PROFILES.find(({ id }) => hello.srtpProfiles.includes(id));
    if (profile === undefined)
      return failed('the peer does not protect packets in a way that we have', ALERT.handshakeFailure);
    const group = groupFor(hello);
    if (group === undefined || !hello.suites.includes(SUITES.ec))
      return failed('the peer has no cipher suite that we have', ALERT.handshakeFailure);
    this.#hello = hello;
    this.#profile = profile.id;
    this.#own = makeKeyAgreement(group);
    this.#transcript.add(message);
    this.#state = 'certificate';
    const parameters = keyParameters(group, this.#own.publicKey);
    const signature = this.#ports.sign(signedParameters(this.#randoms(), parameters));
    const { extendedMasterSecret } = hello;
    const serverHello = {
      random: this.#random,
      suite: SUITES.ec,
      srtpProfile: profile.id,
      extendedMasterSecret,
    };
    const messages = [
      this.#transcript.make(MESSAGE.serverHello, serverHelloBody(serverHello)),
      this.#transcript.make(MESSAGE.certificate, certificateBody(this.#ports.certificateDer)),
      this.#transcript.make(MESSAGE.serverKeyExchange, joined(parameters, signatureBytes(signature))),
      this.#transcript.make(MESSAGE.certificateRequest, certificateRequestBody()),
      this.#transcript.make(MESSAGE.serverHelloDone, new Uint8Array(0)),
    ];
    return { kind: 'answer', flight: messages.map((one) => ({ kind: 'message', epoch: 0, message: one })) };
  }

  #shown(message: HandshakeMessage): Step {
    const der = readCertificateBody(message.body);
    if (der === undefined) return IGNORED;
    const certificate = this.#ports.judge(der);
    if (typeof certificate === 'string') return failed(certificate, ALERT.badCertificate);
    this.#certificate = certificate;
    return this.#went('key exchange', message);
  }

  #keyExchange(message: HandshakeMessage): Step {
    const peerKey = readClientKeyExchange(message.body);
    if (peerKey === undefined) return IGNORED;
    const shared = this.#own!.agree(peerKey);
    if (shared === undefined) return failed('the peer’s key is none of its curve', ALERT.illegalParameter);
    this.#went('verify', message);
    const sessionHash = this.#hello!.extendedMasterSecret ? this.#transcript.hash : undefined;
    this.#agreement = new Agreement(shared, this.#randoms(), sessionHash);
    return TAKEN;
  }

  #verified(message: HandshakeMessage): Step {
    const verify = readCertificateVerify(message.body);
    if (verify === undefined) return IGNORED;
    const signed = joined(...this.#transcript.bytes);
    if (this.#certificate?.hasSigned(verify.scheme, signed, verify.signature) !== true)
      return failed('the peer showed a certificate whose key it does not have', ALERT.decryptError);
    this.#ports.keyed(this.#agreement!.recordKeys);
    return this.#went('finished', message);
  }

  #finished(message: HandshakeMessage): Step {
    const agreement = this.#agreement!;
    if (!sameBytes(message.body, agreement.verifyData('client', this.#transcript)))
      return failed('somebody has changed the handshake on its way', ALERT.decryptError);
    this.#went('over', message);
    const body = agreement.verifyData('server', this.#transcript);
    const finished = this.#transcript.make(MESSAGE.finished, body);
    return {
      kind: 'finished',
      flight: [{ kind: 'change cipher' }, { kind: 'message', epoch: 1, message: finished }],
    };
  }

  #randoms(): Randoms {
    return { client: this.#hello!.random, server: this.#random };
  }

  #went(state: State, message: HandshakeMessage): Step {
    this.#transcript.add(message);
    this.#state = state;
    return TAKEN;
  }
}

/** The first of the client's that we have; P-256 where it names none (RFC 8422 §4). */
const groupFor = ({ groups }: ClientHello): KeyGroup | undefined => {
  if (groups.length === 0) return 'secp256r1';
  for (const id of groups) {
    const group = groupOf(id);
    if (group !== undefined) return group;
  }
  return undefined;
};
