import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BrowserLab } from '../harness/browser-lab.ts';
import {
  agentOffers,
  BrowserPeer,
  browserOffers,
  connected,
  ourDescription,
  parametersIn,
  trickle,
} from '../harness/browser-peer.ts';
import { eventually, idle } from '../harness/deadline.ts';
import { runCommand } from '../harness/process.ts';
import { mayBuildNetworks } from '../harness/root.ts';
import type { Suite } from '../harness/suite.ts';

/** Consent is asked for every 4 to 6 s (RFC 7675 §5.1): in so long at least twice. */
const consentMs = 13_000;
/** So long nothing may be heard before consent is over. */
const consentEndsMs = 30_000;

const suite: Suite = {
  name: 'ice-chromium',
  peers: ['Chromium', 'OpenSSL', 'nftables'],
  shows:
    'Our ICE agent and a browser’s RTCPeerConnection find a way and keep it: either one offering, controlling, restarting, over IPv4 and IPv6, with trickled and whole descriptions, with names of mDNS and TCP candidates among them, through our TURN server over UDP, TCP and TLS from either side and from both; the browser completes DTLS with OpenSSL through the selected pair each time. Wrong passwords connect nobody, a silent network is survived, and who is gone loses consent. Needs root.',
  needs: ['relay'],
  withinMs: 90_000,
  async run(stage) {
    if (!mayBuildNetworks()) return;
    const lab = await BrowserLab.build(stage);
    // What waits long waits at the same time.
    await Promise.all([
      browserGoes(lab),
      kept(lab),
      agentGoes(lab),
      silence(lab),
      refused(lab),
      direct(lab)
        .then(() => described(lab))
        .then(() => hidden(lab))
        .then(() => restarts(lab)),
      bothRelayed(lab).then(() => oneRelayed(lab)),
    ]);
  },
};
export default suite;

async function direct(lab: BrowserLab): Promise<void> {
  for (const offers of ['browser', 'agent'] as const) {
    await lab.stage.check(`the ${offers} offers: a way between host candidates, over IPv6`, async () => {
      const meeting = await lab.meet({ page: lab.page, offers });
      const { ours, theirs } = await connected(meeting);
      assert.deepEqual([theirs.local.type, theirs.local.address], ['host', lab.there.address6]);
      assert.deepEqual([ours.local.address, ours.remote.type], [lab.here.address6, 'host']);
      const { iceRole } = await meeting.browser.transport();
      assert.equal(iceRole, offers === 'browser' ? 'controlling' : 'controlled');
      await meeting.browser.close();
    });
  }
  await lab.stage.check('IPv4, where that is all that we have', async () => {
    const meeting = await lab.meet({
      page: lab.page,
      offers: 'browser',
      agent: { addresses: [lab.here.address] },
    });
    const { theirs } = await connected(meeting);
    assert.deepEqual([theirs.local.type, theirs.local.address], ['host', lab.there.address]);
  });
  await lab.stage.check('audio, with the browser’s microphone', async () => {
    await connected(await lab.meet({ page: lab.page, offers: 'browser', media: 'audio' }));
  });
  await lab.stage.check('both take themselves for controlling: one gives way', async () => {
    const { browser, agent, ...rest } = await lab.meet({
      ...{ page: lab.page, offers: 'browser', agent: { role: 'controlling' } },
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
}

async function described(lab: BrowserLab): Promise<void> {
  await lab.stage.check('whole descriptions, with TCP candidates that are of no use to us', async () => {
    const meeting = await lab.bring({
      page: lab.page,
      offers: 'browser',
      agent: { ice: { trickle: false } },
    });
    const { browser, agent, fingerprint } = meeting;
    await browser.offer();
    await browser.tells('candidate', /^$/, 15_000);
    const offer = await browser.description();
    const { ufrag, pwd } = parametersIn(offer);
    agent.tell(`remote ${ufrag} ${pwd}`);
    const candidates = [...offer.matchAll(/^a=(candidate:.*?)\r$/gm)].map(([, line]) => line ?? '');
    for (const line of candidates) agent.tell(`candidate ${line}`);
    agent.tell('end');
    await agent.waitFor(/^gathered$/m, 15_000);
    const told = agent.said(/^candidate /).map((line) => line.slice('candidate '.length));
    const own = await agent.parameters();
    const description = {
      ...own,
      fingerprint,
      candidates: told,
      media: browser.media,
      setup: 'passive',
    } as const;
    await browser.answered(ourDescription(description));
    await connected(meeting);
    const tcp = candidates.filter((line) => / tcp .* tcptype active/.test(line)).length;
    assert.ok(tcp > 0, offer);
    assert.equal(agent.said(/^note ignored .* tcp is not spoken/).length, tcp);
  });
  await lab.stage.check('candidates that come a second after the answer', async () => {
    const meeting = await lab.bring({ page: lab.page, offers: 'browser' });
    await browserOffers(meeting);
    await idle(1_000);
    assert.equal(meeting.agent.state, 'checking');
    trickle(meeting);
    await connected(meeting);
  });
}

async function hidden(lab: BrowserLab): Promise<void> {
  for (const offers of ['browser', 'agent'] as const) {
    await lab.stage.check(
      `mDNS names, the ${offers} offers: the browser is found by its checks`,
      async () => {
        const meeting = await lab.meet({ page: lab.quietPage, offers });
        const { ours } = await connected(meeting);
        assert.equal(ours.remote.type, 'prflx');
        assert.ok([lab.there.address, lab.there.address6].includes(ours.remote.address), ours.remote.address);
        const told = meeting.browser.told.filter(({ kind, value }) => kind === 'candidate' && value !== '');
        assert.ok(
          told.every(({ value }) => value.includes('.local ')),
          told.map(({ value }) => value).join('\n'),
        );
        assert.ok(meeting.agent.said(/^note ignored \S+\.local of the peer/).length > 0);
      },
    );
  }
}

async function bothRelayed(lab: BrowserLab): Promise<void> {
  const both = [
    ['udp', 'udp', 'browser'],
    ['udp', 'tls', 'agent'],
    ['tcp', 'udp', 'agent'],
    ['tls', 'tcp', 'browser'],
  ] as const;
  for (const [theirs, ours, offers] of both) {
    await lab.stage.check(
      `relays alone, on both sides: the browser’s over ${theirs}, ours over ${ours}; the ${offers} offers`,
      async () => {
        const meeting = await lab.meet({
          ...{ page: lab.page, offers, configuration: lab.relayOnly(lab.strict, theirs) },
          agent: { policy: 'relay', servers: [lab.turn(lab.strict, ours)] },
        });
        const pair = await connected(meeting);
        assert.deepEqual([pair.theirs.local.type, pair.theirs.relayProtocol], ['relay', theirs]);
        assert.deepEqual([pair.ours.local.type, pair.ours.remote.type], ['relay', 'relay']);
        assert.deepEqual(
          [pair.ours.local.address, pair.ours.remote.address],
          [lab.net.address, lab.net.address],
        );
      },
    );
  }
}

async function oneRelayed(lab: BrowserLab): Promise<void> {
  await lab.stage.check('the browser’s relay alone, and a host candidate of ours', async () => {
    const configuration = lab.relayOnly(lab.open, 'udp');
    const { ours, theirs } = await connected(
      await lab.meet({ page: lab.page, offers: 'agent', configuration }),
    );
    assert.deepEqual([theirs.local.type, theirs.remote.type], ['relay', 'host']);
    assert.deepEqual([ours.local.address, ours.remote.address], [lab.here.address, lab.net.address]);
  });
  await lab.stage.check('our relay alone, and a host candidate of the browser’s', async () => {
    const agent = { policy: 'relay', servers: [lab.turn(lab.open, 'udp')] } as const;
    const { ours, theirs } = await connected(await lab.meet({ page: lab.page, offers: 'browser', agent }));
    assert.deepEqual([ours.local.type, theirs.local.type], ['relay', 'host']);
    assert.equal(theirs.remote.address, lab.net.address);
  });
  await lab.stage.check('a peer that is not allowed is not relayed to: nobody connects', async () => {
    const configuration = lab.relayOnly(lab.strict, 'udp');
    const meeting = await lab.meet({ page: lab.page, offers: 'browser', configuration });
    await meeting.browser.tells('candidate', / typ relay /, 15_000);
    await idle(3_000);
    assert.deepEqual([meeting.agent.way, meeting.agent.received], [undefined, 0]);
  });
  await lab.stage.check('with a wrong password the browser gets no relay', async () => {
    const configuration = lab.relayOnly(lab.strict, 'udp', 'wrong');
    const browser = await BrowserPeer.create(
      lab.page,
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
}

async function restarts(lab: BrowserLab): Promise<void> {
  for (const who of ['browser', 'agent'] as const) {
    await lab.stage.check(`a restart by the ${who}: other parameters, and data goes on`, async () => {
      const meeting = await lab.meet({ page: lab.page, offers: 'browser' });
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
}

async function refused(lab: BrowserLab): Promise<void> {
  for (const wrong of ['ours', 'the browser’s'] as const) {
    await lab.stage.check(`a wrong password, ${wrong}: whose checks it spoils is not connected`, async () => {
      const meeting = await lab.bring({ page: lab.page, offers: 'browser' });
      const { browser, agent, fingerprint } = meeting;
      trickle(meeting);
      const theirs = parametersIn(await browser.offer());
      const ours = await agent.parameters();
      const falsified = (pwd: string): string => pwd.replace(/^./, (first) => (first === 'a' ? 'b' : 'a'));
      agent.tell(`remote ${theirs.ufrag} ${wrong === 'ours' ? theirs.pwd : falsified(theirs.pwd)}`);
      const pwd = wrong === 'ours' ? falsified(ours.pwd) : ours.pwd;
      const { media } = browser;
      await browser.answered(ourDescription({ ...ours, pwd, fingerprint, media, setup: 'passive' }));
      await agent.reaches('checking', 10_000);
      await browser.tells('ice', /^checking$/, 10_000);
      await idle(4_000);
      // The browser controls: without an answer to its checks it nominates nothing, and without one to ours we select nothing.
      assert.equal(agent.way, undefined);
      const states = browser.told.flatMap(({ kind, value }) => (kind === 'ice' ? [value] : []));
      if (wrong === 'ours') assert.deepEqual(states, ['checking']);
      else assert.equal(agent.state, 'checking');
    });
  }
}

const kept = (lab: BrowserLab): Promise<boolean> =>
  lab.stage.check(`the way is kept: each goes on asking the other for consent`, async () => {
    const meeting = await lab.meet({ page: lab.page, offers: 'browser' });
    const before = (await connected(meeting)).theirs;
    await idle(consentMs);
    const after = await meeting.browser.pair();
    assert.ok(after.requestsReceived >= before.requestsReceived + 2, 'we asked the browser');
    assert.equal(after.responsesSent, after.requestsReceived);
    assert.ok(after.responsesReceived >= before.responsesReceived + 2, 'we answered the browser');
    assert.equal(meeting.agent.state, 'completed');
    assert.deepEqual(meeting.agent.said(/^(?:state disconnected|note lost)/), []);
    assert.deepEqual(
      meeting.browser.told.flatMap(({ kind, value }) => (kind === 'ice' ? [value] : [])).slice(-1),
      ['connected'],
    );
  });

const silence = (lab: BrowserLab): Promise<boolean> =>
  lab.stage.check(
    'the network is silent until the browser sees it: all is well when it is back',
    async () => {
      const meeting = await lab.meet({ page: lab.page, offers: 'agent' });
      const { browser, agent } = meeting;
      await connected(meeting);
      const ports = agent.said(/^candidate /).map((line) => line.split(' ')[6]);
      const file = join(lab.stage.folder, 'silence.nft');
      const chain = (hook: string, side: string): string =>
        `chain ${hook} { type filter hook ${hook} priority 0; udp ${side} { ${ports.join(', ')} } drop; };`;
      writeFileSync(file, `table inet silence { ${chain('input', 'dport')} ${chain('output', 'sport')} }\n`);
      const nft = (...args: readonly string[]): Promise<string> =>
        runCommand({ name: 'nft', command: 'nft', args, namespace: lab.here.namespace });
      const heard = browser.told.length;
      await nft('-f', file);
      await browser.tells('ice', /^disconnected$/, 15_000, heard);
      await nft('delete', 'table', 'inet', 'silence');
      const back = browser.told.length;
      await browser.tells('ice', /^(?:connected|completed)$/, 15_000, back);
      assert.equal(agent.state, 'completed');
      assert.deepEqual(agent.said(/^note lost/), []);
    },
  );

const browserGoes = (lab: BrowserLab): Promise<boolean> =>
  lab.stage.check('the browser goes: its consent ends after 30 s', async () => {
    const meeting = await lab.meet({ page: lab.page, offers: 'agent' });
    await connected(meeting);
    const mark = meeting.agent.mark();
    const gone = performance.now();
    await meeting.browser.close();
    await meeting.agent.reaches('disconnected', 20_000, mark);
    await meeting.agent.waitFor(/^note lost /m, consentEndsMs + 10_000, mark);
    const ms = performance.now() - gone;
    assert.ok(ms > consentEndsMs - 7_000 && ms < consentEndsMs + 2_000, `after ${Math.round(ms)} ms`);
  });

const agentGoes = (lab: BrowserLab): Promise<boolean> =>
  lab.stage.check('our agent is gone: the browser tells that it is disconnected', async () => {
    const meeting = await lab.meet({ page: lab.page, offers: 'browser' });
    await connected(meeting);
    meeting.agent.tell('close');
    await meeting.browser.tells('ice', /^disconnected$/, 12_000);
  });
