import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { ConnectivityServer } from '@ringdown/connectivity';
import {
  agentOffers,
  BrowserPeer,
  browserOffers,
  connected,
  type Media,
  type Meeting,
  ourDescription,
  parametersIn,
  trickle,
} from '../harness/browser-peer.ts';
import { isRoot } from '../harness/capture.ts';
import { Chromium, type Page } from '../harness/chromium.ts';
import { eventually, idle } from '../harness/deadline.ts';
import { DtlsCertificate } from '../harness/dtls-server.ts';
import { IceAgents } from '../harness/ice-program.ts';
import { buildOpenNetwork } from '../harness/open-network.ts';
import { hostPort, type Provider } from '../harness/provider.ts';
import type { Suite } from '../harness/suite.ts';
import type { AgentOptions } from '../ice/agent.ts';

type Transport = 'udp' | 'tcp' | 'tls';

interface MeetingOptions {
  readonly page: Page;
  readonly offers: 'browser' | 'agent';
  readonly media?: Media;
  /** RTCConfiguration. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly agent?: Partial<AgentOptions>;
}

/** Consent is asked for about every 5 s (RFC 7675 §5.1). */
const consentMs = 11_000;
/** So long nothing may be heard before consent is over. */
const consentEndsMs = 30_000;

const suite: Suite = {
  name: 'ice-chromium',
  peers: ['Chromium', 'OpenSSL'],
  shows:
    'Our ICE agent and a browser’s RTCPeerConnection find a way and keep it: either one offering, controlling, restarting, over IPv4 and IPv6, with trickled and whole descriptions, with names of mDNS and TCP candidates among them, through our TURN server over UDP, TCP and TLS from either side and from both; the browser completes DTLS with OpenSSL through the selected pair each time. Wrong passwords connect nobody, and who is gone loses consent. Needs root.',
  needs: ['relay'],
  withinMs: 90_000,
  async run(stage) {
    if (!isRoot) {
      if (process.env.RINGDOWN_INTEROP_NO_ROOT === '1') return;
      throw new Error(
        'network namespaces need root: run as root, or set RINGDOWN_INTEROP_NO_ROOT=1 to leave this suite out',
      );
    }
    const [net, there, here] = await buildOpenNetwork(stage, ['net', 'browser', 'agent']);
    if (net === undefined || there === undefined || here === undefined) throw new Error('no network');
    const relayServer = async (name: string, config?: string): Promise<Provider> => {
      const provider = await stage.provider({
        ...{ name, host: net.address, namespace: net.namespace },
        ...(config === undefined ? {} : { config }),
      });
      await provider.addAccount('alice', 'alice-secret');
      return provider;
    };
    const [strict, open, chromium, agents] = await Promise.all([
      relayServer('strict'),
      relayServer('open', `[turn]\nallow_peers = ["${net.address}/24"]\n`),
      Chromium.start(stage, there),
      IceAgents.start(stage, here.namespace),
    ]);
    const [page, quietPage] = await Promise.all([
      chromium.page({ microphone: true }),
      chromium.page({ microphone: false }),
    ]);
    const certificate = new DtlsCertificate(stage);
    const authorities = [readFileSync(await strict.certificate(), 'latin1')];

    let meetings = 0;
    /** Both agents, before either knows anything of the other. */
    const bring = async (options: MeetingOptions): Promise<Meeting> => {
      meetings += 1;
      const number = meetings;
      const { page, offers, media = 'data', configuration = {} } = options;
      const name = `peer ${number}`;
      const browser = await BrowserPeer.create(page, { name, media, configuration }, offers === 'browser');
      stage.evidence(`browser's ${name}`, () =>
        browser.told.map(({ kind, value }) => `${kind} ${value}`).join('\n'),
      );
      const agent = agents.open(`agent ${number}`, {
        role: offers === 'agent' ? 'controlling' : 'controlled',
        // Loopback is of no use to the browser.
        addresses: [here.address6, here.address],
        authorities,
        carryTo: await certificate.serve(here.namespace),
        ...options.agent,
      });
      return { browser, agent, fingerprint: certificate.fingerprint };
    };
    const meet = async (options: MeetingOptions): Promise<Meeting> => {
      const meeting = await bring(options);
      trickle(meeting);
      await (options.offers === 'browser' ? browserOffers : agentOffers)(meeting);
      return meeting;
    };

    const turn = (provider: Provider, transport: Transport): ConnectivityServer => {
      const { host: address, port } = provider.endpoint(`turn-${transport}`);
      const credentials = { username: 'alice', password: 'alice-secret' };
      return { kind: 'turn', address, port, transport, serverName: provider.domain, ...credentials };
    };
    const relayOnly = (provider: Provider, transport: Transport, credential = 'alice-secret') => {
      const to = hostPort(provider.endpoint(`turn-${transport}`));
      const urls = transport === 'tls' ? `turns:${to}?transport=tcp` : `turn:${to}?transport=${transport}`;
      return {
        iceTransportPolicy: 'relay',
        iceServers: [{ urls, username: 'alice', credential }],
      };
    };

    const direct = async (): Promise<void> => {
      for (const offers of ['browser', 'agent'] as const) {
        await stage.check(`the ${offers} offers: a way between host candidates, over IPv6`, async () => {
          const meeting = await meet({ page, offers });
          const { ours, theirs } = await connected(meeting);
          assert.deepEqual([theirs.local.type, theirs.local.address], ['host', there.address6]);
          assert.deepEqual([ours.local.address, ours.remote.type], [here.address6, 'host']);
          const { iceRole } = await meeting.browser.transport();
          assert.equal(iceRole, offers === 'browser' ? 'controlling' : 'controlled');
          await meeting.browser.close();
        });
      }
      await stage.check('TCP candidates of the browser are ignored; what is left is IPv4', async () => {
        const meeting = await meet({ page, offers: 'browser', agent: { addresses: [here.address] } });
        const { theirs } = await connected(meeting);
        assert.deepEqual([theirs.local.type, theirs.local.address], ['host', there.address]);
        await meeting.browser.tells('candidate', / tcp .* tcptype active/, 10_000);
        await meeting.agent.waitFor(/^note ignored .* tcp is not spoken/, 2_000);
      });
      await stage.check('audio, with the browser’s microphone', async () => {
        await connected(await meet({ page, offers: 'browser', media: 'audio' }));
      });
      await stage.check('both take themselves for controlling: one gives way', async () => {
        const { browser, agent, ...rest } = await meet({
          ...{ page, offers: 'browser', agent: { role: 'controlling' } },
        });
        await connected({ browser, agent, ...rest });
        const ours =
          agent
            .said(/^role /)
            .at(-1)
            ?.slice('role '.length) ?? 'controlling';
        const { iceRole } = await browser.transport();
        assert.deepEqual(new Set([ours, iceRole]), new Set(['controlling', 'controlled']));
      });
      await stage.check('whole descriptions, without trickle', async () => {
        const meeting = await bring({ page, offers: 'browser', agent: { ice: { trickle: false } } });
        const { browser, agent, fingerprint } = meeting;
        await browser.offer();
        await browser.tells('candidate', /^$/, 5_000);
        const offer = await browser.description();
        const { ufrag, pwd } = parametersIn(offer);
        agent.tell(`remote ${ufrag} ${pwd}`);
        for (const [, line] of offer.matchAll(/^a=(candidate:.*?)\r$/gm)) agent.tell(`candidate ${line}`);
        agent.tell('end');
        await agent.waitFor(/^gathered$/m, 5_000);
        const candidates = agent.said(/^candidate /).map((line) => line.slice('candidate '.length));
        const own = await agent.parameters();
        const description = {
          ...own,
          fingerprint,
          candidates,
          media: browser.media,
          setup: 'passive',
        } as const;
        await browser.answered(ourDescription(description));
        await connected(meeting);
      });
      await stage.check('candidates that come a second after the answer', async () => {
        const meeting = await bring({ page, offers: 'browser' });
        await browserOffers(meeting);
        await idle(1_000);
        assert.equal(meeting.agent.state, 'checking');
        trickle(meeting);
        await connected(meeting);
      });
      for (const offers of ['browser', 'agent'] as const) {
        await stage.check(
          `mDNS names, the ${offers} offers: the browser is found by its checks`,
          async () => {
            const meeting = await meet({ page: quietPage, offers });
            const { ours } = await connected(meeting);
            assert.equal(ours.remote.type, 'prflx');
            assert.ok([there.address, there.address6].includes(ours.remote.address), ours.remote.address);
            const told = meeting.browser.told.filter(
              ({ kind, value }) => kind === 'candidate' && value !== '',
            );
            assert.ok(
              told.every(({ value }) => value.includes('.local ')),
              told.map(({ value }) => value).join('\n'),
            );
            assert.ok(meeting.agent.said(/^note ignored \S+\.local of the peer/).length > 0);
          },
        );
      }
    };

    const relayed = async (): Promise<void> => {
      const both = [
        ['udp', 'udp', 'browser'],
        ['udp', 'tls', 'agent'],
        ['tcp', 'udp', 'agent'],
        ['tls', 'tcp', 'browser'],
      ] as const;
      for (const [theirs, ours, offers] of both) {
        await stage.check(
          `relays alone, on both sides: the browser’s over ${theirs}, ours over ${ours}; the ${offers} offers`,
          async () => {
            const meeting = await meet({
              ...{ page, offers, configuration: relayOnly(strict, theirs) },
              agent: { policy: 'relay', servers: [turn(strict, ours)] },
            });
            const pair = await connected(meeting);
            assert.deepEqual([pair.theirs.local.type, pair.theirs.relayProtocol], ['relay', theirs]);
            assert.deepEqual([pair.ours.local.type, pair.ours.remote.type], ['relay', 'relay']);
            assert.deepEqual([pair.ours.local.address, pair.ours.remote.address], [net.address, net.address]);
          },
        );
      }
      await stage.check('the browser’s relay alone, and a host candidate of ours', async () => {
        const configuration = relayOnly(open, 'udp');
        const { ours, theirs } = await connected(await meet({ page, offers: 'agent', configuration }));
        assert.deepEqual([theirs.local.type, theirs.remote.type], ['relay', 'host']);
        assert.deepEqual([ours.local.address, ours.remote.address], [here.address, net.address]);
      });
      await stage.check('our relay alone, and a host candidate of the browser’s', async () => {
        const agent = { policy: 'relay', servers: [turn(open, 'udp')] } as const;
        const { ours, theirs } = await connected(await meet({ page, offers: 'browser', agent }));
        assert.deepEqual([ours.local.type, theirs.local.type], ['relay', 'host']);
        assert.equal(theirs.remote.address, net.address);
      });
      await stage.check('a peer that is not allowed is not relayed to: nobody connects', async () => {
        const configuration = relayOnly(strict, 'udp');
        const meeting = await meet({ page, offers: 'browser', configuration });
        await meeting.browser.tells('candidate', / typ relay /, 5_000);
        await idle(3_000);
        assert.deepEqual([meeting.agent.way, meeting.agent.received], [undefined, 0]);
      });
      await stage.check('with a wrong password the browser gets no relay', async () => {
        const configuration = relayOnly(strict, 'udp', 'wrong');
        const browser = await BrowserPeer.create(
          page,
          { name: 'peer without relay', media: 'data', configuration },
          true,
        );
        await browser.offer();
        await browser.tells('candidate', /^$/, 12_000);
        assert.deepEqual(
          browser.told.filter(({ kind, value }) => kind === 'candidate' && value !== ''),
          [],
        );
        await browser.tells('error', /^401 /, 1_000);
      });
    };

    const restarts = async (): Promise<void> => {
      for (const who of ['browser', 'agent'] as const) {
        await stage.check(`a restart by the ${who}: other parameters, and data goes on`, async () => {
          const meeting = await meet({ page, offers: 'browser' });
          const { browser, agent } = meeting;
          await connected(meeting);
          const before = await browser.transport();
          const [mark, received, own] = [agent.mark(), agent.received, await agent.parameters()];
          await (who === 'browser' ? browserOffers : agentOffers)(meeting, true);
          await agent.reaches('completed', 10_000, mark);
          const changed = await eventually(
            async () => {
              const now = await browser.transport();
              const isNew = now.selectedCandidatePairId !== before.selectedCandidatePairId;
              return isNew && now.iceState !== 'checking' ? now : undefined;
            },
            10_000,
            'the browser has selected another pair',
          );
          assert.notEqual(changed.iceLocalUsernameFragment, before.iceLocalUsernameFragment);
          assert.notEqual((await agent.parameters(mark)).ufrag, own.ufrag);
          assert.equal(changed.dtlsState, 'connected');
          const isMore = (): true | undefined => agent.received > received || undefined;
          await eventually(isMore, 10_000, 'data of the browser after the restart');
        });
      }
    };

    const refused = async (): Promise<void> => {
      await stage.check('wrong passwords connect nobody', async () => {
        const meeting = await bring({ page, offers: 'browser' });
        const { browser, agent, fingerprint } = meeting;
        trickle(meeting);
        const { ufrag, pwd } = parametersIn(await browser.offer());
        agent.tell(`remote ${ufrag} ${pwd.replace(/^./, (first) => (first === 'a' ? 'b' : 'a'))}`);
        const own = { ...(await agent.parameters()), pwd: 'x'.repeat(24) };
        await browser.answered(
          ourDescription({ ...own, fingerprint, media: browser.media, setup: 'passive' }),
        );
        await agent.reaches('checking', 10_000);
        await browser.tells('ice', /^checking$/, 10_000);
        await idle(5_000);
        assert.deepEqual([agent.state, agent.way, agent.received], ['checking', undefined, 0]);
        const states = browser.told.flatMap(({ kind, value }) => (kind === 'ice' ? [value] : []));
        assert.deepEqual(states, ['checking']);
      });
    };

    const kept = (): Promise<boolean> =>
      stage.check(`the way is kept: each goes on asking the other for consent`, async () => {
        const meeting = await meet({ page, offers: 'browser' });
        const before = (await connected(meeting)).theirs;
        await idle(consentMs);
        const after = await meeting.browser.pair();
        assert.ok(after.requestsReceived >= before.requestsReceived + 2, 'we asked the browser');
        assert.equal(after.responsesSent, after.requestsReceived);
        assert.ok(after.responsesReceived >= before.responsesReceived + 2, 'we answered the browser');
        assert.equal(meeting.agent.state, 'completed');
        assert.deepEqual(
          meeting.browser.told.flatMap(({ kind, value }) => (kind === 'ice' ? [value] : [])).slice(-1),
          ['connected'],
        );
      });
    const browserGoes = (): Promise<boolean> =>
      stage.check('the browser goes: its consent ends after 30 s', async () => {
        const meeting = await meet({ page, offers: 'agent' });
        await connected(meeting);
        const mark = meeting.agent.mark();
        const gone = performance.now();
        await meeting.browser.close();
        await meeting.agent.reaches('disconnected', 20_000, mark);
        await meeting.agent.waitFor(/^note lost /m, consentEndsMs + 10_000, mark);
        const ms = performance.now() - gone;
        assert.ok(ms > consentEndsMs - 7_000 && ms < consentEndsMs + 2_000, `after ${Math.round(ms)} ms`);
      });
    const agentGoes = (): Promise<boolean> =>
      stage.check('our agent is gone: the browser tells that it is disconnected', async () => {
        const meeting = await meet({ page, offers: 'browser' });
        await connected(meeting);
        meeting.agent.tell('close');
        await meeting.browser.tells('ice', /^disconnected$/, 12_000);
      });

    // What waits long waits at the same time.
    await Promise.all([browserGoes(), kept(), agentGoes(), refused(), direct().then(restarts), relayed()]);
  },
};
export default suite;
