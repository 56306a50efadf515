import { createLiveTimers, nodeClock, nodeHashes, nodeRandom, nodeSockets } from '@ringdown/net';
import type { Timers } from '@ringdown/sans-io';
import {
  type Allocation,
  createTurnClient,
  type TurnClient,
  type TurnClientOptions,
  type TurnClientOutput,
} from '@ringdown/turn';
import { type CountedSockets, countedSockets } from './counted-sockets.ts';
import { eventually } from './deadline.ts';
import type { Endpoint } from './provider.ts';
import type { Stage } from './suite.ts';

type Kind = TurnClientOutput['kind'];
type Output<K extends Kind> = Extract<TurnClientOutput, { readonly kind: K }>;

export interface RelayClientOptions extends TurnClientOptions {
  /** Certificates to trust, in PEM. */
  readonly authorities?: readonly string[];
  /** How many times faster its timers run. */
  readonly speed?: number;
}

/** Our TURN client on this machine's sockets, and all that it has told. */
export class RelayClient {
  readonly client: TurnClient;
  readonly sockets: CountedSockets;
  readonly outputs: TurnClientOutput[] = [];

  constructor(stage: Stage, options: RelayClientOptions) {
    const { authorities = [], speed = 1, ...rest } = options;
    const timers = createLiveTimers(nodeClock);
    this.sockets = countedSockets(nodeSockets({ loopback: true, authorities }));
    this.client = createTurnClient(rest, {
      sockets: this.sockets,
      timers: speed === 1 ? timers : faster(timers, speed),
      random: nodeRandom,
      hashes: nodeHashes,
      deliver: (output) => void this.outputs.push(output),
    });
    stage.defer(async () => {
      this.client.close();
      await this.until('closed', 3_000).catch(() => undefined); // it may never have had an allocation
      timers.close();
    });
  }

  /** The first output of a kind; fails at once where another one tells that it will not come. */
  until<K extends Kind>(kind: K, withinMs = 5_000): Promise<Output<K>> {
    return eventually(
      () => {
        const found = this.outputs.find((output): output is Output<K> => output.kind === kind);
        const ended = this.outputs.find((output) => output.kind === 'failed' || output.kind === 'lost');
        if (found === undefined && ended !== undefined && 'failure' in ended)
          throw new Error(`${ended.kind} instead of ${kind}: ${ended.failure.why}`);
        return found;
      },
      withinMs,
      `the TURN client tells ${kind}`,
    );
  }

  async allocate(): Promise<Allocation> {
    this.client.allocate();
    return (await this.until('allocated')).allocation;
  }

  /** The data that came, as text. */
  get data(): readonly string[] {
    return this.outputs.flatMap((output) =>
      output.kind === 'data' ? [Buffer.from(output.bytes).toString('latin1')] : [],
    );
  }

  /** The relayed address of one IP version. */
  relayed(ipv6 = false): Endpoint {
    const found = this.client.allocation?.relayed.find(({ address }) => address.includes(':') === ipv6);
    if (found === undefined) throw new Error(`no relayed address of IPv${ipv6 ? 6 : 4}`);
    return { host: found.address, port: found.port };
  }

  send(text: string, to: Endpoint): void {
    const bytes = Uint8Array.from(Buffer.from(text, 'latin1'));
    if (!this.client.send(bytes, { address: to.host, port: to.port }))
      throw new Error(`the TURN client did not take a datagram for ${to.host}`);
  }

  async untilData(count: number, withinMs = 5_000): Promise<void> {
    await eventually(
      () => (this.data.length >= count ? true : undefined),
      withinMs,
      `${count} datagrams come by the relay`,
    );
  }
}

const faster = (timers: Timers, speed: number): Timers => ({
  start: (target, name, delayMs) => timers.start(target, name, delayMs / speed),
  stop: (timer) => timers.stop(timer),
});
