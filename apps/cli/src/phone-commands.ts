import type { CallCommandOptions, LineOptions, World } from '@ringdown/phone';
import { homeDirectory, type Terminal } from '@ringdown/server/commands';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** The commands of the phone in the terminal; its machinery is loaded only when one of them is asked for. */
export const addPhone = (program: Command, terminal: Terminal): void => {
  program.commandsGroup('The phone:');
  addCalls(program, terminal);
  addMachines(program, terminal);
  addErrands(program, terminal);
};

type Phone = typeof import('@ringdown/phone');

/** Loads the phone, and what it touches of this machine. */
const open = async (terminal: Terminal): Promise<{ readonly phone: Phone; readonly world: World }> => {
  const phone = await import('@ringdown/phone');
  return { phone, world: phone.createNodeWorld(terminal) };
};

/** What commander reads: the home may be left out. */
type Given<Options extends LineOptions> = Omit<Options, 'home'> & { readonly home?: string | undefined };

const within = <Options extends LineOptions>(given: Given<Options>): Options =>
  ({ ...given, home: homeDirectory(given.home) }) as Options;

const addCalls = (program: Command, terminal: Terminal): void => {
  const call = program
    .command('call <target>')
    .description('call somebody; ends when all was played, the time is up, or one side hangs up');
  withLine(withConduct(withSound(call)))
    .addHelpText('after', CALL_EXAMPLES)
    .action(async (target: string, options: Given<CallCommandOptions>) => {
      const { phone, world } = await open(terminal);
      await phone.call(target, within(options), world);
    });

  const answer = program
    .command('answer')
    .description('wait for calls and take one at a time, until Ctrl-C')
    .option('--auto', 'answer without asking')
    .option('--once', 'end with the first call that was answered');
  withLine(withConduct(withSound(withCallers(answer))))
    .addHelpText('after', ANSWER_EXAMPLES)
    .action(async (options: Given<Parameters<Phone['answer']>[0]>) => {
      const { phone, world } = await open(terminal);
      await phone.answer(within(options), world);
    });

  const screen = program
    .command('phone')
    .description('a phone on the whole terminal, for people: microphone and loudspeaker, contacts, messages');
  withLine(screen, { isScreen: true }).action(async (options: Given<LineOptions>) => {
    const { phone, world } = await open(terminal);
    await phone.phone(within(options), world);
  });

  const transfer = program
    .command('transfer <target> <to>')
    .description('call TARGET and hand it over to TO')
    .option('--attended', 'call TO first, and hand over when TO has answered');
  withLine(transfer, { speaks: false }).action(
    async (target: string, to: string, options: Given<Parameters<Phone['transfer']>[2]>) => {
      const { phone, world } = await open(terminal);
      await phone.transfer(target, to, within(options), world);
    },
  );
};

const addMachines = (program: Command, terminal: Terminal): void => {
  const echo = program
    .command('echo')
    .description('wait for calls and say back what is heard, until Ctrl-C')
    .option(...DURATION);
  withLine(withCallers(echo)).action(async (options: Given<Parameters<Phone['echo']>[0]>) => {
    const { phone, world } = await open(terminal);
    await phone.echo(within(options), world);
  });

  const tone = program
    .command('tone [hz]')
    .description(
      'wait for calls and play a tone, until Ctrl-C; HZ, or HZ,HZ for left and right (default: 1000)',
    )
    .option(...DURATION);
  withLine(withCallers(tone)).action(
    async (hz: string | undefined, options: Given<Parameters<Phone['tone']>[1]>) => {
      const { phone, world } = await open(terminal);
      await phone.tone(hz, within(options), world);
    },
  );
};

const addErrands = (program: Command, terminal: Terminal): void => {
  const message = program
    .command('message <target> <text>')
    .description('send a text; "-" reads standard input');
  withLine(message, { speaks: false }).action(
    async (target: string, text: string, options: Given<LineOptions>) => {
      const { phone, world } = await open(terminal);
      await phone.message(target, text, within(options), world);
    },
  );

  const presence = program
    .command('presence [target]')
    .description('print how somebody is, at first and at every change, and tell others how we are')
    .option('--duration <seconds>', 'end after so long (default: at Ctrl-C)')
    .addOption(
      new Option('--publish <state>', 'tell those who watch us how we are').choices(['open', 'closed']),
    )
    .option('--note <text>', 'the same in words');
  withLine(presence, { speaks: false }).action(
    async (target: string | undefined, options: Given<Parameters<Phone['presence']>[1]>) => {
      const { phone, world } = await open(terminal);
      await phone.presence(target, within(options), world);
    },
  );
};

const DURATION = ['--duration <seconds>', 'hang up so long after the answer'] as const;

const withConduct = (command: Command): Command =>
  command
    .optionsGroup('The call:')
    .option(...DURATION)
    .option(
      '--dtmf <digits>',
      'press these keys after the answer; w waits half a second, a comma two seconds',
    );

const withSound = (command: Command): Command =>
  command
    .optionsGroup('Sound:')
    .option('--play <file>', 'a WAV file that the other side hears; then it is hung up')
    .option('--loop', 'play it again and again')
    .option('--tone <hz[,hz]>', 'a tone that the other side hears; two for left and right')
    .option('--record <file>', 'a WAV file for what the other side says')
    .option('--overwrite', 'let --record replace a file that is there')
    .option('--device', 'use microphone and loudspeaker of this machine');

const withCallers = (command: Command): Command =>
  command.option('--allow <address>', 'who may call, a SIP address or a domain; may be repeated', collect);

/** What every command of the phone takes: the account, how it gets to its server, and what its calls are like. */
const withLine = (command: Command, { isScreen = false, speaks = true } = {}): Command => {
  const example = EXAMPLE_OF[command.name()];
  if (example !== undefined) command.addHelpText('before', `Example: ringdown ${example}\n`);
  // What is about sound is taken everywhere, and shown where somebody speaks.
  const sound = (flags: string, description: string): Option =>
    new Option(flags, description).hideHelp(!speaks);
  command
    .optionsGroup('The account:')
    .option(
      '--account <file>',
      'the account, as "ringdown account add --json" prints it; "-" reads standard input',
    )
    .option('--as <address>', 'the SIP address of the account, instead of a file')
    .option('--password <password>', 'its password (default: RINGDOWN_PASSWORD); "-" reads standard input')
    .option('--auth-username <name>', 'the user name of the digest, where it is another')
    .option('--display-name <name>', 'the name that others read')
    .option('--save', 'keep the account in the home, for commands without --account and --as')
    .optionsGroup('The way to the server:')
    .option('--server <host[:port]>', 'where the server is (default: where the DNS says that the domain is)')
    .addOption(
      new Option(
        '--transport <name>',
        'what is spoken with it: udp, tcp, tls, ws, wss; may be repeated, the best first',
      ).argParser(oneOf(['udp', 'tcp', 'tls', 'ws', 'wss'])),
    )
    .addOption(
      sound('--turn <host[:port]>', 'the TURN server that takes the account (default: found by itself)'),
    )
    .option('--tls-ca <file>', 'certificate authorities in PEM, trusted besides those of the system')
    .option('--host <address>', 'an address of this machine to use; may be repeated (default: all)', collect)
    .option('--sip-port <number>', 'the local port of SIP (default: any)', portOf)
    .option('--direct', 'take calls and texts that do not come through the server, too')
    .addOption(sound('--rtp-ports <low-high>', 'the local ports of sound (default: any)'))
    .option('--dns <address>', "a DNS server to ask; may be repeated (default: the system's)", collect)
    .optionsGroup('What calls are like:')
    .addOption(
      sound(
        '--profile <name>',
        'what calls are for: voice (mono, 32 kbit/s; the default), interview (mono, 64), music-stereo (256), lossless (1536), telephone; who answers without it follows the caller',
      ).choices([...['voice', 'interview', 'music-stereo', 'lossless', 'telephone']]),
    )
    .addOption(
      sound(
        '--security <name>',
        'how sound is protected: dtls-srtp, sdes, none; may be repeated, the best first',
      ).argParser(oneOf(['dtls-srtp', 'sdes', 'none'])),
    )
    .addOption(sound('--ice <state>', 'whether ICE finds the way').choices(['on', 'off']))
    .addOption(sound('--relay-only', 'go by relays only, so that nobody learns an address of ours'))
    .addOption(
      sound(
        '--duplicate <ms>',
        'send each packet once more, so much later, to peers that know it; off: not even where they ask for it',
      ),
    )
    .optionsGroup('More:')
    .option('--home <dir>', 'the folder with everything that is kept');
  return isScreen
    ? command
    : command
        .option('--json', 'print one JSON object for each event')
        .option('--verbose', 'print SIP messages, too');
};

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** An option that may be repeated, for the words of a list. */
const oneOf =
  (words: readonly string[]) =>
  (value: string, before: readonly string[] = []): readonly string[] => {
    if (!words.includes(value)) throw new InvalidArgumentError(`Allowed choices are ${words.join(', ')}.`);
    return [...before, value];
  };

const portOf = (text: string): number => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 65_536;
  if (port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535');
  return port;
};

const EXAMPLE_OF: Readonly<Record<string, string>> = {
  call: 'call studio --account reporter.json --play report.wav',
  answer: 'answer --account studio.json --auto --record talk.wav',
  phone: 'phone --account reporter.json',
  transfer: 'transfer studio desk --account reporter.json',
  echo: 'echo --account echo.json',
  tone: 'tone 440,880 --account tone.json',
  message: 'message studio "on air in two" --account reporter.json',
  presence: 'presence studio --account reporter.json',
};

const CALL_EXAMPLES = `
Without --play, --tone and --device the other side hears silence; without --record and --device what it says is lost.
The exit status is 0 where the call was answered and went on until its end was wanted, by either side or by Ctrl-C, else 1.

Examples:
  ringdown call studio --account reporter.json --server 192.168.1.10 --play report.wav
  ringdown call studio@radio.example --as reporter@radio.example --password - --record studio.wav --duration 60
  ringdown call studio --account reporter.json --tone 1000 --json`;

const ANSWER_EXAMPLES = `
Recordings of later calls have a number in their name: talk.wav, talk-2.wav, talk-3.wav.

Examples:
  ringdown answer --account studio.json                               ask for each call
  ringdown answer --account studio.json --auto --allow radio.example  take those of the own house
  ringdown answer --account studio.json --auto --once --record r.wav --json`;
