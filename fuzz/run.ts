/**
 * Gives hostile input to the parsers, the stream framer, the whole provider, the TURN server, an ICE agent, and all that takes
 * sound and its descriptions from the network.
 *
 *     npm run fuzz -- [--seconds 20] [--seed N] [--target message|stream|provider|stun|turn|ice|sdp|rtp|srtp|dtls]
 *     npm run fuzz -- --replay fuzz/crashes/FILE.json
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Crash, replay, run, targets } from './campaign.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    seed: { type: 'string' },
    target: { type: 'string' },
    replay: { type: 'string' },
  },
});

const wholeNumber = (name: string, text: string): number => {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0) return number;
  console.error(`--${name} is "${text}": give a whole number from 0 on`);
  process.exit(1);
};

const save = (crash: Crash): string => {
  const folder = new URL('crashes/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const name = `${crash.target}-${crash.seed}-${crash.trial}.json`;
  writeFileSync(new URL(name, folder), `${JSON.stringify(crash, undefined, 2)}\n`);
  return `fuzz/crashes/${name}`;
};

if (values.replay !== undefined) {
  const error = replay(JSON.parse(readFileSync(values.replay, 'utf8')) as Crash);
  console.log(error ?? 'it no longer fails');
  process.exit(error === undefined ? 0 : 1);
}

const seconds = wholeNumber('seconds', values.seconds);
const seed = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000));
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) {
  console.error(`--target is "${values.target}": give one of ${targets.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}

let crashes = 0;
for (const target of chosen) {
  const end = performance.now() + (seconds * 1000) / chosen.length;
  const { trials, crash } = run({ target, seed, goesOn: () => performance.now() < end });
  console.log(`${target.name}: ${trials} trials with the seed ${seed}`);
  if (crash === undefined) continue;
  crashes++;
  console.log(`${crash.error}\nRun it again: npm run fuzz -- --replay ${save(crash)}`);
}
process.exitCode = crashes === 0 ? 0 : 1;
