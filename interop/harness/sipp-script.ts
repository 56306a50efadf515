/** One command of SIPp's, in XML. */
export type Step = string;

export interface Said {
  /** Whole header lines. */
  readonly headers?: readonly string[];
  readonly body?: string | undefined;
  /** Of the body; application/sdp without it. */
  readonly type?: string;
}

const text = (lines: readonly string[]): string => `<![CDATA[\n\n${lines.join('\n')}\n\n]]>`;
const contact = 'Contact: <sip:peer@{CONTACT}>';

const bodied = ({ headers = [], body, type = 'application/sdp' }: Said): readonly string[] => [
  ...headers,
  ...(body === undefined
    ? ['Content-Length: 0', '']
    : [`Content-Type: ${type}`, 'Content-Length: [len]', '', body]),
];

/** A scenario for SIPp. {CONTACT} in it is where the phone reaches SIPp. */
export const sippScript = (name: string, steps: readonly (Step | readonly Step[])[]): string => {
  const body = steps.flat().join('\n');
  // SIPp refuses a variable that is written and never read.
  const saved = [...new Set([...body.matchAll(/assign_to="(\w+)"/g)].map(([, variable]) => variable))];
  const all = saved.length === 0 ? '' : `<Reference variables="${saved.join(',')}"/>`;
  return `<?xml version="1.0" encoding="ISO-8859-1" ?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="${name}">
${body}
${all}
</scenario>
`;
};

const save = (header: string, name: string, regexp = '.*'): string =>
  `<ereg regexp="${regexp}" search_in="hdr" header="${header}:" assign_to="${name}"/>`;

export interface Awaited {
  readonly optional?: boolean;
  /** What the header must hold, an extended regular expression. */
  readonly has?: Readonly<Record<string, string>>;
}

const received = (what: string, { optional = false, has = {} }: Awaited, saves: readonly string[]): Step => {
  const checks = Object.entries(has).map(
    ([header, regexp]) =>
      `<ereg regexp="${regexp}" search_in="hdr" header="${header}:" check_it="true" assign_to="checked"/>`,
  );
  const actions = [...saves, ...checks].join('');
  return `<recv ${what}${optional ? ' optional="true"' : ''}>${actions === '' ? '' : `<action>${actions}</action>`}</recv>`;
};

/** The INVITE that `answer` answers from then on, and whose call `request` is within. */
export const invited = (awaited: Awaited = {}): Step =>
  received('request="INVITE"', awaited, [
    save('Via', 'via'),
    save('From', 'from'),
    // Without its tag, which a call that is up has already.
    save('To', 'to', '[^;]*'),
    save('CSeq', 'cseq'),
    save('Contact', 'contact', 'sip:[^&gt;]*'),
  ]);

/** A request, or the response of a status. */
export const expect = (what: string | number, awaited: Awaited = {}): Step =>
  received(typeof what === 'number' ? `response="${what}"` : `request="${what}"`, awaited, []);

/** The response to our INVITE whose dialog `acknowledge` and `request` are of. */
export const answered = (status: number, awaited: Awaited = {}): Step =>
  received(`response="${status}"`, awaited, [save('To', 'to'), save('Contact', 'contact', 'sip:[^&gt;]*')]);

export const wait = (ms: number): Step => `<pause milliseconds="${ms}"/>`;

export interface Answer extends Said {
  /** Of our dialog: forks have several. */
  readonly tag?: string;
  /** In its place, to be wrong. */
  readonly cseq?: string;
  readonly via?: string;
  /** What its Contact says; where SIPp is reached without it, and '' for no Contact. */
  readonly contacts?: string;
}

/** A response to the INVITE of `invited`. */
export const answer = (
  status: string,
  { tag = '1', cseq = '[$cseq]', via = '[$via]', contacts = '<sip:peer@{CONTACT}>', ...said }: Answer = {},
): Step =>
  `<send>${text([
    `SIP/2.0 ${status}`,
    `Via: ${via}`,
    'From: [$from]',
    `To: [$to]${tag === '' ? '' : `;tag=${tag}`}`,
    'Call-ID: [call_id]',
    `CSeq: ${cseq}`,
    ...(contacts === '' ? [] : [`Contact: ${contacts}`]),
    ...bodied(said),
  ])}</send>`;

/** A response to what came last. */
export const reply = (status: string, said: Said = {}): Step =>
  `<send>${text([
    `SIP/2.0 ${status}`,
    ...['[last_Via:]', '[last_From:]', '[last_To:]', '[last_Call-ID:]', '[last_CSeq:]', contact],
    ...bodied(said),
  ])}</send>`;

export interface Within extends Said {
  readonly cseq: number;
  readonly tag?: string;
  /** ACK to other than 2xx has the branch of its INVITE, so many messages before. */
  readonly branch?: string;
}

/** A request of the one who was called, within the call. */
export const request = (method: string, { cseq, tag = '1', branch = '[branch]', ...said }: Within): Step =>
  `<send>${text([
    `${method} [$contact] SIP/2.0`,
    `Via: SIP/2.0/UDP [local_ip]:[local_port];branch=${branch};rport`,
    'Max-Forwards: 70',
    `From: [$to];tag=${tag}`,
    'To: [$from]',
    'Call-ID: [call_id]',
    `CSeq: ${cseq} ${method}`,
    contact,
    ...bodied(said),
  ])}</send>`;

/** A request of the one who calls the phone: INVITE first, then within the call. */
export const callerSends = (
  method: string,
  {
    cseq,
    branch = '[branch]',
    within = method !== 'INVITE' || cseq > 1,
    ...said
  }: Within & { readonly within?: boolean },
): Step =>
  `<send>${text([
    `${method} ${within ? '[$contact]' : 'sip:alice@{CONTACT}'} SIP/2.0`,
    `Via: SIP/2.0/UDP [local_ip]:[local_port];branch=${branch};rport`,
    'Max-Forwards: 70',
    'From: <sip:peer@interop.test>;tag=peer',
    within ? 'To: [$to]' : 'To: <sip:alice@interop.test>',
    'Call-ID: [call_id]',
    `CSeq: ${cseq} ${method}`,
    contact,
    ...bodied(said),
  ])}</send>`;

/** PCMU at SIPp, which takes what comes there. */
export const sdp = (more: readonly string[] = [], media = 'm=audio [media_port] RTP/AVP 0'): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 [local_ip]',
    's=-',
    'c=IN IP4 [media_ip]',
    't=0 0',
    media,
    'a=rtpmap:0 PCMU/8000',
    ...more,
    '',
  ].join('\n');
