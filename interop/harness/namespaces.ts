import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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

/** A NAT with several phones behind it. */
export interface House {
  readonly type: NatType;
  readonly phones: number;
  /** They reach each other only through the router, as guests of a wireless network do. */
  readonly isolated?: boolean;
}

export interface NatNetwork {
  /** The server's namespace, whose bridge is `bridge` and has `serverAddress` and `otherServerAddress`. */
  readonly server: string;
  readonly bridge: string;
  readonly serverAddress: string;
  readonly otherServerAddress: string;
  /** The phones' namespaces, in the order of the types, house by house. */
  readonly phones: readonly string[];
  /** Of a phone in its private network: of each that is alone there, and of the first in a house. */
  readonly phoneAddress: string;
  /** Every phone's, in the same order. */
  readonly addresses: readonly string[];
  /** Every phone's NAT, in the same order. */
  readonly nats: readonly string[];
}

export interface NatNetworkOptions {
  readonly types: readonly (NatType | House)[];
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
  const addresses: string[] = [];
  const nats: string[] = [];
  for (const [index, wanted] of options.types.entries()) {
    const house = typeof wanted === 'string' ? { type: wanted, phones: 1 } : wanted;
    const nat = `${prefix}-nat-${index}`;
    const address = `203.0.113.${index + 20}`;
    await add(nat);
    await run(`ip -n ${nat} link add wan type veth peer name w${index} netns ${server}`);
    await run(`ip -n ${server} link set w${index} master br0 up`);
    await run(`ip -n ${nat} link add lan type bridge`);
    await neverTranslateOnBridges(nat);
    await run(`ip -n ${nat} addr add ${address}/24 dev wan`);
    await run(`ip -n ${nat} addr add 10.0.0.1/24 dev lan`);
    await run(`ip -n ${nat} link set wan up`);
    await run(`ip -n ${nat} link set lan up`);
    for (let place = 0; place < house.phones; place += 1) {
      const phone = `${prefix}-cli-${phones.length}`;
      await add(phone);
      await run(`ip -n ${nat} link add p${place} type veth peer name eth0 netns ${phone}`);
      await run(`ip -n ${nat} link set p${place} master lan up`);
      if (house.isolated === true)
        await run(`ip netns exec ${nat} bridge link set dev p${place} isolated on`);
      await run(`ip -n ${phone} addr add 10.0.0.${place + 2}/24 dev eth0`);
      await run(`ip -n ${phone} link set eth0 up`);
      await run(`ip -n ${phone} route add default via 10.0.0.1`);
      phones.push(phone);
      addresses.push(`10.0.0.${place + 2}`);
      nats.push(nat);
    }
    await run(`ip netns exec ${nat} sysctl -qw net.ipv4.ip_forward=1`);
    await run(`ip netns exec ${nat} nft -f ${rulesetOf(stage, house.type, index, address)}`);
    for (const timeout of ['udp_timeout', 'udp_timeout_stream']) {
      await run(
        `ip netns exec ${nat} sysctl -qw net.netfilter.nf_conntrack_${timeout}=${options.mappingSeconds}`,
      );
    }
  }
  return {
    ...{ server, bridge: 'br0', serverAddress: '203.0.113.10', otherServerAddress: '203.0.113.11' },
    ...{ phones, phoneAddress: '10.0.0.2', addresses, nats },
  };
}

/** Where the kernel lets a bridge's frames through the rules of IP, a router would translate what it only passes on. */
async function neverTranslateOnBridges(nat: string): Promise<void> {
  const setting = 'net/bridge/bridge-nf-call-iptables';
  if (existsSync(`/proc/sys/${setting}`)) await run(`ip netns exec ${nat} sysctl -qw ${setting}=0`);
}

/** The router of a phone forgets every mapping, as one does that starts anew. */
export async function forgetMappings(nat: string): Promise<void> {
  // What masquerade has translated goes with its interface.
  await run(`ip -n ${nat} link set wan down`);
  await run(`ip -n ${nat} link set wan up`);
}

/** The router of a phone comes back with another address; for types whose ruleset names none. */
export async function readdress(nat: string, from: string, to: string): Promise<void> {
  await run(`ip -n ${nat} addr del ${from}/24 dev wan`);
  await run(`ip -n ${nat} addr add ${to}/24 dev wan`);
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
