import {
  Authorization,
  answerAtAGlance,
  bodyOf,
  buildResponse,
  CallId,
  Contact,
  CSeq,
  Expires,
  edit,
  type Field,
  From,
  glance,
  Malformed,
  MaxForwards,
  ProxyAuthorization,
  parseChallenges,
  parseCredentials,
  parseMessage,
  RecordRoute,
  Route,
  requestDefect,
  responseDefect,
  SipRequest,
  Subject,
  stampVia,
  To,
  tagOf,
  textAt,
  Via,
  WwwAuthenticate,
} from '@ringdown/sip';
import { testText } from '../../tools/testing/hashes.ts';
import { mutate, pick } from '../mutate.ts';
import { must, type Target } from '../target.ts';

const FIELDS: readonly Field<unknown>[] = [
  Via,
  From,
  To,
  CSeq,
  Contact,
  Route,
  RecordRoute,
  MaxForwards,
  Expires,
  Subject,
];
const SOURCE = { address: '203.0.113.9', port: 40_000 };

/** Any bytes are read, edited and answered without a throw, and what is not touched is kept. */
export const messageTarget: Target = {
  name: 'message',
  generate: (random, corpus) => [mutate(pick(random, corpus), random, corpus)],
  check: ([bytes]) => {
    const text = testText.latin1(bytes!);
    const message = parseMessage(text, bytes!);
    if (message instanceof Malformed) return;
    must(message.head.startsWith(text.slice(0, message.head.length)), 'the head is not what came');
    must(edit(message).build().head === message.head, 'an edit of nothing changes the head');
    for (const field of FIELDS) {
      message.get(field);
      message.all(field);
    }
    for (const field of [ProxyAuthorization, WwwAuthenticate]) {
      for (const value of message.texts(field)) {
        parseCredentials(value);
        parseChallenges([value]);
      }
    }
    must(bodyOf(message).length <= message.body.length, 'the body grew');
    const edited = edit(message).set(MaxForwards, '7').removeFirst(Via).prepend(Via, 'SIP/2.0/UDP x').build();
    must(edited.get(MaxForwards) === 7, 'what was set is not there');
    must(edited.get(Via)?.host === 'x' || message.defect !== undefined, 'what was put on top is not there');
    if (!(message instanceof SipRequest)) {
      responseDefect(message);
      return;
    }
    const defect = requestDefect(message);
    const stamped = stampVia(message, SOURCE);
    mustBeSeen(message, stamped);
    must(
      defect !== undefined || requestDefect(stamped) === undefined,
      'stamping the Via spoils a request that can be worked on',
    );
    if (defect === undefined) {
      const via = stamped.get(Via)!;
      const sentBy = via.host === SOURCE.address;
      must(
        sentBy || via.parameters.get('received') === SOURCE.address,
        'the Via does not say where it came from',
      );
    }
    const answer = buildResponse(stamped, 400, { toTag: 't' });
    const again = parseMessage(answer.head, testText.latin1Bytes(answer.head));
    must(!(again instanceof Malformed), 'an answer of ours cannot be read');
  },
};

/** What a glance tells, reading tells; the answer that it is good for is the one that reading gives. */
const mustBeSeen = (request: SipRequest, stamped: SipRequest): void => {
  const bytes = testText.latin1Bytes(request.head);
  const seen = glance(bytes);
  const hasCredentials = [Authorization, ProxyAuthorization].some(({ header }) => request.count(header) > 0);
  if (seen === undefined) return;
  if (seen === 'has credentials' || request.method !== 'ACK')
    must((seen === 'has credentials') === hasCredentials, 'a glance sees other credentials');
  if (seen === 'has credentials') return;
  must(seen.method === request.method, 'a glance sees another method');
  must(textAt(bytes, seen.callId) === request.get(CallId), 'a glance sees another Call-ID');
  const to = request.get(To);
  const toTag = textAt(bytes, seen.toTag);
  must(to === undefined || toTag === (tagOf(to) ?? ''), 'a glance sees another tag');
  if (toTag !== '') return;
  const headers = [['Retry-After', '5']] as const;
  const answer = answerAtAGlance(seen, 'SIP/2.0 503 Service Unavailable\r\n', 'tag', headers, SOURCE);
  must(
    answer === undefined ||
      testText.latin1(answer) === buildResponse(stamped, 503, { toTag: 'tag', headers }).head,
    'a glance makes another answer',
  );
};
