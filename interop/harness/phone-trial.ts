import assert from 'node:assert/strict';
import type { JsonEvent } from '@ringdown/phone';
import type { HoldTrial } from '../sipp/phone-holds.ts';
import { NodePhone } from './node-phone.ts';
import type { Endpoint } from './provider.ts';
import { SipPost } from './sip-post.ts';
import { type SippRun, startSipp } from './sipp.ts';
import { type Step, sippScript } from './sipp-script.ts';
import type { Stage } from './suite.ts';
import { TerminalPhone } from './terminal-phone.ts';

export interface TrialScene {
  readonly phone: TerminalPhone;
  readonly post: SipPost;
  readonly sipp: SippRun;
}

/** SIPp beside one phone in the terminal, with nothing but a line between them. */
export interface Trial {
  readonly name: string;
  /** Whether the phone calls SIPp or SIPp calls the phone. */
  readonly phone: 'calls' | 'is called';
  readonly steps: readonly (Step | readonly Step[])[];
  readonly options?: readonly string[];
  /** What somebody does meanwhile. */
  readonly meanwhile?: (scene: TrialScene) => Promise<void>;
  /** Of the process. */
  readonly status: number;
  readonly ended?: {
    readonly by?: Extract<JsonEvent, { readonly event: 'ended' }>['by'];
    readonly status?: number | null;
  };
  /** What the phone's last words are to be. */
  readonly says?: RegExp;
  /** What else is to be so when all is over. */
  readonly afterwards?: (scene: TrialScene) => void;
  readonly withinMs?: number;
}

const plain = ['--ice', 'off', '--security', 'none', '--profile', 'telephone', '--tone', '440'];
const domain = 'interop.test';
const WITHIN_MS = 20_000;
let trials = 0;

interface Scenery {
  readonly post: SipPost;
  readonly startPeer: () => Promise<SippRun>;
  /** Addresses of this trial: 0 is SIPp's, 1 the line's, 2 the phone's. */
  readonly host: (kind: 0 | 1 | 2) => string;
}

const scenery = async (
  stage: Stage,
  { steps, withinMs = WITHIN_MS }: Pick<Trial, 'steps' | 'withinMs'>,
): Promise<Scenery> => {
  trials += 1;
  const number = trials;
  const host: Scenery['host'] = (kind) => stage.address(2 + kind * 80 + (number % 80));
  const peer: Endpoint = { host: host(0), port: 5_060 };
  const post = await SipPost.open(stage, { address: host(1), peer });
  const startPeer = (): Promise<SippRun> =>
    startSipp(stage, {
      ...{ provider: { domain, endpoint: () => post.front }, user: 'peer' },
      ...{ scenario: `trial-${number}`, address: peer.host, remote: post.back, withinMs },
      script: sippScript('trial', steps).replaceAll('{CONTACT}', `${post.front.host}:${post.front.port}`),
      extra: ['-recv_timeout', String(withinMs)],
    });
  return { post, startPeer, host };
};

/** Plays a trial, and fails unless SIPp and the phone both end as they should. */
export const tryPhone = async (stage: Stage, trial: Trial): Promise<void> => {
  const { withinMs = WITHIN_MS } = trial;
  const { post, startPeer, host } = await scenery(stage, trial);
  const at = `${post.front.host}:${post.front.port}`;
  const provider = { domain, home: stage.folder, endpoint: () => post.front };
  const start = (command: readonly string[]): TerminalPhone =>
    TerminalPhone.start(stage, {
      ...{ provider, user: 'alice', address: host(2), server: at, command },
      // Nobody answers there, and the kernel says so at once.
      options: [...plain, '--dns', host(1), ...(trial.options ?? [])],
    });
  let scene: TrialScene;
  if (trial.phone === 'calls') {
    const sipp = await startPeer();
    scene = { post, sipp, phone: start(['call', 'peer']) };
  } else {
    const phone = start(['answer', '--auto', '--once']);
    await phone.event('registered', 15_000);
    scene = { post, phone, sipp: await startPeer() };
  }
  const { phone, sipp } = scene;
  try {
    const [status] = await Promise.all([
      phone.status(withinMs + 5_000),
      sipp.succeeded(),
      trial.meanwhile?.(scene),
    ]);
    assert.equal(status, trial.status, 'exit status');
    if (trial.ended !== undefined) {
      const { by, cause } = await phone.event('ended');
      assert.equal(phone.all('ended').length, 1, 'it ends once');
      if (trial.ended.by !== undefined) assert.equal(by, trial.ended.by, `by whom: ${cause.what}`);
      if (trial.ended.status !== undefined) assert.equal(cause.status, trial.ended.status, cause.what);
    }
    if (trial.says !== undefined)
      assert.match(phone.process.output.trimEnd().split('\n').at(-1) ?? '', trial.says);
    trial.afterwards?.(scene);
  } catch (error) {
    await Promise.all([phone.process.kill(), sipp.process.kill()]);
    const told = phone.process.output.split('\n').filter((line) => !/"event":"(quality|media)"/.test(line));
    const why = error instanceof Error ? error.message : String(error);
    throw new Error([why, post.ladder, ...told].join('\n'));
  }
};

/** Plays one for a phone that holds: it has called, and was answered. */
export const tryHold = async (stage: Stage, trial: HoldTrial): Promise<void> => {
  const { post, startPeer, host } = await scenery(stage, trial);
  const { front } = post;
  const sipp = await startPeer();
  const phone = await NodePhone.start(stage, `holds-${trials}`, {
    ...{ account: `alice@${domain}`, password: 'alice-secret', address: host(2) },
    ...{ server: `sip:${front.host}:${front.port};transport=udp` },
    ...{ profile: 'telephone', security: ['none'], ice: false },
  });
  try {
    await phone.call('call', 'peer', { tonesHz: [440] });
    await trial.act(phone);
    await sipp.succeeded();
    await phone.call('close');
  } catch (error) {
    await sipp.process.kill();
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${post.ladder}`);
  }
};
