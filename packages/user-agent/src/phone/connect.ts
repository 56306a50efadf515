import { addressOfRecord } from '../account.ts';
import { createUserAgent } from '../user-agent.ts';
import { requestOf } from './account-options.ts';
import { Exchange } from './exchange.ts';
import type { ConnectOptions, Phone } from './phone.ts';
import type { OpenPlatform, PlatformRequest } from './platform.ts';
import { RegisteredPhone } from './registered-phone.ts';
import { Way } from './way.ts';
import { Wire } from './wire.ts';

/**
 * A phone of an account: opens what the device has, registers, and resolves when it is registered. From then on it stays so by
 * itself: what is lost comes back, and is told as `registration` events.
 *
 * Rejects with a `TypeError` where the options are wrong, with a {@link PhoneError} where the registrar refuses, does not answer or is not found, and
 * with what the platform says where it cannot be opened. Nothing is left open then.
 */
export const connect = async <Sound = unknown>(options: ConnectOptions<Sound>): Promise<Phone<Sound>> => {
  const request = requestOf(options);
  const { account, server } = request;
  const wire = new Wire<Sound>(new Way(server?.host ?? account.domain));
  const opened = await options.platform.open(request, wire);
  const exchange = await exchangeOf(options, request, opened, wire);
  try {
    exchange.agent.register();
    await exchange.registered.promise;
  } catch (error) {
    // The first reason counts, whatever the device says to being closed.
    await exchange.abandon().catch(() => undefined);
    throw error;
  }
  return new RegisteredPhone(addressOfRecord(account), exchange);
};

const exchangeOf = async <Sound>(
  options: ConnectOptions<Sound>,
  { account, transports }: PlatformRequest,
  opened: OpenPlatform<Sound>,
  wire: Wire<Sound>,
): Promise<Exchange<Sound>> => {
  const { registerSeconds, direct, takesCalls, instance = opened.instance } = options;
  const { clock, timers, random, hashes, text, dns, media, stun } = opened;
  const transport = wire.observed(opened.transport);
  try {
    const exchange = new Exchange<Sound>(options, opened, {
      way: wire.way,
      domain: account.domain,
      makes: (deliver) =>
        createUserAgent(
          {
            ...{ account, instance, transports },
            ...(registerSeconds !== undefined && { registerSeconds }),
            ...(direct !== undefined && { direct }),
            ...(takesCalls !== undefined && { takesCalls }),
          },
          { transport, dns, clock, timers, random, hashes, text, media, deliver, ...(stun && { stun }) },
        ),
    });
    wire.leadsTo(exchange);
    return exchange;
  } catch (error) {
    await opened.close().catch(() => undefined);
    throw error;
  }
};
