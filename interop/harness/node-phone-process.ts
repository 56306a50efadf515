/**
 * A phone of this machine that does what it is told, a line of JSON each: `{id, method, values}`. It answers `{reply, value}` or
 * `{reply, error}`, and tells `{kind, …}` whenever something happens. ./node-phone.ts holds the other end.
 */
import { createInterface } from 'node:readline';
import { node, toneSource, wavSink } from '@ringdown/media';
import { type CallDefaults, connect, type IncomingPhoneCall, type PhoneCall } from '@ringdown/user-agent';
import type { NodePhoneCall, NodePhoneOptions } from './node-phone.ts';

const { address, ...options } = JSON.parse(process.argv[2] ?? '') as NodePhoneOptions;
const say = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

const phone = await connect({
  ...options,
  platform: node(address === undefined ? {} : { addresses: [address] }),
});
let call: PhoneCall | undefined;
let rings: IncomingPhoneCall | undefined;

const soundOf = ({ tonesHz, record }: NodePhoneCall) => ({
  play: toneSource({ frequenciesHz: tonesHz, levelDbfs: -20, sampleRateHz: 48_000 }),
  ...(record === undefined
    ? {}
    : { record: (format: Parameters<typeof wavSink>[1]) => wavSink(record, format) }),
});
const current = (): PhoneCall => {
  if (call === undefined) throw new Error('there is no call');
  return call;
};

const methods: Readonly<Record<string, (...values: never[]) => unknown>> = {
  async call(target: string, wishes: NodePhoneCall & CallDefaults) {
    call = phone.dial(target, { ...wishes, sound: soundOf(wishes) });
    await call.answered;
  },
  async answer(wishes: NodePhoneCall & CallDefaults) {
    call = rings;
    await rings?.answer({ ...wishes, sound: soundOf(wishes) });
  },
  hold: () => current().hold(),
  resume: () => current().resume(),
  sendDigits: (digits: string) => current().sendDigits(digits),
  /** What is heard now, RMS in dBFS of each channel; null for silence. */
  levels: () =>
    current()
      .levels()
      ?.received.map(({ rmsDbfs }) => (Number.isFinite(rmsDbfs) ? rmsDbfs : null)) ?? [],
  async hangUp() {
    current().hangUp();
    const { by, cause } = await current().ended;
    return { by, cause };
  },
  close: () => phone.close(),
};

const follow = async (): Promise<void> => {
  for await (const event of phone.events()) {
    const { call: of, to, end, ...rest } = { call: undefined, to: undefined, end: undefined, ...event };
    say({
      ...rest,
      ...(of === undefined ? {} : { call: of.id, peer: of.peer.uri }),
      ...(end === undefined ? {} : { by: end.by, cause: end.cause }),
    });
  }
};
void follow();
const listen = async (): Promise<void> => {
  for await (const incoming of phone.incoming()) {
    rings = incoming;
    say({ kind: 'rings', peer: incoming.peer.uri });
  }
};
void listen();
say({ kind: 'ready' });

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, values } = JSON.parse(line) as { id: number; method: string; values: never[] };
  // Not awaited: one that waits must not keep another from being heard.
  void (async () => {
    try {
      say({ reply: id, value: await methods[method]!(...values) });
    } catch (error) {
      say({ reply: id, error: error instanceof Error ? error.message : String(error) });
    }
    if (method === 'close') process.exit(0);
  })();
}
