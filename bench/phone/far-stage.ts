/** A caller in one network, the server and who is called in another, and a line between them that takes its time. */
import { join } from 'node:path';
import { runCommand } from '../../interop/harness/process.ts';
import type { Provider } from '../../interop/harness/provider.ts';
import { startRingdown } from '../../interop/harness/ringdown.ts';
import type { Stage } from '../../interop/harness/suite.ts';
import { BUN, ROOT } from '../peer.ts';

export interface FarStage {
  readonly stage: Stage;
  readonly provider: Provider;
  readonly near: { readonly namespace: string; readonly address: string };
  readonly far: { readonly namespace: string; readonly address: string };
}

const NEAR_ADDRESS = '10.77.0.1';
const SERVER_ADDRESS = '10.77.0.2';
const FAR_ADDRESS = '10.77.0.3';

/** With the accounts alice and bob. As root. @param delayMs one way */
export const raiseFarStage = async (stage: Stage, delayMs: number): Promise<FarStage> => {
  const name = `rb-${process.pid}-${delayMs}`;
  const [near, far] = [`${name}-n`, `${name}-f`];
  // A device's name has no more than 15 letters.
  const [nearDevice, farDevice] = [`n${process.pid}d${delayMs}`, `f${process.pid}d${delayMs}`];
  for (const namespace of [near, far]) {
    await ip(`netns add ${namespace}`);
    stage.defer(() => ip(`netns del ${namespace}`));
    await ip(`-n ${namespace} link set lo up`);
  }
  const line = stage.start({
    name: `line of ${delayMs} ms`,
    command: BUN,
    args: [join(ROOT, 'bench/phone/delay-line.ts'), nearDevice, farDevice, String(delayMs)],
  });
  await line.waitFor(/^ready$/m, 10_000);
  for (const [namespace, device, addresses] of [
    [near, nearDevice, [NEAR_ADDRESS]],
    [far, farDevice, [SERVER_ADDRESS, FAR_ADDRESS]],
  ] as const) {
    await ip(`link set ${device} netns ${namespace}`);
    for (const address of addresses) await ip(`-n ${namespace} addr add ${address}/24 dev ${device}`);
    await ip(`-n ${namespace} link set ${device} up`);
  }
  const provider = await startRingdown(stage, {
    ...{ name: `far-server-${delayMs}`, host: SERVER_ADDRESS, domain: 'far.example', namespace: far },
  });
  await provider.addAccounts(['alice', 'bob'].map((user) => ({ name: user, password: `${user}-secret` })));
  return {
    ...{ stage, provider },
    near: { namespace: near, address: NEAR_ADDRESS },
    far: { namespace: far, address: FAR_ADDRESS },
  };
};

const ip = async (args: string): Promise<void> => {
  await runCommand({ name: `ip ${args}`, command: 'ip', args: args.split(' ') });
};
