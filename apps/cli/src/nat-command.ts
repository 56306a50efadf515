import type { NatOptions, Terminal } from '@ringdown/server';
import type { Command } from 'commander';

/** `ringdown nat`; what opens sockets is loaded only when it is asked for. */
export const addNat = (program: Command, terminal: Terminal): void => {
  program
    .command('nat')
    .description('find out what stands between this machine and the Internet, and what it means for calls')
    .option(
      '--server <host[:port]>',
      'a STUN server to ask, best one with two addresses; may be repeated (default: stun.ask of the configuration)',
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .option('--lifetime', 'measure how long an idle way through stays open, too; takes minutes')
    .option('--home <dir>', 'the folder with the configuration')
    .option('--config <file>', "the configuration (default: the home's ringdown.toml, if there is one)")
    .option('--json', 'print one JSON document')
    .action(async (options: NatOptions) => {
      const { nat } = await import('@ringdown/server');
      await nat(options, terminal);
    });
};
