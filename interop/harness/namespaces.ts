import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './process.ts';
import type { Stage } from './suite.ts';

const rulesets = join(dirname(dirname(fileURLToPath(import.meta.url))), 'nat');

/** Files of ../nat: what kind of NAT a namespace becomes. */
export type NatType =
  | 'full-cone'
  | 'full-cone-without-port-preservation'
  | 'address-restricted'
  | 'port-restricted'
  | 'hairpin'
  | 'address-dependent-mapping'
  | 'symmetric'
  /** Streams out, and nothing else. */
  | 'no-udp'
  /** All that comes to its address goes to the one inside: a server stands there. */
  | 'port-forwarding';

export interface NatNetwork {
  /** The server's namespace, whose bridge is `bridge` and has `serverAddress` and `otherServerAddress`. */
  readonly server: string;
  readonly bridge: string;
  readonly serverAddress: string;
  readonly otherServerAddress: string;
  /** The phones' namespaces, in the order of the types; each phone has `phoneAddress` in a network of its own. */
  readonly phones: readonly string[];
  readonly phoneAddress: string;
}

export interface NatNetworkOptions {
  readonly types: readonly NatType[];
  /** After so long without a packet a NAT forgets a UDP mapping. */
  readonly mappingSeconds: number;
}

/** In the rulesets that name them: the address outside, and what ports are hashed with. */
const ADDRESS_IN_RULESETS = '203.0.113.2';
const SEED_IN_RULESETS = '0xdeadbeef';

let networks = 0;

/**
 * A server in the open and phones, each behind a kernel NAT of its own, all with the same private address. Namespaces
 * are named after this process and deleted when the suite ends.
 */
export async function buildNatNetwork(stage: Stage, options: NatNetworkOptions): Promise<NatNetwork> {
  networks += 1;
  const prefix = `rd-${process.pid}-${networks}`;
  const server = `${prefix}-net`;
  const add = async (namespace: string): Promise<void> => {
    await run(`ip netns add ${namespace}`);
    stage.defer(() => run(`ip netns del ${namespace}`));
    await run(`ip -n ${namespace} link set lo up`);
  };

  await add(server);
  await run(`ip -n ${server} link add br0 type bridge`);
  await run(`ip -n ${server} addr add 203.0.113.10/24 dev br0`);
  await run(`ip -n ${server} addr add 203.0.113.11/24 dev br0`);
  await run(`ip -n ${server} link set br0 up`);
  const phones: string[] = [];
  for (const [index, type] of options.types.entries()) {
    const nat = `${prefix}-nat-${index}`;
    const phone = `${prefix}-cli-${index}`;
    const address = `203.0.113.${index + 20}`;
    await add(nat);
    await add(phone);
    await run(`ip -n ${nat} link add wan type veth peer name w${index} netns ${server}`);
    await run(`ip -n ${server} link set w${index} master br0 up`);
    await run(`ip -n ${nat} link add lan type veth peer name eth0 netns ${phone}`);
    await run(`ip -n ${nat} addr add ${address}/24 dev wan`);
    await run(`ip -n ${nat} addr add 10.0.0.1/24 dev lan`);
    await run(`ip -n ${nat} link set wan up`);
    await run(`ip -n ${nat} link set lan up`);
    await run(`ip -n ${phone} addr add 10.0.0.2/24 dev eth0`);
    await run(`ip -n ${phone} link set eth0 up`);
    await run(`ip -n ${phone} route add default via 10.0.0.1`);
    await run(`ip netns exec ${nat} sysctl -qw net.ipv4.ip_forward=1`);
    await run(`ip netns exec ${nat} nft -f ${rulesetOf(stage, type, index, address)}`);
    for (const timeout of ['udp_timeout', 'udp_timeout_stream']) {
      await run(
        `ip netns exec ${nat} sysctl -qw net.netfilter.nf_conntrack_${timeout}=${options.mappingSeconds}`,
      );
    }
    phones.push(phone);
  }
  return {
    ...{ server, bridge: 'br0', serverAddress: '203.0.113.10', otherServerAddress: '203.0.113.11' },
    ...{ phones, phoneAddress: '10.0.0.2' },
  };
}

/** The file of a type for one NAT: with its own address, and its own ports. */
function rulesetOf(stage: Stage, type: NatType, index: number, address: string): string {
  const text = readFileSync(join(rulesets, `${type}.nft`), 'utf8')
    .replaceAll(ADDRESS_IN_RULESETS, address)
    .replaceAll(SEED_IN_RULESETS, `0x${(0x5eed_0000 + index).toString(16)}`);
  const file = join(stage.folder, `nat-${index}.nft`);
  writeFileSync(file, text);
  return file;
}

async function run(line: string): Promise<void> {
  const [command = '', ...args] = line.split(' ');
  await runCommand({ name: line, command, args });
}
