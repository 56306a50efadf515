import {
  buildRequest,
  buildResponse,
  CallId,
  type Flow,
  flowKey,
  type SipMessage,
  SipRequest,
  SipResponse,
  Via,
} from '@ringdown/sip';
import { describe, expect, test } from 'vitest';
import { HouseTransport } from './house-transport.ts';
import { type AnsweredCall, Service, type ServiceGuest } from './service.ts';

/** A service whose calls are told what comes, and the server beside it. */
const house = (
  options: { readonly maxCalls?: number; readonly fails?: string; readonly isStrained?: () => boolean } = {},
) => {
  const toServer: { readonly message: SipMessage; readonly flow: Flow }[] = [];
  const network: SipMessage[] = [];
  const guests: (ServiceGuest & { readonly heard: string[]; closed: boolean; hungUp: boolean })[] = [];
  const troubles: string[] = [];
  const transport = new HouseTransport(
    {
      send: (_, message) => network.push(message) > 0,
      flowTo: () => undefined,
      flowOf: () => undefined,
      keepAlive: () => undefined,
    },
    (message, flow) => toServer.push({ message, flow }),
  );
  const service: Service = new Service(transport, {
    refusal: () => {
      if (options.isStrained?.() === true) return 480;
      return service.active >= (options.maxCalls ?? 2) ? 486 : undefined;
    },
    answer: async (guest): Promise<AnsweredCall> => {
      if (options.fails !== undefined) throw new Error(options.fails);
      const told = { ...guest, heard: [] as string[], closed: false, hungUp: false };
      guests.push(told);
      return {
        received: (message) =>
          told.heard.push(message instanceof SipRequest ? message.method : String(message.status)),
        hangUp: () => {
          told.hungUp = true;
        },
        close: async () => {
          told.closed = true;
        },
      };
    },
    onTrouble: (why) => troubles.push(why),
  });
  const flow = transport.flowOf(service.flow)!;
  return {
    ...{ service, transport, toServer, network, guests, troubles, flow },
    /** The server sends something, and all that comes of it is done. */
    sends: async (...messages: SipMessage[]) => {
      for (const message of messages) transport.send(flow, message);
      await new Promise((resolve) => setImmediate(resolve));
      return toServer.splice(0).map(({ message }) => (message instanceof SipResponse ? message.status : 0));
    },
  };
};

const request = (method: string, call = '1', toTag = ''): SipRequest =>
  buildRequest({
    method,
    uri: 'sip:echo@radio.example',
    headers: [
      ['Via', 'SIP/2.0/WSS 192.0.0.8:5060;branch=z9hG4bK1;rport'],
      ['From', '<sip:alice@radio.example>;tag=a'],
      ['To', `<sip:echo@radio.example>${toTag}`],
      ['Call-ID', call],
      ['CSeq', `1 ${method}`],
    ],
  });

describe('a service', () => {
  test('hands each call its own messages, those too that came before it was ready', async () => {
    const { sends, guests, service } = house();
    await sends(request('INVITE', '1'), request('INVITE', '2'), request('CANCEL', '1'));
    expect(guests.map(({ heard }) => heard)).toEqual([['INVITE', 'CANCEL'], ['INVITE']]);
    await sends(request('ACK', '2', ';tag=b'), buildResponse(request('BYE', '2'), 200));
    expect(guests[1]?.heard).toEqual(['INVITE', 'ACK', '200']);
    expect(service.active).toBe(2);
  });

  test('is busy beyond its bound, and free when a call has ended', async () => {
    const { sends, guests, service } = house({ maxCalls: 1 });
    await sends(request('INVITE', '1'));
    expect(await sends(request('OPTIONS', '3'))).toEqual([486]);
    expect(await sends(request('INVITE', '2'), request('ACK', '2'))).toEqual([486]);
    guests[0]?.ended();
    expect(service.active).toBe(0);
    expect(await sends(request('INVITE', '2'))).toEqual([]);
    expect(guests).toHaveLength(2);
    guests[0]?.gone();
    expect(await sends(request('BYE', '1', ';tag=b'))).toEqual([481]);
  });

  test('has no time while the server has none', async () => {
    let isStrained = true;
    const { sends, guests } = house({ isStrained: () => isStrained });
    expect(await sends(request('INVITE', '1'))).toEqual([480]);
    isStrained = false;
    expect(await sends(request('INVITE', '2'))).toEqual([]);
    expect(guests).toHaveLength(1);
  });

  test('says what it does not do', async () => {
    const { sends } = house();
    expect(await sends(request('OPTIONS'))).toEqual([200]);
    expect(await sends(request('MESSAGE'))).toEqual([405]);
    expect(await sends(request('BYE', '9', ';tag=x'))).toEqual([481]);
    expect(await sends(request('CANCEL', '9'))).toEqual([481]);
    expect(await sends(request('ACK', '9', ';tag=x'), buildResponse(request('BYE', '9'), 200))).toEqual([]);
  });

  test('tells the caller and the operator where it cannot answer', async () => {
    const { sends, troubles, service } = house({ fails: 'no codec can be loaded' });
    expect(await sends(request('INVITE'))).toEqual([500]);
    expect(troubles).toEqual(['no codec can be loaded']);
    expect(service.active).toBe(0);
  });

  test('keeps little of what comes before it is ready', async () => {
    const { sends, guests } = house();
    await sends(...Array.from({ length: 50 }, () => request('INVITE')));
    expect(guests[0]?.heard).toHaveLength(8);
  });

  test('closes its calls, also one that is only being made ready', async () => {
    const { sends, guests, service, transport, flow } = house();
    await sends(request('INVITE', '1'));
    service.hangUp();
    expect(guests[0]).toMatchObject({ hungUp: true, closed: false });
    transport.send(flow, request('INVITE', '2'));
    await service.close();
    expect(await sends()).toEqual([480]);
    expect(guests[0]?.closed).toBe(true);
  });
});

describe('the way to a service', () => {
  test('is found by its key, and is no way of the network', async () => {
    const { transport, flow, network, service } = house();
    expect(flowKey(flow)).toBe(service.flow);
    expect(flow).toMatchObject({ transport: 'wss', open: true });
    transport.keepAlive(flow);
    transport.send({ ...flow, transport: 'udp' } as Flow, request('OPTIONS'));
    expect(network).toHaveLength(1);
    transport.close();
    expect(transport.send(flow, request('INVITE'))).toBe(false);
  });

  test('says of a request where it came from, as every transport does', async () => {
    const toServer: SipMessage[] = [];
    const transport = new HouseTransport(
      { send: () => true, flowTo: () => undefined, flowOf: () => undefined, keepAlive: () => undefined },
      (message) => toServer.push(message),
    );
    const way = transport.lay(() => undefined);
    way.send(request('BYE'));
    expect(toServer).toEqual([]);
    await Promise.resolve();
    expect(toServer[0]?.get(Via)?.parameters.get('received')).toBe('192.0.0.8');
    expect(toServer[0]?.get(CallId)).toBe('1');
  });
});
