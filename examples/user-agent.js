// What a call can go through, read from its state machine; and a refusal in words.
import { callStates, causeOf } from '@ringdown/user-agent';

console.log(Object.keys(callStates.calling).join(', '));
console.log(callStates.cancelling['2xx'].join(', '), '|', causeOf(486).what);
// prints: progress, 2xx, refused, other offer, no answer, hang up
// prints: ending, confirm, bye | The user is busy.
