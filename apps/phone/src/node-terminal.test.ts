import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { nodeTerminal } from './node-terminal.ts';

const screen = () => {
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const input = Object.assign(new PassThrough(), { isTTY: true });
  let seen = '';
  output.on('data', (bytes: Buffer) => {
    seen += bytes.toString();
  });
  const lines = {
    print: (text: string) => void output.write(`${text}\n`),
    note: (text: string) => void output.write(`${text}\n`),
    readInput: async () => '',
  };
  return { terminal: nodeTerminal(lines, { output, input }), input, seen: () => seen };
};

it('asks again below what is printed meanwhile, and not once it is answered', async () => {
  const { terminal, input, seen } = screen();
  const said = terminal.ask('answer? ', new AbortController().signal);
  terminal.print('Opus 48 kHz');
  terminal.show('quality 4.4');
  expect(seen()).toBe('answer? \r\u001b[2KOpus 48 kHz\nanswer? ');
  input.write('y\n');
  expect(await said).toBe('y');
  terminal.print('answered');
  expect(seen()).toMatch(/answer\? answered\n$/);
});

it('withdraws a question', async () => {
  const { terminal, seen } = screen();
  const withdrawn = new AbortController();
  const said = terminal.ask('answer? ', withdrawn.signal);
  withdrawn.abort();
  expect(await said).toBeUndefined();
  terminal.print('ended');
  expect(seen()).toBe('answer? \nended\n');
});
