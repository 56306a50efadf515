import { runCommand } from './process.ts';
import type { Stage } from './suite.ts';

export interface OpenHost {
  readonly namespace: string;
  readonly address: string;
  readonly address6: string;
}

/** Suites run beside each other. */
let networks = 0;

/**
 * Hosts on one network without NATs, each in a namespace of its own, with an IPv4 and an IPv6 address and no way out. The
 * first one has the bridge.
 */
export async function buildOpenNetwork(stage: Stage, names: readonly string[]): Promise<readonly OpenHost[]> {
  const run = async (line: string): Promise<void> => {
    const [command = '', ...args] = line.split(' ');
    await runCommand({ name: line, command, args });
  };
  networks += 1;
  const network = networks;
  const hosts = names.map((name, index) => ({
    namespace: `rd-${process.pid}-open-${network}-${name}`,
    address: `203.0.113.${10 + index}`,
    address6: `2001:db8::${10 + index}`,
  }));
  const [first] = hosts;
  for (const [index, { namespace, address, address6 }] of hosts.entries()) {
    await run(`ip netns add ${namespace}`);
    stage.defer(() => run(`ip netns del ${namespace}`));
    await run(`ip -n ${namespace} link set lo up`);
    if (index === 0) await run(`ip -n ${namespace} link add eth0 type bridge`);
    else {
      await run(`ip -n ${namespace} link add eth0 type veth peer name h${index} netns ${first?.namespace}`);
      await run(`ip -n ${first?.namespace} link set h${index} master eth0 up`);
    }
    await run(`ip -n ${namespace} addr add ${address}/24 dev eth0`);
    await run(`ip -n ${namespace} addr add ${address6}/64 dev eth0 nodad`);
    await run(`ip -n ${namespace} link set eth0 up`);
    // Browsers find their own address by the route to far away.
    if (index > 0) await run(`ip -n ${namespace} route add default via ${first?.address}`);
  }
  return hosts;
}
