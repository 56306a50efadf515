/** The phone that answers: INVITE 180 200, the 200 again until its ACK comes (RFC 3261 §13.3.1.4), BYE 200. */
import { createRetransmission, type Sent } from './retransmission.ts';
import { openSocket } from './socket.ts';

export interface Callee {
  resent(): number;
  tick(nowMs: number): void;
  close(): void;
}

const SDP =
  'v=0\r\no=- 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n';

interface Copied {
  /** Via, Record-Route, From, Call-ID and CSeq as they came. */
  lines: string;
  to: string;
  callId: string;
}

/** The header fields that a response takes over from its request (RFC 3261 §8.2.6.2). */
function copied(request: string): Copied {
  const found: Copied = { lines: '', to: '', callId: '' };
  let at = request.indexOf('\r\n') + 2;
  for (;;) {
    const end = request.indexOf('\r\n', at);
    if (end <= at) return found;
    const name = request.slice(at, request.indexOf(':', at));
    const whole = request.slice(at, end + 2);
    if (name === 'To') found.to = whole.slice(0, -2);
    else if (name === 'Via' || name === 'From' || name === 'CSeq' || name === 'Record-Route')
      found.lines += whole;
    else if (name === 'Call-ID') {
      found.lines += whole;
      found.callId = whole;
    }
    at = end + 2;
  }
}

export async function createCallee(port: number, serverPort: number): Promise<Callee> {
  /** The 200 of each call that waits for its ACK. */
  const answers = new Map<string, Sent>();
  const socket = await openSocket(port, serverPort, receive);
  const retransmission = createRetransmission(socket.send);

  function receive(text: string): void {
    if (text.startsWith('SIP/2.0')) return;
    const { lines, to, callId } = copied(text);
    if (text.startsWith('INVITE ')) {
      const dialog = `${lines}${to};tag=${process.pid}t\r\nContact: <sip:callee@127.0.0.1:${port}>\r\n`;
      socket.send(`SIP/2.0 180 Ringing\r\n${dialog}Content-Length: 0\r\n\r\n`);
      const ok = `SIP/2.0 200 OK\r\n${dialog}Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`;
      socket.send(ok);
      if (answers.has(callId)) return;
      const answer: Sent = { text: ok };
      answers.set(callId, answer);
      retransmission.watch(answer, performance.now());
    } else if (text.startsWith('ACK ') || text.startsWith('BYE ')) {
      const answer = answers.get(callId);
      if (answer !== undefined) {
        answer.text = undefined;
        answers.delete(callId);
      }
      if (text.startsWith('BYE '))
        socket.send(`SIP/2.0 200 OK\r\n${lines}${to}\r\nContent-Length: 0\r\n\r\n`);
    }
  }

  return {
    resent: () => retransmission.resent,
    tick: (nowMs) => retransmission.run(nowMs),
    close: () => socket.close(),
  };
}
