import type { Instant } from '@ringdown/sans-io';
import {
  answerBinding,
  BINDING,
  errorTo,
  fingerprintHolds,
  finishSigned,
  HEADER_BYTES,
  LongTermServer,
  Malformed,
  MessageIntegrity,
  MessageIntegritySha256,
  parseStun,
  type RefusedCredential,
  read16,
  type StunMessage,
  unknownAttributesTo,
} from '@ringdown/stun';
import {
  ALLOCATE,
  CHANNEL_BIND,
  CONNECT,
  CONNECTION_BIND,
  CREATE_PERMISSION,
  REFRESH,
} from '../attributes/methods.ts';
import { allocate } from './allocate.ts';
import type { Allocation } from './allocation.ts';
import { Allocations } from './allocations.ts';
import { channelBind } from './channel-bind.ts';
import { createPermission } from './create-permission.ts';
import type { AllocationEnd, TurnEvent } from './events.ts';
import { DataIndications, isSendIndication, SendIndication } from './indication.ts';
import { PeerPolicy } from './peer-policy.ts';
import type { TurnClientPath, TurnCredentials, TurnServerPorts, TurnUser } from './ports.ts';
import { Quota } from './quota.ts';
import { PerSecond, PerSource } from './rate-limit.ts';
import { refresh } from './refresh.ts';
import { RelayOpener } from './relay-opener.ts';
import { type Refused, type TurnDesk, type TurnRequest, type Verdict, withAllocation } from './requests.ts';
import { Reservations } from './reservations.ts';
import { Slab } from './slab.ts';
import { StreamClients } from './stream-clients.ts';
import { TcpConnections } from './tcp-connections.ts';
import {
  type RelayAddress,
  type SettledOptions,
  type TurnLimits,
  type TurnServerOptions,
  turnLimits,
  turnServerDefaults,
} from './turn-server-options.ts';

/** All that must be understood in a request, of RFC 8489, RFC 8656 and RFC 6062. DONT-FRAGMENT cannot be had, so it is not. */
const KNOWN: ReadonlySet<number> = new Set([
  0x0001, 0x0006, 0x0008, 0x0009, 0x000a, 0x000c, 0x000d, 0x0012, 0x0013, 0x0014, 0x0015, 0x0016, 0x0017,
  0x0018, 0x0019, 0x001c, 0x001d, 0x001e, 0x0020, 0x0022, 0x002a,
]);

const METHODS: ReadonlySet<number> = new Set([
  ALLOCATE,
  REFRESH,
  CREATE_PERMISSION,
  CHANNEL_BIND,
  CONNECT,
  CONNECTION_BIND,
]);

/** What is told in a second of refused datagrams, from all sources together: whoever forges one source forges a million. */
const TOLD_OF_STRANGERS = 100;

/**
 * A TURN server (RFC 8656, RFC 6062) without sockets: it is given what came from clients, and opens relayed transport addresses
 * by a port. Nobody relays without a credential, and nobody reaches by it what is not of the Internet at large, unless the
 * operator opened it. Binding requests get their answer, too.
 *
 * @example
 * const server = new TurnServer({ realm: 'example.org', relayAddresses: [{ address: '198.51.100.1' }] }, ports);
 * server.received({ transport: 'udp', local, remote, send: (bytes) => socket.send(bytes, remote), close() {} }, datagram);
 */
export class TurnServer {
  readonly #ports: TurnServerPorts;
  readonly #desk: TurnDesk;
  readonly #newcomers: LongTermServer<TurnUser>;
  readonly #residents: LongTermServer<TurnUser>;
  readonly #refusals: PerSource;
  readonly #told: PerSource;
  readonly #toldOfStrangers = new PerSecond(TOLD_OF_STRANGERS);
  readonly #streams: StreamClients;
  readonly #connections: TcpConnections;
  readonly #indication = new SendIndication();

  constructor(options: TurnServerOptions, ports: TurnServerPorts) {
    const { random, clock, hashes, credentials } = ports;
    const limits: TurnLimits = { ...turnLimits, ...options.limits };
    const longTerm = { clock, hashes, random, key: ports.key ?? random.bytes(32) };
    this.#ports = ports;
    this.#newcomers = new LongTermServer(options, unexpired(ports), longTerm);
    this.#residents = new LongTermServer(options, credentials, longTerm);
    this.#refusals = new PerSource(limits.refusalsPerSecond, random);
    this.#told = new PerSource(limits.refusalsPerSecond, random);
    this.#desk = this.#furnish({ ...turnServerDefaults, ...options }, limits);
    this.setOwnAddresses(options.ownAddresses ?? []);
    this.#streams = new StreamClients(this.#desk.options.idleStreamMs, ports.timers, {
      received: (client, frame) => this.#message(client, frame, clock.now()),
      isServed: (client) => this.#desk.allocations.of(client) !== undefined,
      closed: (client) => this.#desk.allocations.of(client)?.end('closed'),
    });
    this.#connections = new TcpConnections(this.#desk, (client, raw) => this.#streams.makeRaw(client, raw));
  }

  /** How many allocations live, and ports that are kept for some. */
  get size(): number {
    return this.#desk.quota.total;
  }

  /** What relays are made of from now on, when addresses have come or gone; `setOwnAddresses` has to follow. */
  setRelayAddresses(addresses: readonly RelayAddress[]): void {
    this.#desk.opener.use(addresses);
  }

  /** The addresses of this machine besides those of its relays, when they have changed: what listens there is not for peers. */
  setOwnAddresses(addresses: readonly string[]): void {
    const { policy, allocations, opener } = this.#desk;
    policy.own = [...addresses, ...opener.addresses];
    const isAllowed = (bytes: Uint8Array): boolean => policy.judge(bytes).kind === 'allowed';
    for (const { relays } of allocations.all)
      for (const { permissions } of relays) permissions.keep(isAllowed);
  }

  /** A client has opened a stream: it has so long to say what it wants. Without this it counts from its first byte. */
  accepted(client: TurnClientPath): void {
    this.#streams.accept(client);
  }

  /** A datagram of a client's, or a piece of its stream, however the network cut it. The bytes are the server's from here on. */
  received(client: TurnClientPath, bytes: Uint8Array, now: Instant = this.#ports.clock.now()): void {
    if (client.transport === 'udp') this.#message(client, bytes, now);
    else this.#streams.received(client, bytes);
  }

  /** A client's stream has ended, and its allocation with it. */
  closed(client: TurnClientPath): void {
    this.#streams.ended(client);
    this.#desk.allocations.of(client)?.end('closed');
  }

  /** All that was queued on a client's stream has gone. */
  drained(client: TurnClientPath): void {
    this.#streams.drained(client);
  }

  /** An account is no more, or has another password: what it has ends at once. */
  forget(user: string): void {
    this.#desk.reservations.forget(user);
    for (const allocation of this.#desk.allocations.ofUser(user)) allocation.end('forgotten');
  }

  /** Ends all. */
  close(): void {
    this.#desk.reservations.forget();
    for (const allocation of this.#desk.allocations.all) allocation.end('server closed');
    this.#streams.closeAll();
  }

  #message(client: TurnClientPath, bytes: Uint8Array, now: Instant): void {
    const first = bytes[0] ?? 0xff;
    if (first >= 0x80) return;
    if (first >= 0x40) this.#desk.allocations.of(client)?.channelData(bytes, now);
    else if (isSendIndication(bytes)) this.#send(client, bytes, now);
    else this.#request(client, bytes, now);
  }

  #send(client: TurnClientPath, bytes: Uint8Array, now: Instant): void {
    const allocation = this.#desk.allocations.of(client);
    if (allocation === undefined || !this.#indication.read(bytes)) return;
    if (this.#indication.hasFingerprint && !isWhole(bytes)) return;
    allocation.send(bytes, this.#indication, now);
  }

  #request(client: TurnClientPath, bytes: Uint8Array, now: Instant): void {
    if (bytes.length < HEADER_BYTES) return;
    if (read16(bytes, 0) === BINDING) {
      const answer = answerBinding(bytes, client.remote);
      if (answer !== undefined) client.send(answer);
      return;
    }
    const message = parseStun(bytes);
    if (message instanceof Malformed || message.class !== 'request' || message.classic) return;
    if (!METHODS.has(message.method) || fingerprintHolds(message) === false) return;
    const server = message.method === ALLOCATE ? this.#newcomers : this.#residents;
    const credential = server.authenticate(message, client.remote);
    if (credential.kind === 'authenticated') {
      const request = { message, client, credential, now };
      const unknown = message.unknown(KNOWN);
      if (unknown.length > 0) this.#refuseUnknown(request, unknown);
      else this.#answer(request, this.#handle(request));
    } else if (credential.kind === 'refused') this.#challenge(client, message, credential, now);
  }

  #handle(request: TurnRequest): Verdict {
    const desk = this.#desk;
    switch (request.message.method) {
      case ALLOCATE:
        return allocate(request, desk);
      case REFRESH:
        return withAllocation(request, desk, refresh);
      case CREATE_PERMISSION:
        return withAllocation(request, desk, createPermission);
      case CHANNEL_BIND:
        return withAllocation(request, desk, channelBind);
      case CONNECT:
        return withAllocation(request, desk, (_, allocation) =>
          this.#connections.connect(request, allocation),
        );
      default:
        return this.#connections.bind(request);
    }
  }

  #answer(request: TurnRequest, verdict: Verdict): void {
    if (verdict.kind === 'later' || verdict.kind === 'silence') return;
    const { message, client, credential } = request;
    if (verdict.kind === 'refused') this.#tellRefusal(request, verdict);
    const answer = verdict.kind === 'refused' ? errorTo(message, verdict.code) : verdict.answer;
    const bytes = finishSigned(answer, message, credential, this.#ports.hashes);
    if (verdict.kind === 'success') verdict.ready?.(bytes.slice());
    client.send(bytes);
    if (verdict.kind === 'success') verdict.sent?.();
  }

  #refuseUnknown(request: TurnRequest, unknown: readonly number[]): void {
    const { message, client, credential } = request;
    const types = unknown.map((type) => `0x${type.toString(16).padStart(4, '0')}`).join(' ');
    this.#tellRefusal(request, { kind: 'refused', code: 420, why: `does not know ${types}` });
    client.send(finishSigned(unknownAttributesTo(message, unknown), message, credential, this.#ports.hashes));
  }

  /**
   * A UDP source may be forged: so many answers to each, and no more, but for whoever has proved to be there. Else a stranger
   * could take his answers from a client whose nonce has grown old, and with them his relay.
   */
  #challenge(
    client: TurnClientPath,
    message: StunMessage,
    { code, answer, proven = false }: RefusedCredential,
    now: Instant,
  ): void {
    const mayBeForged = client.transport === 'udp';
    if (mayBeForged && !proven && !this.#refusals.take(client.remote.address, now)) return;
    client.send(answer);
    // The first request of each client is refused, and so is one with a nonce that has grown old.
    const isTried = message.has(MessageIntegrity) || message.has(MessageIntegritySha256);
    if (code === 438 || (code === 401 && !isTried)) return;
    if (mayBeForged && !this.#toldOfStrangers.take(1, now)) return;
    const why = code === 401 ? 'wrong credentials' : 'what belongs to the credential is incomplete';
    this.#tell(client, now, {
      kind: 'refused',
      method: message.method,
      code,
      why,
      client: client.remote,
    });
  }

  #tellRefusal({ message, client, credential, now }: TurnRequest, { code, why, denied }: Refused): void {
    const told = { method: message.method, client: client.remote, user: credential.user.name };
    if (denied === undefined) this.#tell(client, now, { kind: 'refused', ...told, code, why });
    else this.#tell(client, now, { kind: 'peer denied', ...told, ...denied });
  }

  #tell(client: TurnClientPath, now: Instant, event: TurnEvent): void {
    if (this.#told.take(client.remote.address, now)) this.#ports.observe?.(event);
  }

  #ended(allocation: Allocation, why: AllocationEnd): void {
    const desk = this.#desk;
    const { client, user, names, traffic, startedAt } = allocation;
    desk.allocations.remove(allocation);
    desk.quota.release(user.name, client.remote.address);
    this.#connections.end(allocation);
    if (allocation.answer === undefined) return;
    const livedMs = desk.clock.now() - startedAt;
    this.#ports.observe?.({ kind: 'allocation ended', why, livedMs, ...names, ...traffic });
  }

  #started(allocation: Allocation, answer: Uint8Array): void {
    allocation.answer = answer;
    allocation.client.keep?.();
    allocation.onConnection = (relay, stream) => this.#connections.accepted(allocation, relay, stream);
    this.#ports.observe?.({ kind: 'allocation created', ...allocation.names });
  }

  #furnish(options: SettledOptions, limits: TurnLimits): TurnDesk {
    const { clock, timers, random, relays } = this.#ports;
    const allocations = new Allocations();
    const quota = new Quota(limits);
    const slab = new Slab();
    return {
      options,
      clock,
      timers,
      random,
      relays,
      allocations,
      quota,
      policy: new PeerPolicy(options),
      opener: new RelayOpener(options.relayAddresses, options.relayPorts, relays, random),
      reservations: new Reservations(timers, random, quota),
      allocationPorts: {
        clock,
        timers,
        limits,
        slab,
        indications: new DataIndications(slab, random.bytes(12)),
        relayAt: (address) => allocations.relayAt(address),
        ended: (allocation, why) => this.#ended(allocation, why),
      },
      started: (allocation, answer) => this.#started(allocation, answer),
      answer: (request, verdict) => this.#answer(request, verdict),
    };
  }
}

/** Those who may allocate: a credential that is over gives nothing new. */
const unexpired = ({ credentials, clock }: TurnServerPorts): TurnCredentials => {
  const live = (user: TurnUser | undefined): TurnUser | undefined =>
    user?.expiresAt !== undefined && user.expiresAt <= clock.wallTime() ? undefined : user;
  const { findByHash } = credentials;
  return {
    find: (username) => live(credentials.find(username)),
    ...(findByHash === undefined
      ? {}
      : { findByHash: (hash: Uint8Array) => live(findByHash.call(credentials, hash)) }),
  };
};

/** Whether the FINGERPRINT of a message holds. */
const isWhole = (bytes: Uint8Array): boolean => {
  const message = parseStun(bytes);
  return !(message instanceof Malformed) && fingerprintHolds(message) === true;
};
