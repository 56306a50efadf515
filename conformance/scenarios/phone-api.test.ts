import { readFileSync } from 'node:fs';
import { connect, type Phone, PhoneError } from '@ringdown/user-agent';
import { beforeEach, describe, expect, it } from 'vitest';
import type { MemoryPlatform } from '../world/memory-platform.ts';
import { answersAll, Stage } from '../world/stage.ts';
import { World } from '../world/world.ts';

/** What docs/phone-api.md shows, done: each block with what its comments say that it prints. */
const page = readFileSync(new URL('../../docs/phone-api.md', import.meta.url), 'utf8');
const blocks = new Map(
  page.split('\n## ').flatMap((section) => {
    const [title = '', ...others] = section.split('\n');
    const code = others.join('\n').split('```js\n')[1]?.split('```')[0];
    return code === undefined ? [] : [[title, code] as const];
  }),
);

type Body = (
  start: typeof connect,
  error: typeof PhoneError,
  platform: MemoryPlatform,
  console: { log(...words: unknown[]): void },
) => Promise<void>;
const AsyncFunction = (async () => undefined).constructor as new (...parts: string[]) => Body;

let stage: Stage;
let printed: string[];

beforeEach(() => {
  stage = new Stage(new World({ domains: ['radio.example'], users: ['reporter', 'studio'], presence: true }));
  printed = [];
});

const run = (title: string): Promise<void> => {
  const code = blocks.get(title);
  if (code === undefined) throw new Error(`the page has no block under "${title}"`);
  const body = new AsyncFunction('connect', 'PhoneError', 'platform', 'console', code);
  const log = (...words: unknown[]): void => void printed.push(words.join(' '));
  return body(connect, PhoneError, stage.platform(), { log });
};

/** What the comments behind `console.log` say that it prints. */
const promised = (title: string): string[] =>
  [...(blocks.get(title) ?? '').matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, words]) => words!);

const studio = async (): Promise<Phone<string>> => (await stage.phone('studio')).phone;

describe('the page of the phone', () => {
  it('has the blocks that are run here, and no others', () => {
    expect([...blocks.keys()]).toEqual([
      'Calling',
      'Answering',
      'All that happens',
      'Texts, presence, abilities',
      'Errors',
    ]);
  });

  it('calls', async () => {
    answersAll(await studio());
    await stage.settled(run('Calling'));
    expect(printed).toEqual(promised('Calling'));
  });

  it('answers', async () => {
    const { phone: reporter } = await stage.phone('reporter');
    void run('Answering');
    await stage.passes(100);
    const call = await stage.settled(reporter.call('studio'));
    expect((await stage.refusal(reporter.call('studio'))).cause.status).toBe(486);
    expect(call.state).toBe('established');
    expect(printed[0]).toBe(promised('Answering')[0]);
  });

  it('tells all that happens', async () => {
    answersAll(await studio());
    await stage.settled(run('All that happens'));
    expect(printed).toContain('sent INVITE sip:studio@radio.example SIP/2.0');
    expect(printed).toContain('received SIP/2.0 200 OK');
  });

  it('writes, and watches', async () => {
    (await studio()).publish({ isOpen: true, note: 'Here' });
    await stage.passes(1_000);
    await stage.settled(run('Texts, presence, abilities'));
    expect(printed).toEqual([...promised('Texts, presence, abilities'), 'true true Here']);
  });

  it('says why something failed', async () => {
    await stage.settled(run('Errors'));
    expect(printed).toEqual(promised('Errors'));
  });
});
