import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './process.ts';
import type { Stage } from './suite.ts';

const rulesets = join(dirname(dirname(fileURLToPath(import.meta.url))), 'nat');

/** Files of ../nat: what kind of NAT a namespace becomes. */
export type NatType = 'port-restricted' | 'symmetric';

export interface NatNetwork {
  /** The server's namespace, whose bridge is `bridge` and has `serverAddress`. */
  readonly server: string;
  readonly bridge: string;
  readonly serverAddress: string;
  /** The phones' namespaces, in the order of the types; each phone has `phoneAddress` in a network of its own. */
  readonly phones: readonly string[];
  readonly phoneAddress: string;
}

export interface NatNetworkOptions {
  readonly types: readonly NatType[];
  /** After so long without a packet a NAT forgets a UDP mapping. */
  readonly mappingSeconds: number;
}

/**
 * A server in the open and phones, each behind a kernel NAT of its own, all with the same private address. Namespaces
 * are named after this process and deleted when the suite ends.
 */
export async function buildNatNetwork(stage: Stage, options: NatNetworkOptions): Promise<NatNetwork> {
  const prefix = `rd-${process.pid}`;
  const server = `${prefix}-net`;
  const run = async (line: string): Promise<void> => {
    const [command = '', ...args] = line.split(' ');
    await runCommand({ name: line, command, args });
  };
  const add = async (namespace: string): Promise<void> => {
    await run(`ip netns add ${namespace}`);
    stage.defer(() => run(`ip netns del ${namespace}`));
    await run(`ip -n ${namespace} link set lo up`);
  };

  await add(server);
  await run(`ip -n ${server} link add br0 type bridge`);
  await run(`ip -n ${server} addr add 203.0.113.10/24 dev br0`);
  await run(`ip -n ${server} link set br0 up`);
  const phones: string[] = [];
  for (const [index, type] of options.types.entries()) {
    const nat = `${prefix}-nat-${index}`;
    const phone = `${prefix}-cli-${index}`;
    await add(nat);
    await add(phone);
    await run(`ip -n ${nat} link add wan type veth peer name w${index} netns ${server}`);
    await run(`ip -n ${server} link set w${index} master br0 up`);
    await run(`ip -n ${nat} link add lan type veth peer name eth0 netns ${phone}`);
    await run(`ip -n ${nat} addr add 203.0.113.${index + 2}/24 dev wan`);
    await run(`ip -n ${nat} addr add 10.0.0.1/24 dev lan`);
    await run(`ip -n ${nat} link set wan up`);
    await run(`ip -n ${nat} link set lan up`);
    await run(`ip -n ${phone} addr add 10.0.0.2/24 dev eth0`);
    await run(`ip -n ${phone} link set eth0 up`);
    await run(`ip -n ${phone} route add default via 10.0.0.1`);
    await run(`ip netns exec ${nat} sysctl -qw net.ipv4.ip_forward=1`);
    await run(`ip netns exec ${nat} nft -f ${join(rulesets, `${type}.nft`)}`);
    for (const timeout of ['udp_timeout', 'udp_timeout_stream']) {
      await run(
        `ip netns exec ${nat} sysctl -qw net.netfilter.nf_conntrack_${timeout}=${options.mappingSeconds}`,
      );
    }
    phones.push(phone);
  }
  return { server, bridge: 'br0', serverAddress: '203.0.113.10', phones, phoneAddress: '10.0.0.2' };
}
