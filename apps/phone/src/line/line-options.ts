import { readFileSync } from 'node:fs';
import type { CallDefaults } from '@ringdown/user-agent';
import type { AccountOptions } from '../account/account-source.ts';
import type { PhoneAccount } from '../account/phone-account.ts';
import { Refusal, systemWords } from '../refusal.ts';
import type { LineRequest } from '../world.ts';

/** What every command of a phone takes. */
export interface LineOptions extends AccountOptions {
  /** Whether the account is kept in the home for the next time. */
  readonly save?: boolean | undefined;
  /** Addresses of this machine to use. */
  readonly host?: readonly string[] | undefined;
  readonly sipPort?: number | undefined;
  /** Whether calls and texts are taken that do not come through the server, too. */
  readonly direct?: boolean | undefined;
  /** `LOWEST-HIGHEST` */
  readonly rtpPorts?: string | undefined;
  /** DNS servers to ask, `ADDRESS[:PORT]`. */
  readonly dns?: readonly string[] | undefined;
  readonly profile?: CallDefaults['profile'];
  readonly security?: CallDefaults['security'];
  readonly ice?: 'on' | 'off' | undefined;
  readonly relayOnly?: boolean | undefined;
  /** Milliseconds, or `off`. */
  readonly duplicate?: string | undefined;
  readonly json?: boolean | undefined;
  /** Whether SIP messages are told, too. */
  readonly verbose?: boolean | undefined;
}

/**
 * What a phone is made of: the account and what options say of this machine.
 *
 * @param folder where the phone keeps who it is; undefined where it cannot
 * @throws Refusal where a file cannot be read or an option makes no sense
 */
export const lineRequest = (
  account: PhoneAccount,
  options: LineOptions,
  folder: string | undefined,
): LineRequest => {
  const { address, password, authUsername, displayName, realm, server, transports, turn, tlsCa } = account;
  if (options.ice === 'off' && options.relayOnly === true)
    throw new Refusal('--relay-only needs ICE: leave out one of --relay-only and --ice off');
  const { host, sipPort, rtpPorts, dns, profile, security, ice, relayOnly, duplicate } = options;
  return {
    account: address,
    password,
    ...(authUsername !== undefined && { authUsername }),
    ...(displayName !== undefined && { displayName }),
    ...(realm !== undefined && { realm }),
    ...(server !== undefined && { server }),
    ...(transports !== undefined && { transports }),
    ...(options.direct === true && { direct: true }),
    ...(profile !== undefined && { profile }),
    ...(security !== undefined && { security }),
    ...(ice !== undefined && { ice: ice === 'on' }),
    ...(relayOnly !== undefined && { relayOnly }),
    ...(duplicate !== undefined && { duplicate: readDuplicate(duplicate) }),
    device: {
      ...(host !== undefined && { addresses: host }),
      ...(turn !== undefined && { turnServer: turn }),
      ...(dns !== undefined && { dnsServers: dns }),
      ...(tlsCa !== undefined && { authorities: [readAuthorities(tlsCa)] }),
      ...(sipPort !== undefined && { sipPort }),
      ...(rtpPorts !== undefined && { rtpPorts: readPorts(rtpPorts) }),
      ...(folder !== undefined && { home: folder }),
    },
  };
};

const readAuthorities = (file: string): string => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Refusal(
      `the authorities ${file} cannot be read (${systemWords(error)}): name a PEM file with --tls-ca`,
    );
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw new Refusal(`${file} holds no certificate in PEM: name a file that does with --tls-ca`);
  return text;
};

const readDuplicate = (text: string): NonNullable<CallDefaults['duplicate']> => {
  if (text === 'off') return false;
  const delayMs = /^\d{1,3}$/.test(text) ? Number(text) : 501;
  if (delayMs > 500)
    throw new Refusal(`--duplicate must be 0 to 500 milliseconds, such as 100, or off, not "${text}"`);
  return { delayMs };
};

const readPorts = (text: string): readonly [number, number] => {
  const [, lowest, highest] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const ports = [Number(lowest), Number(highest)] as const;
  if (!(ports[0] >= 1 && ports[0] < ports[1] && ports[1] <= 65_535))
    throw new Refusal(`--rtp-ports must be a range such as 4000-4100, not "${text}"`);
  return ports;
};
