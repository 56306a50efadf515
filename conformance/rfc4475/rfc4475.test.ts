import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Contact, MaxForwards, type SipRequest } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import { testText } from '../../tools/testing/hashes.ts';
import { answerTo } from './answer.ts';
import { messages, type Torture } from './messages.ts';

const folder = new URL('messages/', import.meta.url);
const bytesOf = ({ name }: Torture): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`${name}.dat`, folder)));

/** Header lines, folded ones whole, but those that a proxy has to change. */
const kept = (head: string): string[] =>
  head
    .slice(head.indexOf('\r\n') + 2, head.indexOf('\r\n\r\n'))
    .split(/\r\n(?![ \t])/)
    .filter(
      (line) =>
        line !== '' && !/^(max-forwards|max-breadth|route|record-route|content-length|l)\s*:/i.test(line),
    );

describe('the torture messages of RFC 4475', () => {
  it('are all here, and none is skipped', () => {
    const files = readdirSync(folder).map((file) => file.replace(/\.dat$/, ''));
    expect(messages.map(({ name }) => name).sort()).toEqual(files.sort());
    expect(files).toHaveLength(50);
  });

  it.each(messages)('$section $name: $title', (message) => {
    const bytes = bytesOf(message);
    const answers = { udp: answerTo(bytes, 'udp'), tcp: answerTo(bytes, 'tcp') };
    expect({ udp: answers.udp.wire, tcp: answers.tcp.wire }).toEqual({ udp: message.udp, tcp: message.tcp });
    for (const { forwarded } of [answers.udp, answers.tcp]) {
      for (const request of forwarded) expectSame(request, bytes);
    }
  });

  it('bind what the RFC says', () => {
    const contactOf = (name: string): string => {
      const { heard } = answerTo(bytesOf(messages.find((message) => message.name === name)!), 'udp');
      return heard.at(-1)!.texts(Contact).join();
    };
    expect(contactOf('cparam01')).toMatch(/^<sip:\+19725552222@gw1\.example\.net>;unknownparam/);
    expect(contactOf('cparam02')).toMatch(/^<sip:\+19725552222@gw1\.example\.net;unknownparam>/);
    expect(contactOf('regescrt')).toMatch(/^<sip:user@example\.com\?Route=%3Csip:sip\.example\.com%3E>/);
    expect(contactOf('escnull').match(/%00/g)).toHaveLength(3);
  });

  it('stand with their verdicts in docs/rfc4475.md', () => {
    const file = new URL('../../docs/rfc4475.md', import.meta.url);
    const page = tableOf(messages);
    if (process.env['RINGDOWN_WRITE_DOCS'] === '1') writeFileSync(file, page);
    expect(readFileSync(file, 'utf8'), 'write it anew with RINGDOWN_WRITE_DOCS=1').toBe(page);
  });
});

/** What is forwarded has every line that a proxy need not touch, byte by byte and in order, and no body but the message's. */
const expectSame = (request: SipRequest, bytes: Uint8Array): void => {
  const text = testText.latin1(bytes);
  const sent = kept(text);
  const arrived = kept(request.head);
  // The top Via has got `received` written into it; all other lines are as they were.
  const differing = sent.filter((line) => !arrived.includes(line));
  expect(differing.filter((line) => !/^v(ia)?\s*:/i.test(line))).toEqual([]);
  expect(differing.length).toBeLessThanOrEqual(1);
  expect(arrived.filter((line) => sent.includes(line))).toEqual(
    sent.filter((line) => arrived.includes(line)),
  );
  expect(request.get(MaxForwards)).toBeGreaterThanOrEqual(0);
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  expect(body.startsWith(testText.latin1(request.body))).toBe(true);
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

const tableOf = (rows: readonly Torture[]): string => {
  const lines = rows.map(
    ({ section, name, title, verdict, says, udp, tcp }) =>
      `| ${section === '' ? '–' : section} | ${name} | ${cell(title)} | ${verdict} | ${cell(says)} | ${udp} | ${tcp} |`,
  );
  return `# The torture messages of RFC 4475

Written by \`conformance/rfc4475/rfc4475.test.ts\`, which gives each message to the provider, as a datagram and over a
connection, and checks the answer. It answers for example.com and example.net, believes everybody to be who they say, and
the DNS leads everything else to one next hop; each user of its own that is called has a phone. \`forwarded\` means that the
request went on, with every line that a proxy need not touch as it came. Rewrite this page with
\`RINGDOWN_WRITE_DOCS=1 npm test\`.

| Section | Message | Title | Verdict | What the RFC asks | By UDP | By TCP |
|---|---|---|---|---|---|---|
${lines.join('\n')}
`;
};
