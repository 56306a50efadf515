import { readFileSync } from 'node:fs';
import {
  type AccountOptions,
  type AccountTurnOptions,
  accountAdd,
  accountImport,
  accountList,
  accountPassword,
  accountRemove,
  accountShow,
  accountTurn,
  type Terminal,
} from '@ringdown/server/commands';
import { Command, type CommanderError, InvalidArgumentError } from 'commander';
import { addNat } from './nat-command.ts';
import { addPhone } from './phone-commands.ts';
import { addServe } from './serve-command.ts';

/** The command line: every command, option and example. Nothing is run before it is parsed. */
export const makeProgram = (terminal: Terminal): Command => {
  const program = new Command('ringdown')
    .description('Your own SIP provider in one command.')
    .version(version(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: () => {},
      outputError: () => {},
    })
    .addHelpText('after', EXAMPLES);
  program.commandsGroup('The server:');
  addServe(program);
  addAccount(program, terminal);
  addNat(program, terminal);
  addPhone(program, terminal);
  throwMisuse(program, 'ringdown');
  return program;
};

/** A command line that a command cannot take. */
export class Misuse extends Error {
  /** What commander says. */
  readonly error: CommanderError;
  /** The command with those above it, such as `ringdown account add`. */
  readonly command: string;

  constructor(error: CommanderError, command: string) {
    super(error.message);
    this.error = error;
    this.command = command;
  }
}

/** Errors are thrown, not printed: `run` makes one sentence of them. */
const throwMisuse = (command: Command, name: string): void => {
  command.exitOverride((error) => {
    throw new Misuse(error, name);
  });
  for (const below of command.commands) throwMisuse(below, `${name} ${below.name()}`);
};

const EXAMPLES = `
Examples:
  ringdown serve                                    run a provider; it prints where it listens
  ringdown serve --domain radio.example             the same for a domain of your own
  ringdown account add alice                        add an account and print its data
  ringdown account add bob --password - < secret    the same with a password of yours
  ringdown account import staff.csv                 add many; columns username,password,auth_username,display_name
  ringdown account list --json                      list all for a program
  ringdown nat --server stun.example                what stands between this machine and the Internet
  ringdown call bob --account alice.json            call somebody; "ringdown call --help" says what is heard
  ringdown phone --account alice.json               the phone on the whole terminal`;

const version = (): string =>
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

const addAccount = (program: Command, terminal: Terminal): void => {
  const account = program
    .command('account')
    .description('add, list and change SIP accounts, also while a server runs')
    .helpCommand(false);
  const add = (name: string, description: string): Command =>
    account
      .command(name)
      .description(description)
      .option(
        '--domain <name>',
        "the account's domain; the home's first where it is left out",
        once('--domain'),
      )
      .option('--home <dir>', 'the folder with everything that is kept', once('--home'))
      .option('--json', 'print one JSON document');
  const named = '<name>';
  const password = [
    '--password <password>',
    'the password; "-" reads standard input; made where it is left out',
  ] as const;

  add(`add ${named}`, 'add an account (user or user@domain) and print its data')
    .option(...password, once('--password'))
    .option(
      '--auth-username <name>',
      'the user name of the digest, where it is another',
      once('--auth-username'),
    )
    .option('--display-name <name>', 'the name that people read', once('--display-name'))
    .action((name: string, options: AccountOptions) => accountAdd(name, options, terminal));
  add('import <file>', 'add the accounts of a CSV file ("-" reads standard input), all or none')
    .addHelpText(
      'after',
      `
The first row names the columns: username and password, and where wanted auth_username and display_name.

  username,password,display_name
  alice,correct horse,Alice Reed
`,
    )
    .action((file: string, options: AccountOptions) => accountImport(file, options, terminal));
  add('list', 'list the accounts').action((options: AccountOptions) => accountList(options, terminal));
  add(`show ${named}`, 'print the data of an account').action((name: string, options: AccountOptions) =>
    accountShow(name, options, terminal),
  );
  add(`password ${named}`, 'give an account a new password')
    .option(...password, once('--password'))
    .action((name: string, options: AccountOptions) => accountPassword(name, options, terminal));
  add(`turn ${named}`, 'make a TURN credential of an account that ends by itself, for a browser or a guest')
    .option('--seconds <number>', 'how long it is good for (default: 43200)', once('--seconds'))
    .action((name: string, options: AccountTurnOptions) => accountTurn(name, options, terminal));
  add(`remove ${named}`, 'remove an account').action((name: string, options: AccountOptions) =>
    accountRemove(name, options, terminal),
  );
};

/** Refuses an option that is there twice: which of the two was meant is anybody's guess. */
const once =
  (option: string) =>
  (value: string, before: string | undefined): string => {
    if (before !== undefined) throw new InvalidArgumentError(`${option} is given twice`);
    return value;
  };
