import {
  Authorization,
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
  stampAnswer,
  stampVia,
  To,
  tagOf,
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
  const seen = glance(request);
  if (seen === undefined) return;
  must(seen.callId === request.get(CallId), 'a glance sees another Call-ID');
  const to = request.get(To);
  must(to === undefined || seen.toTag === tagOf(to), 'a glance sees another tag');
  const hasCredentials = [Authorization, ProxyAuthorization].some(({ header }) => request.count(header) > 0);
  must(seen.hasCredentials === hasCredentials, 'a glance sees other credentials');
  if (seen.toTag !== undefined) return;
  const parts = { toTag: 'tag', headers: [['Retry-After', '5']] } as const;
  must(
    stampAnswer(buildResponse(seen, 503, parts), SOURCE).head === buildResponse(stamped, 503, parts).head,
    'a glance makes another answer',
  );
};
