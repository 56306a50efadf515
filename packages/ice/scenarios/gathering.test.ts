import { addFingerprint, BINDING, MappedAddress, MessageWriter, type TransportAddress } from '@ringdown/stun';
import { describe, expect, test } from 'vitest';
import { LoneAgent, PEER, peerCandidate, type Sent } from './lone-agent.ts';

const SERVER = { address: '192.0.2.100', port: 3478 };
const SECOND = { address: '192.0.2.101', port: 3478 };
const MAPPED = { address: '203.0.113.5', port: 45_664 };

const gathering = (...stunServers: TransportAddress[]) => new LoneAgent({ stunServers });
/** What a server without the magic of RFC 5389 would answer; the plainest that there is. */
const serverAnswers = (
  lone: LoneAgent,
  { message, to }: Sent,
  mapped = MAPPED,
  from: TransportAddress = to,
  at = 'a',
) =>
  lone.agent.received(
    at,
    addFingerprint(new MessageWriter(BINDING, 'success', message.transactionId).add(MappedAddress, mapped))
      .bytes,
    from,
  );
const candidates = (lone: LoneAgent) =>
  lone.all('candidate').map(({ candidate: { type, address } }) => `${type} ${address}`);

describe('server-reflexive candidates', () => {
  test('are asked for from each host base of the server’s family, one every 50 ms (RFC 8445 §5.1.1.2)', () => {
    const lone = gathering(SERVER, { address: '2001:db8::100', port: 3478 });
    lone.agent.addBase({ id: 'b', component: 1, kind: 'host', address: '2001:db8::2', port: 1 });
    lone.agent.addBase({ id: 'l', component: 1, kind: 'host', address: 'fe80::2%eth0', port: 1 });
    lone.agent.addBase({ id: 'r', component: 1, kind: 'relayed', address: '192.0.2.50', port: 1 });
    lone.advance(200);
    const asked = lone.requests();
    expect(asked.map(({ base, to }) => `${base} ${to.address}`)).toEqual([
      'a 192.0.2.100',
      'b 2001:db8::100',
    ]);
    expect(asked[1]!.at - asked[0]!.at).toBe(50);
  });

  test('are told as they come; the end is told when all have answered', () => {
    const lone = gathering(SERVER, SECOND);
    lone.agent.endOfBases();
    lone.advance(100);
    const [first, second] = lone.requests();
    serverAnswers(lone, first!);
    expect(candidates(lone)).toEqual(['host 192.0.2.1', `srflx ${MAPPED.address}`]);
    expect(lone.all('gathered')).toEqual([]);
    serverAnswers(lone, second!);
    expect(candidates(lone).length).toBe(2);
    expect(lone.all('gathered')).toEqual([{ kind: 'gathered', ufrag: lone.agent.parameters.ufrag }]);
  });

  test('are not believed from somebody else than the server', () => {
    const lone = gathering(SERVER);
    lone.advance(10);
    serverAnswers(lone, lone.requests()[0]!, MAPPED, PEER);
    expect(candidates(lone)).toEqual(['host 192.0.2.1']);
    expect(lone.all('gathering-failed').map(({ why }) => why)).toEqual([
      'the answer came from, or to, another address',
    ]);
  });

  test('are not believed where they arrive at another base', () => {
    const lone = gathering(SERVER);
    lone.agent.addBase({ id: 'b', component: 1, kind: 'host', address: '2001:db8::2', port: 1 });
    lone.advance(10);
    serverAnswers(lone, lone.requests()[0]!, MAPPED, SERVER, 'b');
    expect(lone.all('candidate').some(({ candidate: { type } }) => type === 'srflx')).toBe(false);
  });

  test('are told anew when the NAT maps anew, until the end has been told', () => {
    const lone = gathering(SERVER, SECOND);
    lone.advance(100);
    const [first, second] = lone.requests();
    serverAnswers(lone, first!);
    lone.advance(15_100);
    const again = lone.requests().filter(({ to }) => to.address === SERVER.address);
    expect(again.length).toBe(1);
    serverAnswers(lone, again[0]!, { ...MAPPED, port: 1 });
    expect(candidates(lone).length).toBe(3);
    lone.agent.endOfBases();
    serverAnswers(lone, second!);
    expect(lone.all('gathered').length).toBe(1);
    lone.advance(15_100);
    for (const request of lone.requests()) serverAnswers(lone, request, { ...MAPPED, port: 2 });
    expect(candidates(lone).length).toBe(3);
  });

  test('may be learned elsewhere: from the TURN server that saw the socket', () => {
    const lone = new LoneAgent();
    lone.agent.addServerReflexive('a', MAPPED, '192.0.2.60');
    lone.agent.addServerReflexive('a', MAPPED, '192.0.2.60');
    expect(candidates(lone)).toEqual(['host 192.0.2.1', `srflx ${MAPPED.address}`]);
    expect(() => lone.agent.addServerReflexive('b', MAPPED, '192.0.2.60')).toThrow(/no host base/);
  });

  test('and checks take turns, so that neither waits for the other', () => {
    const lone = gathering(SERVER, SECOND);
    lone.agent.setRemote(lone.peer);
    for (let port = 1; port <= 3; port++)
      lone.agent.addRemoteCandidate(peerCandidate({ port, foundation: `${port}` }));
    lone.advance(220);
    const isServer = lone.requests().map(({ to }) => to.port === 3478);
    expect(isServer).toEqual([true, false, true, false, false]);
  });

  test('are no longer kept when there is a selected pair', () => {
    const lone = gathering(SERVER);
    lone.advance(10);
    serverAnswers(lone, lone.requests()[0]!);
    lone.meet(peerCandidate());
    lone.live(500);
    expect(lone.state).toBe('completed');
    lone.take();
    lone.live(60_000);
    expect(lone.sent.filter(({ to }) => to.port === 3478).length).toBe(1);
  });
});

test('a link-local peer is sent to over the link of the base', () => {
  const lone = new LoneAgent();
  lone.agent.addBase({ id: 'l', component: 1, kind: 'host', address: 'fe80::2%eth0', port: 1 });
  lone.meet(peerCandidate({ address: 'fe80::9' }));
  lone.advance(10);
  expect(lone.requests().map(({ base, to }) => `${base} ${to.address}`)).toEqual(['l fe80::9%eth0']);
});
