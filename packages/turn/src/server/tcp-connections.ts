import { addressBytes, MessageWriter, newTransactionId, successTo } from '@ringdown/stun';
import { XorPeerAddress } from '../attributes/addresses.ts';
import { CONNECTION_ATTEMPT } from '../attributes/methods.ts';
import { ConnectionId } from '../attributes/numbers.ts';
import { admit } from './admission.ts';
import type { Allocation } from './allocation.ts';
import { canonicalAddress } from './canonical-address.ts';
import type { RelayStream, RelayStreamUser, TurnClientPath } from './ports.ts';
import type { Relay } from './relay.ts';
import { LATER, refused, type TurnDesk, type TurnRequest, type Verdict } from './requests.ts';
import type { RawStream } from './stream-clients.ts';
import { TcpConnection } from './tcp-connection.ts';

/** Makes a client's stream raw. @returns what has come of that already */
export type MakeRaw = (client: TurnClientPath, raw: RawStream) => Uint8Array | undefined;

/** The peer data connections of TCP allocations (RFC 6062). */
export class TcpConnections {
  readonly #desk: TurnDesk;
  readonly #makeRaw: MakeRaw;
  readonly #byId = new Map<number, TcpConnection>();
  readonly #byAllocation = new Map<Allocation, Map<string, TcpConnection>>();

  constructor(desk: TurnDesk, makeRaw: MakeRaw) {
    this.#desk = desk;
    this.#makeRaw = makeRaw;
  }

  /** RFC 6062 §5.2. */
  connect(request: TurnRequest, allocation: Allocation): Verdict {
    if (allocation.protocol !== 'tcp') return refused(437, 'the allocation relays no TCP');
    const peer = request.message.get(XorPeerAddress);
    if (peer === undefined || peer.port === 0) return refused(400, 'no XOR-PEER-ADDRESS with a port');
    const admitted = admit(peer, allocation, this.#desk);
    if (admitted.kind === 'refused') return admitted;
    if (this.#of(allocation).has(keyOf(peer))) return refused(446, 'there is a connection to that peer');
    if (this.#isFull(allocation)) return refused(486, 'too many connections');
    if (!allocation.mayMeet(1, request.now)) return refused(508, 'too many new peers at once');
    this.#open(request, allocation, admitted.relay, peer);
    return LATER;
  }

  /** RFC 6062 §5.4: the stream that it came on becomes the other half of a connection. */
  bind({ message, client, credential }: TurnRequest): Verdict {
    if (client.transport === 'udp') return refused(400, 'connections are bound to streams only');
    if (this.#desk.allocations.of(client) !== undefined)
      return refused(400, 'the stream is that of an allocation');
    const id = message.get(ConnectionId);
    const connection = id === undefined ? undefined : this.#byId.get(id);
    if (connection?.isPending !== true) return refused(400, 'no connection with that CONNECTION-ID waits');
    if (connection.allocation.user.name !== credential.user.name)
      return refused(441, 'the connection is of another user');
    const join = (): void => {
      client.keep?.();
      connection.join(client, this.#makeRaw(client, connection) ?? new Uint8Array(0));
    };
    return { kind: 'success', answer: successTo(message), sent: join };
  }

  /** A peer has connected (RFC 6062 §5.3): the client is told where that is permitted. */
  accepted(allocation: Allocation, relay: Relay, stream: RelayStream): RelayStreamUser | undefined {
    const { clock, policy } = this.#desk;
    const peer = { address: canonicalAddress(stream.remote.address), port: stream.remote.port };
    const permission = relay.permissions.get(peer.address);
    if (permission === undefined || permission.isOwn || permission.expiresAt <= clock.now()) return undefined;
    if (policy.judge(addressBytes(peer.address)).kind !== 'allowed') return undefined;
    if (this.#isFull(allocation) || this.#of(allocation).has(keyOf(peer))) return undefined;
    const connection = this.#add(allocation, peer, {
      connected: () => this.#announce(connection),
      over: () => this.#remove(connection),
    });
    return connection;
  }

  /** Ends all that belong to an allocation. */
  end(allocation: Allocation): void {
    for (const connection of [...(this.#byAllocation.get(allocation)?.values() ?? [])]) connection.end();
  }

  #open(request: TurnRequest, allocation: Allocation, relay: Relay, peer: TcpConnection['peer']): void {
    let answered = false;
    const answer = (verdict: Verdict): void => {
      if (!answered) this.#desk.answer(request, verdict);
      answered = true;
    };
    const connection = this.#add(allocation, peer, {
      connected: () =>
        answer({
          kind: 'success',
          answer: successTo(request.message).add(ConnectionId, this.#name(connection)),
        }),
      over: () => {
        this.#remove(connection);
        answer(refused(447, 'the peer cannot be connected to'));
      },
    });
    const stream = this.#desk.relays.connectTcp?.(relay.local, peer, connection);
    if (stream === undefined) connection.end();
    else connection.connecting(stream);
  }

  #announce(connection: TcpConnection): void {
    const { random } = this.#desk;
    const indication = new MessageWriter(CONNECTION_ATTEMPT, 'indication', newTransactionId(random))
      .add(ConnectionId, this.#name(connection))
      .add(XorPeerAddress, connection.peer);
    connection.allocation.client.send(indication.bytes);
  }

  /** An ID that nobody guesses, and no other connection has. */
  #name(connection: TcpConnection): number {
    let id: number;
    do id = Math.floor(this.#desk.random.fraction() * 2 ** 32);
    while (this.#byId.has(id));
    connection.id = id;
    this.#byId.set(id, connection);
    return id;
  }

  #add(
    allocation: Allocation,
    peer: TcpConnection['peer'],
    user: ConstructorParameters<typeof TcpConnection>[4],
  ): TcpConnection {
    const { timers, allocationPorts } = this.#desk;
    const connection = new TcpConnection(allocation, peer, allocationPorts.limits.queuedBytes, timers, user);
    const some = this.#of(allocation);
    this.#byAllocation.set(allocation, some.set(keyOf(peer), connection));
    return connection;
  }

  #remove(connection: TcpConnection): void {
    const some = this.#byAllocation.get(connection.allocation);
    some?.delete(keyOf(connection.peer));
    if (some?.size === 0) this.#byAllocation.delete(connection.allocation);
    if (connection.id !== undefined) this.#byId.delete(connection.id);
  }

  #of(allocation: Allocation): Map<string, TcpConnection> {
    return this.#byAllocation.get(allocation) ?? new Map();
  }

  #isFull(allocation: Allocation): boolean {
    return this.#of(allocation).size >= this.#desk.allocationPorts.limits.connectionsPerAllocation;
  }
}

const keyOf = ({ address, port }: TcpConnection['peer']): string => `${address} ${port}`;
