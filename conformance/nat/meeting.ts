import type { IceRole, PairReport } from '@ringdown/ice';
import { traceText } from '@ringdown/simulator';
import { Party, Stage } from '../../packages/connectivity/scenarios/stage.ts';
import { Boxes, type Device, sideOf } from './device.ts';
import { type EndpointType, isDirect, type PossiblePair, type Prediction, predict } from './theory.ts';

export interface Meeting {
  readonly stage: Stage;
  /** The controlling one, if nothing else was said. */
  readonly first: Party;
  readonly second: Party;
  readonly prediction: Prediction;
}

export interface Outcome {
  /** The ends of the path that both have selected. */
  readonly pair: PossiblePair;
  readonly direct: boolean;
  /** From the start on, gathering and signalling included: when each has heard the other, and when both have selected. */
  readonly heardMs: number;
  readonly settledMs: number;
}

/** As often as a phone sends sound. */
const VOICE_MS = 20;
const PATIENCE_MS = 60_000;
const SHOWN_PACKETS = 60;

/** Puts two devices into a world with a STUN and a TURN server; nothing has begun. @param role of the first */
export const arrange = (first: Device, second: Device, seed = 1, role: IceRole = 'controlling'): Meeting => {
  const stage = new Stage(seed);
  const boxes = new Boxes(stage.world);
  // Without a transport: over UDP, and over TCP where UDP is silent.
  const { transport: _, ...turnServer } = stage.turnServer;
  const servers = [stage.stunServer, turnServer, stage.turnServerHttps];
  const party = (name: string, device: Device, role: IceRole): Party =>
    new Party(stage, name, boxes.placeOf(device), {
      role,
      servers,
      ...(device.relayOnly === true ? { policy: 'relay' } : {}),
    });
  const meeting = {
    stage,
    first: party('alice', first, role),
    second: party('bob', second, role === 'controlling' ? 'controlled' : 'controlling'),
    prediction: predict(sideOf(first), sideOf(second)),
  };
  meeting.first.peer = meeting.second;
  meeting.second.peer = meeting.first;
  return meeting;
};

/** Both start, and speak all the while, until each has heard the other and both have selected the same path. */
export const meet = async (meeting: Meeting): Promise<Outcome> => {
  const { stage, first, second } = meeting;
  const begin = stage.world.clock.now();
  const since = (): number => Math.round(stage.world.clock.now() - begin);
  const voice = speak(meeting);
  first.connectivity.start();
  second.connectivity.start();
  let heardMs: number | undefined;
  try {
    await stage.world.run({
      until: () => {
        if (first.heard.length > 0 && second.heard.length > 0) heardMs ??= since();
        return heardMs !== undefined && [first, second].every(isCompleted) && isOnePath(meeting);
      },
      withinMs: PATIENCE_MS,
      what: 'each hears the other, and both select the same path',
    });
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${explain(meeting)}`, {
      cause: error,
    });
  } finally {
    voice.end();
  }
  const pair = pairOf(meeting);
  return { pair, direct: isDirect(pair), heardMs: heardMs!, settledMs: since() };
};

/** Each says something every 20 ms, wherever there is a way. */
export const speak = ({ stage: { world }, first, second }: Meeting): { end(): void } => {
  let isOver = false;
  const timerFired = (): void => {
    if (isOver) return;
    for (const party of [first, second]) party.say(`voice at ${world.clock.now()}`);
    world.timers.start({ timerFired }, 'voice', VOICE_MS);
  };
  timerFired();
  return {
    end: () => {
      isOver = true;
    },
  };
};

const isCompleted = ({ connectivity }: Party): boolean => connectivity.state === 'completed';

const selected = (party: Party): PairReport => party.of('selected').at(-1)!.pair;

/** Behind NAT64 an address of IPv4 is written as one of IPv6 (RFC 6052 §2.1). */
const NAT64_ADDRESS = /^64:ff9b::([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

const endpointOf = ({ address, port }: { readonly address: string; readonly port: number }): string => {
  const embedded = NAT64_ADDRESS.exec(address)
    ?.slice(1)
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 0xff]);
  return `${embedded?.join('.') ?? address} ${port}`;
};

/** What one calls its own end the other calls the peer's. */
const isOnePath = ({ first, second }: Meeting): boolean => {
  const [one, other] = [selected(first), selected(second)];
  return (
    endpointOf(one.local) === endpointOf(other.remote) && endpointOf(other.local) === endpointOf(one.remote)
  );
};

/** What the ends of the selected path are to one who knows all that was told. */
const pairOf = ({ first, second }: Meeting): PossiblePair => ({
  first: typeOf(first, selected(first).local),
  second: typeOf(second, selected(second).local),
});

const typeOf = (owner: Party, end: PairReport['local']): EndpointType =>
  owner.of('candidate').find(({ candidate }) => endpointOf(candidate) === endpointOf(end))?.candidate.type ??
  'prflx';

/** Everything that helps to see why two devices did not meet as they should. */
export const explain = ({ stage, first, second, prediction }: Meeting): string => {
  const possible = prediction.pairs.map((pair) => `${pair.first}–${pair.second}`).join(', ');
  const lines = [`in theory: ${prediction.direct ? 'direct' : 'by relay'}, over ${possible}`];
  for (const party of [first, second]) {
    const { name, connectivity } = party;
    lines.push(`${name} is ${connectivity.state}, ${connectivity.role}, has heard ${party.heard.length}`);
    for (const { candidate } of party.of('candidate'))
      lines.push(`  candidate ${candidate.type} ${endpointOf(candidate)} from ${candidate.base.id}`);
    for (const pair of connectivity.pairs())
      lines.push(
        `  pair ${pair.local.type} ${endpointOf(pair.local)} to ${pair.remote.type} ${endpointOf(pair.remote)}: ` +
          `${pair.state}${pair.nominated ? ', nominated' : ''}${pair.valid ? ', valid' : ''}; ${pair.why}`,
      );
    for (const output of party.outputs)
      if ('why' in output && output.kind !== 'ignored') lines.push(`  ${output.kind}: ${output.why}`);
  }
  const packets = stage.world.trace().filter(({ bytes, kind }) => !isVoice(bytes) && kind !== 'ack');
  return [...lines, 'the last packets but voice:', traceText(packets.slice(-SHOWN_PACKETS))].join('\n');
};

const isVoice = (bytes: Uint8Array): boolean => String.fromCharCode(...bytes.subarray(0, 5)) === 'voice';
