import { setTimeout as pause } from 'node:timers/promises';
import { createLiveTimers, nodeClock, nodeSockets } from '@ringdown/net';
import type { HouseServices } from '@ringdown/provider';
import { formatSipUri } from '@ringdown/sip';
import type { Configuration } from '../config/configuration.ts';
import { tellFault } from '../operations/guarded.ts';
import type { Log } from '../operations/log.ts';
import { callerPlace, type OwnNetwork } from './caller-place.ts';
import { wantedProfile } from './caller-wishes.ts';
import type { HouseTransport } from './house-transport.ts';
import { Service, type ServiceGuest } from './service.ts';
import { ServiceCall } from './service-call.ts';
import { SERVICE_NAMES, type ServiceName } from './service-names.ts';
import type { NodeMediaOptions, ServiceSound } from './service-sound.ts';

/** Nothing here is finer: sound has a clock of its own. */
const TICK_MS = 1;
/** How long callers may take to know that it is over. */
const LEAVING_MS = 1_000;
const LOOK_MS = 20;

type SoundModule = typeof import('./service-sound.ts');

/** What callers hear, by the name that they call. */
const sounds: Readonly<Record<ServiceName, (module: SoundModule) => ServiceSound>> = {
  echo: ({ echoSound }) => echoSound(),
  tone: ({ toneSound }) => toneSound(),
};

export interface ServicesParts {
  readonly configuration: Pick<Configuration, 'services' | 'turn'>;
  readonly transport: HouseTransport;
  /** What services answer for where nobody says another: contacts are named by it. */
  readonly domain: string;
  readonly network: () => OwnNetwork;
  /** Whether the server has too much to do: sound would make it more. */
  readonly isStrained: () => boolean;
  readonly log: Log;
}

/** What the server itself answers, for its own users. */
export interface Services {
  /** The names that are answered. */
  readonly names: readonly string[];
  readonly find: HouseServices;
  /** How many calls are being answered. */
  readonly calls: number;
  /** Hangs up, so that callers know that it is over; resolves when they do, or soon. */
  leave(): Promise<void>;
  close(): Promise<void>;
}

/** Lays the ways to the services that are configured. Nothing of sound is loaded before somebody calls. */
export const openServices = (parts: ServicesParts): Services => {
  const { configuration, log } = parts;
  const { maxCalls } = configuration.services;
  const timers = createLiveTimers(nodeClock, { tickMs: TICK_MS, onFault: (error) => tellFault(log, error) });
  const names = SERVICE_NAMES.filter((name) => configuration.services[name]);
  const refusal = (): 486 | 480 | undefined => {
    if (parts.isStrained()) return 480;
    return callsOf(open) >= maxCalls ? 486 : undefined;
  };
  const open: ReadonlyMap<string, Service> = new Map<string, Service>(
    names.map((name) => [
      name,
      new Service(parts.transport, {
        refusal,
        answer: async (guest) => answered(parts, name, guest, timers),
        onTrouble: (why) => log.error({ event: 'service', service: name, why }),
      }),
    ]),
  );
  return {
    names,
    find: (username, domain) => {
      const service = open.get(username);
      if (service === undefined) return undefined;
      const uri = formatSipUri({ user: username, host: domain });
      return { uri, routes: [], flow: service.flow, isPhone: true, q: 1000 };
    },
    get calls() {
      return callsOf(open);
    },
    leave: async () => {
      for (const service of open.values()) service.hangUp();
      for (let waited = 0; callsOf(open) > 0 && waited < LEAVING_MS; waited += LOOK_MS) await pause(LOOK_MS);
    },
    close: async () => {
      await Promise.all([...open.values()].map((service) => service.close()));
      timers.close();
    },
  };
};

const callsOf = (open: ReadonlyMap<string, Service>): number =>
  [...open.values()].reduce((sum, { active }) => sum + active, 0);

const answered = async (
  { configuration, domain, network, log }: ServicesParts,
  name: ServiceName,
  { invite, way, ended, gone }: ServiceGuest,
  timers: ReturnType<typeof createLiveTimers>,
): Promise<ServiceCall> => {
  const module = await import('./service-sound.ts');
  const { turn, services } = configuration;
  const place = callerPlace(invite, network());
  const [local] = place.addresses;
  const media: NodeMediaOptions = {
    addresses: place.addresses,
    advertise: place.advertise,
    localAddressToward: () => (local === undefined ? undefined : { local, server: local }),
    rtpPorts: [turn.minPort, turn.maxPort],
    profile: wantedProfile(invite),
  };
  const sound = sounds[name](module);
  return new ServiceCall({
    ...{ name, domain, way, timers, media, sound, ended, gone, log },
    openMedia: await module.loadNodeMedia(),
    sockets: nodeSockets({ loopback: true }),
    maxSeconds: services.maxSeconds,
  });
};
