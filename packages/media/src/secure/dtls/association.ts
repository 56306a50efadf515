import { certificateDer, ecdsaSigner, type ShownCertificate } from '@ringdown/net';
import type { Random, Timer, Timers } from '@ringdown/sans-io';
import type { Dtls, DtlsOptions, DtlsUser } from '../dtls.ts';
import { PROTECTIONS } from '../srtp/protection.ts';
import { srtpGuard } from '../srtp/srtp-guard.ts';
import { alertText } from './alert-text.ts';
import { joined } from './bytes.ts';
import { ClientHandshake } from './client-handshake.ts';
import { judgeCertificate } from './fingerprint.ts';
import {
  ALERT,
  type Flight,
  type Handshake,
  type HandshakePorts,
  type Secrets,
  type Step,
} from './handshake.ts';
import {
  Assemblies,
  type Fragment,
  fragmentsOf,
  type HandshakeMessage,
  MESSAGE,
  readFragments,
} from './handshake-message.ts';
import { exported, type RecordKey } from './key-schedule.ts';
import { CONTENT, type ReadRecord, RecordLayer } from './records.ts';
import { ServerHandshake } from './server-handshake.ts';
import { SRTP_PROFILES } from './srtp-profiles.ts';

export interface DtlsPorts {
  readonly timers: Timers;
  readonly random: Random;
}

/** No datagram is longer: with UDP and IPv6 it fits every network. */
const MOST_DATAGRAM_BYTES = 1_200;
/** A fragment, in a record that may be encrypted. */
const MOST_FRAGMENT_BYTES = MOST_DATAGRAM_BYTES - 13 - 8 - 16;
/** The first wait is short, as the way has just been found good (RFC 6347 §4.2.4.1 would have a second). */
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 3_000;
const GIVE_UP_MS = 30_000;
/** Whoever can write on the way can write an alert: a handshake that goes on after it was none of the peer's. */
const REFUSAL_WAIT_MS = 1_000;
/** How often a flight goes out because the peer repeats itself; each is led to by a datagram. */
const MOST_REPEATS = 64;
/** Records that came before the keys they were written with. */
const MOST_EARLY_RECORDS = 8;
/** Numbers of a ClientHello: with and without a cookie, and some more. */
const MOST_HELLOS = 8;
const FATAL = 2;

const RETRANSMIT = 'retransmit';
const GIVE_UP = 'give up';
const REFUSED = 'refused';
type TimerName = typeof RETRANSMIT | typeof GIVE_UP | typeof REFUSED;

/** One DTLS 1.2 association for SRTP: records, messages in their order, flights that are sent until they are answered. */
export class Association implements Dtls {
  readonly #options: DtlsOptions;
  readonly #user: DtlsUser;
  readonly #timers: Timers;
  readonly #records = new RecordLayer();
  readonly #assemblies = new Assemblies();
  /** A ClientHello that comes again or anew. */
  readonly #hellos = new Assemblies();
  readonly #ports: HandshakePorts;
  readonly #running = new Map<TimerName, Timer>();
  #handshake: Handshake;
  #state: 'shaking hands' | 'secured' | 'over' = 'shaking hands';
  /** The number of the peer's message that comes next. */
  #next = 0;
  #flight: Flight = [];
  /** The last of the peer's messages that our flight answers. */
  #answered = -1;
  #waitMs = FIRST_WAIT_MS;
  #repeats = 0;
  /** One datagram leads to one flight: others could be made to hear the more of us. */
  #hasRepeated = false;
  #early: ReadRecord[] = [];
  #firstHello: HandshakeMessage | undefined = undefined;
  #hasHeard = false;
  #refusal = '';

  /** @throws Error where the identity cannot be read */
  constructor(options: DtlsOptions, user: DtlsUser, { timers, random }: DtlsPorts) {
    this.#options = options;
    this.#user = user;
    this.#timers = timers;
    this.#ports = {
      random,
      certificateDer: certificateDer(options.identity.certificatePem),
      sign: ecdsaSigner(options.identity.keyPem),
      judge: (der): ShownCertificate | string => judgeCertificate(der, options.fingerprints),
      keyed: (keys) => this.#keyed(keys),
    };
    this.#handshake =
      options.role === 'client' ? new ClientHandshake(this.#ports) : new ServerHandshake(this.#ports, 0);
    this.#start(GIVE_UP, GIVE_UP_MS);
    this.#send(this.#handshake.begin());
  }

  received(datagram: Uint8Array): void {
    if (this.#isOver) return;
    this.#hasHeard = true;
    this.#hasRepeated = false;
    for (const record of this.#records.split(datagram)) this.#arrived(record);
    if (!this.#records.isKeyed) return;
    const early = this.#early;
    this.#early = [];
    for (const record of early) this.#arrived(record);
  }

  close(): void {
    if (this.#isOver) return;
    this.#alert(1, ALERT.closeNotify);
    this.#end();
  }

  timerFired(name: string): void {
    this.#running.delete(name as TimerName);
    if (name === RETRANSMIT) {
      this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
      this.#transmit();
    } else if (name === REFUSED) this.#fail(this.#refusal);
    else
      this.#fail(
        this.#hasHeard
          ? `the DTLS handshake was not done within ${GIVE_UP_MS / 1_000} seconds`
          : `nothing of the peer’s DTLS handshake came within ${GIVE_UP_MS / 1_000} seconds`,
      );
  }

  get #isOver(): boolean {
    return this.#state === 'over';
  }

  #arrived(record: ReadRecord): void {
    const { type, epoch } = record;
    if (this.#isOver) return;
    if (epoch === 1 && !this.#records.isKeyed) {
      if (this.#early.length < MOST_EARLY_RECORDS)
        this.#early.push({ ...record, body: record.body.slice(0, MOST_DATAGRAM_BYTES) });
      return;
    }
    const body = epoch === 0 ? record.body : this.#records.open(record);
    if (body === undefined) return;
    if (type === CONTENT.handshake) this.#handshakeRecord(epoch, body);
    else if (type === CONTENT.alert) this.#alerted(epoch, body);
  }

  #handshakeRecord(epoch: 0 | 1, body: Uint8Array): void {
    for (const fragment of readFragments(body)) {
      // Finished alone is encrypted: what is in the clear could be anybody's.
      if ((fragment.type === MESSAGE.finished) !== (epoch === 1)) continue;
      if (fragment.type === MESSAGE.clientHello) this.#hello(fragment);
      else if (fragment.sequence < this.#next) this.#old(fragment);
      else if (this.#state === 'shaking hands') this.#assemblies.add(fragment, this.#next);
    }
    while (this.#state === 'shaking hands') {
      const message = this.#assemblies.take(this.#next);
      if (message === undefined || !this.#follow(message, this.#handshake.take(message))) return;
    }
  }

  /** A ClientHello, of whatever number: one may have been asked for a cookie by who was here before. */
  #hello(fragment: Fragment): void {
    if (this.#options.role === 'client' || this.#state !== 'shaking hands') return;
    const { sequence } = fragment;
    if (sequence > MOST_HELLOS) return;
    this.#hellos.add(fragment, sequence);
    const hello = this.#hellos.take(sequence);
    if (hello === undefined) return;
    if (this.#firstHello === undefined) this.#begin(hello);
    else this.#helloAgain(this.#firstHello, hello);
  }

  /** The end of what our flight answers: the peer has not heard it. A client that is done has nothing to repeat. */
  #old({ sequence, offset, bytes, length }: Fragment): void {
    const isClientDone = this.#options.role === 'client' && this.#state === 'secured';
    if (sequence === this.#answered && offset + bytes.length === length && !isClientDone) this.#repeat();
  }

  /** The same ClientHello asks for our flight again; another one is of another handshake, and the first was perhaps forged. */
  #helloAgain(first: HandshakeMessage, hello: HandshakeMessage): void {
    const isSame =
      first.body.length === hello.body.length &&
      first.body.every((byte, index) => byte === hello.body[index]);
    if (isSame) this.#repeat();
    // Whoever has shown its certificate to the first is not begun anew by what anybody can write.
    else if (this.#next === first.sequence + 1 && this.#mayRepeat()) this.#begin(hello);
  }

  #begin(hello: HandshakeMessage): void {
    const handshake = new ServerHandshake(this.#ports, hello.sequence);
    const step = handshake.take(hello);
    if (step.kind === 'ignored') return;
    this.#handshake = handshake;
    this.#firstHello = hello;
    this.#assemblies.clear();
    this.#records.clearKeys();
    this.#early = [];
    this.#follow(hello, step);
  }

  /** @returns whether the message was taken */
  #follow(message: HandshakeMessage, step: Step): boolean {
    if (step.kind === 'ignored') return false;
    this.#stop(REFUSED);
    if (step.kind === 'failed') {
      this.#fail(step.why, step.alert);
      return true;
    }
    this.#next = message.sequence + 1;
    if (step.kind === 'taken') return true;
    this.#answered = message.sequence;
    this.#stop(RETRANSMIT);
    this.#waitMs = FIRST_WAIT_MS;
    if (step.kind === 'answer') this.#send(step.flight);
    else this.#secured(step.flight);
    return true;
  }

  #secured(flight: Flight | undefined): void {
    const { secrets } = this.#handshake;
    if (secrets === undefined) return;
    this.#state = 'secured';
    this.#stop(GIVE_UP);
    this.#assemblies.clear();
    this.#hellos.clear();
    this.#early = [];
    if (flight !== undefined) this.#send(flight);
    this.#user.secured(guardOf(secrets, this.#options.role));
  }

  #keyed({ client, server }: { readonly client: RecordKey; readonly server: RecordKey }): void {
    const isClient = this.#options.role === 'client';
    this.#records.setKeys(isClient ? client : server, isClient ? server : client);
  }

  #alerted(epoch: 0 | 1, [level, code = 0]: Uint8Array): void {
    if (epoch === 1) {
      if (code === ALERT.closeNotify) this.#fail('the peer closed DTLS');
      else if (level === FATAL) this.#fail(`the peer ended DTLS: ${alertText(code)}`);
      return;
    }
    if (this.#state !== 'shaking hands' || this.#running.has(REFUSED)) return;
    if (level !== FATAL && code !== ALERT.closeNotify) return;
    this.#refusal = `the peer refused DTLS: ${alertText(code)}`;
    this.#start(REFUSED, REFUSAL_WAIT_MS);
  }

  #send(flight: Flight): void {
    this.#flight = flight;
    this.#transmit();
  }

  /** Our flight, with new numbers of records; as few datagrams as it fits in. */
  #transmit(): void {
    let datagram = new Uint8Array(0);
    const records = this.#flight.flatMap((item) =>
      item.kind === 'change cipher'
        ? [this.#records.write({ type: CONTENT.changeCipherSpec, epoch: 0, body: Uint8Array.of(1) })]
        : fragmentsOf(item.message, MOST_FRAGMENT_BYTES).map((body) =>
            this.#records.write({ type: CONTENT.handshake, epoch: item.epoch, body }),
          ),
    );
    if (this.#state === 'shaking hands' && records.length > 0) this.#start(RETRANSMIT, this.#waitMs);
    for (const record of records) {
      if (datagram.length > 0 && datagram.length + record.length > MOST_DATAGRAM_BYTES) {
        this.#user.transmit(datagram);
        datagram = new Uint8Array(0);
      }
      datagram = joined(datagram, record) as Uint8Array<ArrayBuffer>;
    }
    if (datagram.length > 0) this.#user.transmit(datagram);
  }

  #repeat(): void {
    if (this.#mayRepeat()) this.#transmit();
  }

  #mayRepeat(): boolean {
    if (this.#hasRepeated || this.#repeats >= MOST_REPEATS) return false;
    this.#hasRepeated = true;
    this.#repeats++;
    return true;
  }

  #alert(level: number, code: number): void {
    const isEncrypted = this.#flight.some((item) => item.kind === 'message' && item.epoch === 1);
    const body = Uint8Array.of(level, code);
    this.#user.transmit(this.#records.write({ type: CONTENT.alert, epoch: isEncrypted ? 1 : 0, body }));
  }

  /** @param alert what to tell the peer; nothing where it knows */
  #fail(why: string, alert?: number): void {
    if (this.#isOver) return;
    if (alert !== undefined) this.#alert(FATAL, alert);
    this.#end();
    this.#user.failed(why);
  }

  #end(): void {
    this.#state = 'over';
    for (const timer of this.#running.values()) this.#timers.stop(timer);
    this.#running.clear();
    this.#assemblies.clear();
    this.#hellos.clear();
    this.#early = [];
  }

  #start(name: TimerName, delayMs: number): void {
    this.#stop(name);
    this.#running.set(name, this.#timers.start(this, name, delayMs));
  }

  #stop(name: TimerName): void {
    const timer = this.#running.get(name);
    if (timer === undefined) return;
    this.#timers.stop(timer);
    this.#running.delete(name);
  }
}

/** The keys of SRTP: client's and server's key, then their salts (RFC 5764 §4.2). */
const guardOf = ({ master, randoms, srtpProfile }: Secrets, role: 'client' | 'server') => {
  const { name } = SRTP_PROFILES.find(({ id }) => id === srtpProfile)!;
  const { keyBytes, saltBytes } = PROTECTIONS[name];
  const material = exported(master, randoms, 'EXTRACTOR-dtls_srtp', 2 * (keyBytes + saltBytes));
  const saltsAt = 2 * keyBytes;
  const client = {
    key: material.subarray(0, keyBytes),
    salt: material.subarray(saltsAt, saltsAt + saltBytes),
  };
  const server = { key: material.subarray(keyBytes, saltsAt), salt: material.subarray(saltsAt + saltBytes) };
  return role === 'client'
    ? srtpGuard(PROTECTIONS[name], client, server)
    : srtpGuard(PROTECTIONS[name], server, client);
};
