import {
  createIceAgent,
  type IceAgent,
  type IceAgentOptions,
  type IceOutput,
  type IceState,
  type PairReport,
} from '@ringdown/ice';
import { nodeHashes } from '@ringdown/net/ports';
import type { SocketAddress, UdpSocket } from '@ringdown/sans-io';
import type { Host, World } from '@ringdown/simulator';
import { answerBinding, byteString, bytesOf } from '@ringdown/stun';
import { framed, type Relay, unframed } from './relay.ts';

const STUN_PORT = 3478;

/** A host that answers Binding requests at 3478. @returns its address */
export const stunServer = (host: Host): SocketAddress => {
  const at = { address: host.address, port: STUN_PORT };
  let server: UdpSocket | undefined;
  host.sockets.openUdp(at, {
    opened: (socket) => {
      server = socket;
    },
    failed: () => undefined,
    received: (bytes, from) => {
      const answer = answerBinding(bytes, from);
      if (answer !== undefined) server?.send(answer, from);
    },
  });
  return at;
};

export interface PartyOptions extends IceAgentOptions {
  readonly relay?: Relay;
}

/** An agent on a host, its sockets, and its end of the signalling. */
export class Party {
  readonly world: World;
  readonly host: Host;
  readonly agent: IceAgent;
  readonly outputs: IceOutput[] = [];
  readonly states: IceState[] = [];
  /** Data that has come, as text. */
  readonly heard: string[] = [];
  /** Of each component, the pair that its data goes over. */
  readonly using = new Map<number, PairReport>();
  readonly #sockets = new Map<string, (bytes: Uint8Array, to: SocketAddress) => void>();
  #peer: Party | undefined = undefined;
  #signallingMs = 0;
  /** What the peer is told is lost while this is set. */
  muted = false;
  /** Addresses that nothing of it gets to any more, but over the relay. */
  readonly blocked = new Set<string>();

  constructor(world: World, host: Host, { relay, ...options }: PartyOptions) {
    this.world = world;
    this.host = host;
    this.agent = createIceAgent(options, {
      timers: world.timers,
      clock: world.clock,
      random: world.random,
      hashes: nodeHashes,
      deliver: (output) => this.#deliver(output),
    });
    let opening = host.addresses.length * (options.components ?? 1) + (relay === undefined ? 0 : 1);
    const opened = (): void => {
      opening--;
      if (opening === 0) this.agent.endOfBases();
    };
    for (let component = 1; component <= (options.components ?? 1); component++) {
      for (const address of host.addresses) this.#openHost(address, component, opened);
    }
    if (relay !== undefined) this.#openRelayed(relay, opened);
  }

  /** Both tell each other all that they know and will know: the offer takes so long, and the answer too. */
  call(peer: Party, signallingMs = 30): void {
    this.#peer = peer;
    peer.#peer = this;
    this.#signallingMs = signallingMs;
    peer.#signallingMs = signallingMs;
    this.tell((to) => {
      to.agent.setRemote(this.agent.parameters);
      to.tell((back) => back.agent.setRemote(to.agent.parameters));
    });
    for (const party of [this, peer]) {
      for (const output of party.outputs.slice()) party.#signal(output);
    }
  }

  /** Does something at the peer, when the message has got there. */
  tell(act: (peer: Party) => void): void {
    const peer = this.#peer;
    if (peer === undefined || this.muted) return;
    this.world.timers.start({ timerFired: () => act(peer) }, 'signalling', this.#signallingMs);
  }

  /** Sends data over the pair in use. @returns whether there is one */
  say(text: string, component = 1): boolean {
    const pair = this.using.get(component);
    if (pair === undefined) return false;
    this.#send(pair.local.base.id, bytesOf(text), pair.remote);
    return true;
  }

  selected(component = 1): PairReport | undefined {
    return this.all('selected').findLast((one) => one.component === component)?.pair;
  }

  all<Kind extends IceOutput['kind']>(kind: Kind): Extract<IceOutput, { kind: Kind }>[] {
    return this.outputs.filter((one): one is Extract<IceOutput, { kind: Kind }> => one.kind === kind);
  }

  usable(component = 1): PairReport | undefined {
    return this.all('usable').findLast((one) => one.component === component)?.pair;
  }

  #openHost(address: string, component: number, opened: () => void): void {
    const id = `${address}/${component}`;
    this.host.sockets.openUdp(
      { address },
      {
        opened: (socket) => {
          this.#sockets.set(id, (bytes, to) => socket.send(bytes, to));
          this.agent.addBase({ id, component, kind: 'host', address, port: socket.local.port });
          opened();
        },
        failed: () => undefined,
        received: (bytes, from) => this.#received(id, bytes, from),
      },
    );
  }

  #openRelayed(relay: Relay, opened: () => void): void {
    const { control, relayed } = relay.allocate();
    this.host.sockets.openUdp(
      { address: this.host.address },
      {
        opened: (socket) => {
          this.#sockets.set('relay', (bytes, to) => socket.send(framed(to, bytes), control));
          this.agent.addBase({
            id: 'relay',
            component: 1,
            kind: 'relayed',
            ...relayed,
            server: control.address,
          });
          opened();
        },
        failed: () => undefined,
        received: (frame) => {
          const { endpoint, bytes } = unframed(frame);
          this.#received('relay', bytes, endpoint);
        },
      },
    );
  }

  #send(base: string, bytes: Uint8Array, to: SocketAddress): void {
    if (base === 'relay' || !this.blocked.has(to.address)) this.#sockets.get(base)?.(bytes, to);
  }

  #received(base: string, bytes: Uint8Array, from: SocketAddress): void {
    if (this.agent.received(base, bytes, from)) return;
    this.heard.push(byteString(bytes));
  }

  #deliver(output: IceOutput): void {
    if (output.kind === 'transmit') {
      this.#send(output.base, output.bytes, output.to);
      return;
    }
    this.outputs.push(output);
    if (output.kind === 'state') this.states.push(output.state);
    if (output.kind === 'usable' || output.kind === 'selected') this.using.set(output.component, output.pair);
    if (output.kind === 'lost') this.using.delete(output.component);
    this.#signal(output);
  }

  #signal(output: IceOutput): void {
    if (output.kind === 'candidate') {
      const { base: _, ...candidate } = output.candidate;
      this.tell((peer) => peer.agent.addRemoteCandidate(candidate));
    } else if (output.kind === 'gathered') {
      this.tell((peer) => peer.agent.endOfRemoteCandidates(output.ufrag));
    }
  }
}
