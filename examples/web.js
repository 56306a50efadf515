// What a browser has no synchronous functions for, a phone in a page brings along: here what digest asks for (RFC 7616 §3.4.2).
import { browser, browserHashes } from '@ringdown/web';

const ha1 = browserHashes.hex('md5', 'reporter:radio.example:secret');
console.log(ha1);

// The platform that `connect` of @ringdown/user-agent takes in a page.
const platform = browser({ url: 'wss://radio.example/' });
console.log(platform.transports.join(' '));
// prints: b5e26e359e069f9947f13ea83ead52a7
// prints: wss
