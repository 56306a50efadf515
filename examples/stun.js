// A Binding request is answered with the address that it came from.
import { answerBinding, parseStun, StunMessage, XorMappedAddress } from '@ringdown/stun';

const request = new Uint8Array(20);
request.set([0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42]);
const answer = answerBinding(request, { address: '192.0.2.1', port: 40_000 });
if (answer === undefined) throw new Error('it is answered');
const message = parseStun(answer);
if (!(message instanceof StunMessage)) throw new Error('the answer is a STUN message');
const mapped = message.get(XorMappedAddress);
console.log(JSON.stringify(mapped));
// prints: {"address":"192.0.2.1","port":40000}
