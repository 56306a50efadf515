/** What RFC 4475 says of a message, and what our server does with it. */
export interface Torture {
  /** The file in `messages/`. */
  readonly name: string;
  /** Of RFC 4475. */
  readonly section: string;
  readonly title: string;
  readonly verdict: 'valid' | 'invalid' | 'semantic' | 'not in the RFC';
  /** What the RFC asks of who receives it, a proxy and registrar above all. */
  readonly says: string;
  /** Our answer to it as a datagram, and over a connection. */
  readonly udp: string;
  readonly tcp: string;
}

const row = (
  section: string,
  name: string,
  title: string,
  says: string,
  udp: string,
  tcp = udp,
): Torture => ({ name, section, title, verdict: verdictOf(section), says, udp, tcp });

/** The sections decide (3.1.1 and 3.3 valid or a matter of meaning, 3.1.2 invalid), not the suffixes of the files. */
const verdictOf = (section: string): Torture['verdict'] => {
  if (section === '') return 'not in the RFC';
  if (section.startsWith('3.1.1.')) return 'valid';
  return section.startsWith('3.1.2.') ? 'invalid' : 'semantic';
};

/** All messages, in the order of the RFC. */
export const messages: readonly Torture[] = [
  row('3.1.1.1', 'wsinv', 'A short tortuous INVITE', 'is well-formed', 'forwarded'),
  row(
    '3.1.1.2',
    'intmeth',
    'Wide range of valid characters',
    'is well-formed, of an unknown method',
    'forwarded',
  ),
  row('3.1.1.3', 'esc01', 'Valid use of the % escaping mechanism', 'is well-formed', 'forwarded'),
  row('3.1.1.4', 'escnull', 'Escaped nulls in URIs', 'is well-formed, the nulls are part of the user', '200'),
  row(
    '3.1.1.5',
    'esc02',
    'Use of % when it is not an escape',
    'is well-formed, of a method that is not REGISTER',
    'forwarded',
  ),
  row('3.1.1.6', 'lwsdisp', 'No LWS between display name and <', 'is well-formed', 'forwarded'),
  row('3.1.1.7', 'longreq', 'Long values in header fields', 'is well-formed', 'forwarded'),
  row(
    '3.1.1.8',
    'dblreq',
    'Extra trailing octets in a UDP datagram',
    'is a REGISTER; what follows it in the datagram is ignored, on a stream it is the next message',
    '200',
    '200, 404, closed',
  ),
  row(
    '3.1.1.9',
    'semiuri',
    'Semicolon-separated parameters in the user part',
    'is well-formed, the parameters belong to the user',
    'forwarded',
  ),
  row('3.1.1.10', 'transports', 'Varied and unknown transport types', 'is well-formed', 'forwarded'),
  row('3.1.1.11', 'mpart01', 'Multipart MIME message', 'is well-formed', 'forwarded'),
  row(
    '3.1.1.12',
    'unreason',
    'Unusual reason phrase',
    'is well-formed; it answers no request of ours',
    'silence',
  ),
  row(
    '3.1.1.13',
    'noreason',
    'Empty reason phrase',
    'is well-formed; it answers no request of ours',
    'silence',
  ),
  row('3.1.2.1', 'badinv01', 'Extraneous header field separators', 'is to be answered 400', '400'),
  row(
    '3.1.2.2',
    'clerr',
    'Content-Length larger than message',
    'is to be answered 400; on a stream the rest is waited for',
    '400',
    'silence',
  ),
  row(
    '3.1.2.3',
    'ncl',
    'Negative Content-Length',
    'is to be answered 400; a stream is closed',
    '400',
    '400, closed',
  ),
  row(
    '3.1.2.4',
    'scalar02',
    'Request scalar fields with overlarge values',
    'is to be answered 400 for its CSeq',
    '400',
  ),
  row('3.1.2.5', 'scalarlg', 'Response scalar fields with overlarge values', 'is to be dropped', 'silence'),
  row('3.1.2.6', 'quotbal', 'Unterminated quoted string in display name', 'is to be answered 400', '400'),
  row('3.1.2.7', 'ltgtruri', '<> enclosing Request-URI', 'is to be answered 400', '400'),
  row('3.1.2.8', 'lwsruri', 'Malformed SIP Request-URI (embedded LWS)', 'is to be answered 400', '400'),
  row('3.1.2.9', 'lwsstart', 'Multiple SP separating Request-Line elements', 'is to be answered 400', '400'),
  row('3.1.2.10', 'trws', 'SP characters at end of Request-Line', 'is to be answered 400', '400'),
  row(
    '3.1.2.11',
    'escruri',
    'Escaped headers in SIP Request-URI',
    'may be answered 400, or the headers ignored; they are never honoured',
    'forwarded',
  ),
  row(
    '3.1.2.12',
    'baddate',
    'Invalid time zone in Date header field',
    'may be answered 400, or the Date ignored',
    'forwarded',
  ),
  row(
    '3.1.2.13',
    'regbadct',
    'Failure to enclose name-addr URI in <>',
    'is to be answered 400 by a strict element',
    '400',
  ),
  row('3.1.2.14', 'badaspec', 'Spaces within addr-spec', 'may be answered 400, or the spaces ignored', '400'),
  row(
    '3.1.2.15',
    'baddn',
    'Non-token characters in display name',
    'may be answered 400; our copy lacks the empty line, so that a stream waits for more',
    '400',
    'silence',
  ),
  row('3.1.2.16', 'badvers', 'Unknown protocol version', 'is to be answered 505', '505'),
  row('3.1.2.17', 'mismatch01', 'Start line and CSeq method mismatch', 'is to be answered 400', '400'),
  row(
    '3.1.2.18',
    'mismatch02',
    'Unknown method with CSeq method error',
    'is to be answered 501 or 400; a proxy knows no unknown methods',
    '400',
  ),
  row(
    '3.1.2.19',
    'bigcode',
    'Overlarge response code',
    'is to be dropped; no start line, so that a stream is closed',
    'silence',
    'closed',
  ),
  row(
    '3.2.1',
    'badbranch',
    'Missing transaction identifier',
    'may be answered 400, or matched by the rules of RFC 2543',
    'forwarded',
  ),
  row('3.3.1', 'insuf', 'Missing required header fields', 'is to be answered 400', '400'),
  row('3.3.2', 'unkscm', 'Request-URI with unknown scheme', 'is to be answered 416', '416'),
  row('3.3.3', 'novelsc', 'Request-URI with known but atypical scheme', 'is to be answered 416', '416'),
  row(
    '3.3.4',
    'unksm2',
    'Unknown URI schemes in header fields',
    'is to be answered 400 by a registrar',
    '400',
  ),
  row('3.3.5', 'bext01', 'Proxy-Require and Require', 'is to be answered 420 by a proxy', '420'),
  row('3.3.6', 'invut', 'Unknown Content-Type', 'is none of a proxy’s business', 'forwarded'),
  row('3.3.7', 'regaut01', 'Unknown authorization scheme', 'is as good as without credentials', '401'),
  row('3.3.8', 'multi01', 'Multiple values in single value required fields', 'is to be answered 400', '400'),
  row(
    '3.3.9',
    'mcl01',
    'Multiple Content-Length values',
    'is to be answered 400; a stream is closed',
    '400',
    '400, closed',
  ),
  row('3.3.10', 'bcast', '200 OK with broadcast Via header field value', 'is to be dropped', 'silence'),
  row('3.3.11', 'zeromf', 'Max-Forwards of zero', 'is to be answered 483 by a proxy', '483'),
  row('3.3.12', 'cparam01', 'REGISTER with a contact header parameter', 'binds the URI without it', '200'),
  row('3.3.13', 'cparam02', 'REGISTER with a url-parameter', 'binds the URI with it', '200'),
  row('3.3.14', 'regescrt', 'REGISTER with a URL escaped header', 'binds the URI with it', '200'),
  row('3.3.15', 'sdp01', 'Unacceptable Accept offering', 'is none of a proxy’s business', 'forwarded'),
  row(
    '3.4.1',
    'inv2543',
    'INVITE with RFC 2543 syntax',
    'is to be worked on; a stream cannot do without Content-Length',
    'forwarded',
    '400, closed',
  ),
  row(
    '',
    'test',
    'A start line without SIP version',
    'nothing: it is not among the RFC’s; nobody can be answered',
    'silence',
    'closed',
  ),
];
